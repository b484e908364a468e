/*
 * overlay of containers/storage, on disk:
 *
 *   overlay/<id>/diff       the layer's own content, as Docker's overlay2 has it
 *   overlay/<id>/link       the layer's short name, 26 characters
 *   overlay/<id>/lower      the layers below as `l/<short name>`, topmost first, joined by `:`; absent in a base
 *   overlay/l/<short name>  link to ../<id>/diff; made again from the `link` files when it is missing
 *   overlay/.has-mount-program   `true` where fuse-overlayfs mounts these layers
 *
 * A layer may be in the graph root, in an image store, or in a further image store; each is an area of its own of this shape.
 * DiffSize (storage 1.43-1.48): with a mount program the layer's own directory; else that only when native diffs are usable and the first layer
 * below is the recorded parent. Since 1.50 only the latter matters. Otherwise the two merged trees are compared.
 */
import { isFailure } from '../../host/host.ts';
import type { WalkOptions } from '../../host/walker.ts';
import { joinPath, pathText } from '../../model/bytes.ts';
import type { BytePath } from '../../model/bytes.ts';
import { isDriverId } from '../../model/ids.ts';
import type { Step } from '../../model/step.ts';
import type { DiffSize } from '../driver.ts';
import { nativeSize } from '../native-size.ts';
import { isOwnError, noSizeOf, notKnown, withoutSize } from '../outcome.ts';
import { cleanPath } from '../overlay-view/layer-area.ts';
import type { ParentAnswer } from '../overlay-view/layer-area.ts';
import { overlayNaiveSize } from '../overlay-view/naive-size.ts';
import type { NoSize } from '../outcome.ts';
import { isNoSize } from '../outcome.ts';
import { asStorage } from './storage-driver.ts';
import type { StorageDriver, StorageDriverContext, StorageQuestion } from './storage-driver.ts';

const SOURCE = 'storage 1.43-1.62: drivers/overlay/overlay.go';
const LOWER_MAX_BYTES = 64 * 1024;
const LINK_MAX_BYTES = 4096;
const LINK = /^l\/([^/]+)$/;

function areaOf(home: BytePath): BytePath {
  return joinPath(home, 'overlay');
}

export function overlayDriver(context: StorageDriverContext): StorageDriver {
  return {
    layerDirectory: ({ home, id }) => joinPath(areaOf(home), id, 'diff'),
    diffSize: async (question, options) => asStorage(await diffSize(context, question, options)),
  };
}

async function diffSize(
  context: StorageDriverContext,
  question: StorageQuestion,
  options?: WalkOptions,
): Promise<DiffSize> {
  const { id, home } = question;
  const directory = joinPath(areaOf(home), id, 'diff');
  if (context.overlayDiff === 'native-if-usable' && context.mountProgram) {
    return await native(context, question, options, [
      step('a program in user space mounts it: its own directory is the difference'),
    ]);
  }
  const steps: Step[] = [];
  if (context.overlayDiff === 'native-if-usable') {
    steps.push(step(`native diff is ${context.nativeDiff ? 'on' : 'off: the merged trees are compared'}`));
    if (!context.nativeDiff) return await naive(context, question, options, steps);
  }
  const answer = isParent(context, question);
  if (isNoSize(answer)) return withoutSize(answer, { subject: id, path: 'native', steps, directory });
  const so = answer.isParent ? 'its own directory is the difference' : 'the merged trees are compared';
  steps.push(step(`${id}: ${answer.isParent ? 'yes' : 'no'}, ${answer.why}; ${so}`, 'isParent'));
  return await (answer.isParent ? native : naive)(context, question, options, steps);
}

function step(text: string, rule: 'useNaiveDiff' | 'isParent' = 'useNaiveDiff'): Step {
  return { rule, subject: '', text, source: `${SOURCE} DiffSize` };
}

async function native(
  context: StorageDriverContext,
  { id, home }: StorageQuestion,
  options: WalkOptions | undefined,
  decisions: readonly Step[],
): Promise<DiffSize> {
  const directory = joinPath(areaOf(home), id, 'diff');
  const stat = context.host.fs.lstat(directory);
  if (!isFailure(stat) && stat.kind === 'symlink') {
    const why = notKnown(
      `${pathText(directory)} is a link to a layer store outside, and is not followed`,
      'unsupported-driver',
    );
    return withoutSize(why, { subject: id, path: 'native', steps: decisions, directory });
  }
  const walk = { subject: id, directory, decisions };
  const driverContext = { host: context.host, root: home, nativeDiff: true };
  return await nativeSize(driverContext, walk, { ...options, differ: context.differ });
}

