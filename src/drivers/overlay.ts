/*
 * overlay (the older driver, Docker up to 23.0), on disk:
 *
 *   overlay/<id>/root       an image layer's whole tree; what did not change is hard-linked from its parent's
 *   overlay/<id>/lower-id   of a container's layers: the image layer whose root is below
 *   overlay/<id>/upper      what was written on top of that; made as a copy of the init layer's upper
 *   overlay/<id>/work       the kernel's own, never content
 *   overlay/<id>/merged     the mount point, there only while mounted
 *
 * DiffSize is always naive: two merged trees, here `upper` over `<lower-id>/root`, or `root` itself. Directories of image layers that are
 * hard-linked are no problem to it: a file with equal numbers is an equal file.
 */
import { isFailure } from '../host/host.ts';
import type { WalkOptions } from '../host/walker.ts';
import { joinPath, pathText } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import { isDriverId } from '../model/ids.ts';
import type { DriverId } from '../model/ids.ts';
import type { Step } from '../model/step.ts';
import type { DiffSize, DriverContext, GraphDriver } from './driver.ts';
import { engineFails, isNoSize, noSizeOf, notKnown, withoutSize } from './outcome.ts';
import type { NoSize } from './outcome.ts';
import type { ComparedView } from './overlay-view/compare-views.ts';
import { directoryIds } from './overlay-view/layer-area.ts';
import { kernelMarks } from './overlay-view/marks.ts';
import type { Marks } from './overlay-view/marks.ts';
import { kernelView, plainView } from './overlay-view/merged-view.ts';
import { viewsSize } from './overlay-view/naive-size.ts';

const LOWER_ID_MAX_BYTES = 4096;

const ALWAYS_NAIVE: Step = {
  rule: 'DiffSize',
  subject: '',
  text: 'the overlay driver has no native difference: the merged trees are compared',
  source: 'moby 20.10-23: daemon/graphdriver/overlay/overlay.go',
};

export function overlay(context: DriverContext): GraphDriver {
  const home = joinPath(context.root, 'overlay');
  return {
    name: 'overlay',
    layerDirectory: (id) => layerDirectory(context, joinPath(home, id)),
    diffSize: async (id, parent, options) => await diffSize(context, { home, id, parent }, options),
    ids: () => directoryIds(context.host.fs, home),
  };
}

function layerDirectory(context: DriverContext, own: BytePath): BytePath {
  const root = joinPath(own, 'root');
  return isFailure(context.host.fs.lstat(root)) ? joinPath(own, 'upper') : root;
}

interface Question {
  readonly home: BytePath;
  readonly id: DriverId;
  readonly parent: DriverId | null;
}

async function diffSize(
  context: DriverContext,
  question: Question,
  options?: WalkOptions,
): Promise<DiffSize> {
  const { home, id, parent } = question;
  const marks = kernelMarks(context.host, home);
  const directory = layerDirectory(context, joinPath(home, id));
  const at = { subject: id, path: 'naive' as const, steps: [ALWAYS_NAIVE], directory };
  const now = viewOf(context, { home, id }, marks);
  if (isNoSize(now)) return withoutSize(now, at);
  const old = parent === null ? null : viewOf(context, { home, id: parent }, marks);
  if (isNoSize(old)) return withoutSize(old, at);
  return await viewsSize({ ...at, fs: context.host.fs, parent, now, old, marks, isUnsteady: false }, options);
}

/** What Get gives (moby 20.10: overlay/overlay.go Get): `root` where there is one, else a mount. */
function viewOf(
  context: DriverContext,
  layer: { readonly home: BytePath; readonly id: DriverId },
  marks: Marks,
): ComparedView | NoSize {
  const { fs } = context.host;
  const own = joinPath(layer.home, layer.id);
  const stat = fs.lstat(own);
  if (isFailure(stat)) return noSizeOf(stat);
  const root = requireDirectory(context, joinPath(own, 'root'));
  if (!isNoSize(root)) return { view: plainView(fs, root), engineRootLength: root.length };
  if (!isFailure(fs.lstat(joinPath(own, 'root'))) || root.noSize === 'unknown') return root;
  const lowerId = readLowerId(context, own);
  if (isNoSize(lowerId)) return lowerId;
  for (const needed of ['upper', 'work']) {
    const found = requireDirectory(context, joinPath(own, needed));
    if (isNoSize(found)) return found;
  }
  const lower = requireDirectory(context, joinPath(layer.home, lowerId, 'root'));
  if (isNoSize(lower)) return lower;
  return {
    view: kernelView(fs, [joinPath(own, 'upper'), lower], marks),
    engineRootLength: joinPath(own, 'merged').length,
  };
}

function readLowerId(context: DriverContext, own: BytePath): DriverId | NoSize {
  const content = context.host.fs.readFile(joinPath(own, 'lower-id'), LOWER_ID_MAX_BYTES);
  if (isFailure(content)) return noSizeOf(content);
  const id = content.toString('latin1');
  return isDriverId(id) ? id : engineFails('its lower-id file names no layer');
}

function requireDirectory(context: DriverContext, path: BytePath): BytePath | NoSize {
  const stat = context.host.fs.lstat(path);
  if (isFailure(stat)) return noSizeOf(stat);
  if (stat.kind === 'directory') return path;
  if (stat.kind === 'symlink')
    return notKnown(`${pathText(path)} is a link and is not followed`, 'damaged-record');
  return engineFails(`${pathText(path)} is not a directory`);
}