async function naive(
  context: StorageDriverContext,
  question: StorageQuestion,
  options: WalkOptions | undefined,
  steps: readonly Step[],
): Promise<DiffSize> {
  const { id, parent, home, parentHome } = question;
  if (parent !== null && parentHome !== home) {
    const why = notKnown(
      'its merged tree lies in several stores, which weigh does not put together',
      'unsupported-driver',
    );
    return withoutSize(why, { subject: id, path: 'naive', steps });
  }
  const area = {
    fs: context.host.fs,
    home: areaOf(home),
    mount: context.mountProgram ? ('fuse-overlayfs' as const) : ('kernel' as const),
  };
  const driverContext = { host: context.host, root: home, nativeDiff: false };
  return await overlayNaiveSize(
    { context: driverContext, area, id, parent, steps },
    { ...options, differ: context.differ },
  );
}

/** The first layer of `lower` is the parent's directory, compared as paths; no `lower` and no parent go together. */
function isParent(context: StorageDriverContext, question: StorageQuestion): ParentAnswer | NoSize {
  const { id, parent, home, parentHome } = question;
  const lower = context.host.fs.readFile(joinPath(areaOf(home), id, 'lower'), LOWER_MAX_BYTES);
  if (isFailure(lower)) {
    if (lower.errno === 'ENOENT')
      return parent === null
        ? { isParent: true, why: 'it has no parent, and no lower file' }
        : { isParent: false, why: `it has no lower file that would name ${parent}` };
    return isOwnError(lower) ? noSizeOf(lower) : { isParent: false, why: 'its lower file cannot be read' };
  }
  if (parent === null) return { isParent: false, why: 'it has no parent, but a lower file' };
  const wanted = joinPath(areaOf(parentHome), parent);
  const entries = lower.toString('latin1').split(':');
  const targets = entries.map((entry) => linkTarget(context, question, entry));
  const failed = targets.find(isNoSize);
  if (failed !== undefined)
    return failed.noSize === 'unknown' ? failed : { isParent: false, why: failed.reason };
  const first = targets[0];
  return first === wanted
    ? { isParent: true, why: `${parent} comes first in its lower file` }
    : { isParent: false, why: `its lower file does not begin with ${parent}` };
}

/** The layer directory that an entry of `lower` leads to. Links are looked for in every area, as layers are. */
function linkTarget(
  context: StorageDriverContext,
  question: StorageQuestion,
  entry: string,
): BytePath | NoSize {
  const name = LINK.exec(entry)?.[1];
  if (name === undefined || !isDriverId(name))
    return {
      noSize: 'engine-fails',
      reason: 'its lower file names something else than a link',
      kind: 'damaged-record',
    };
  for (const home of context.homes) {
    const target = context.host.fs.readLink(joinPath(areaOf(home), 'l', name));
    if (!isFailure(target)) return parentDirectory(context, cleanPath(joinPath(areaOf(home), 'l', target)));
    if (target.errno !== 'ENOENT') return noSizeOf(target);
  }
  return lostLink(context, question, name);
}

/** `<area>/<id>` of `<area>/<id>/diff`, in the area where that layer really is. */
function parentDirectory(context: StorageDriverContext, diff: BytePath): BytePath {
  const directory = diff.slice(0, diff.lastIndexOf('/')) as BytePath;
  const id = directory.slice(directory.lastIndexOf('/') + 1);
  const places = [directory, ...context.homes.map((home) => joinPath(areaOf(home), id))];
  return places.find((place) => !isFailure(context.host.fs.lstat(place))) ?? directory;
}

/** A lost link is made again by the engine from the layers' `link` files; here only the parent's is of interest. */
function lostLink(
  context: StorageDriverContext,
  { parent, parentHome }: StorageQuestion,
  name: string,
): BytePath | NoSize {
  const directory = joinPath(areaOf(parentHome), parent ?? '');
  const link = context.host.fs.readFile(joinPath(directory, 'link'), LINK_MAX_BYTES);
  if (!isFailure(link) && link.toString('latin1') === name) return directory;
  return joinPath(areaOf(parentHome), 'l', name);
}
