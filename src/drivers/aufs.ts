/*
 * aufs (Docker up to 23.0), on disk:
 *
 *   aufs/diff/<id>     the layer's own content, with `.wh.<name>` files for what it deletes, `.wh..wh..opq` in opaque directories, and the
 *                      branch's own `.wh..wh.aufs`, `.wh..wh.plnk` and `.wh..wh.orph`
 *   aufs/layers/<id>   IDs of the layers below, direct parent first, one a line
 *   aufs/mnt/<id>      the mount point
 *
 * DiffSize walks `diff` when the layer asked for is the direct parent, or when no parent is recorded; whiteouts and the branch's own files are
 * in the walk. Else the engine compares two aufs mounts, whose view is not computed here.
 */
import { isFailure } from '../host/host.ts';
import type { WalkOptions } from '../host/walker.ts';
import { joinPath } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import type { DriverId } from '../model/ids.ts';
import type { Step } from '../model/step.ts';
import type { DiffSize, DriverContext, GraphDriver } from './driver.ts';
import { nativeSize } from './native-size.ts';
import { isNoSize, isOwnError, noSizeOf, notKnown, withoutSize } from './outcome.ts';
import type { NoSize } from './outcome.ts';
import { directoryIds } from './overlay-view/layer-area.ts';

const LAYERS_MAX_BYTES = 1024 * 1024;
const SOURCE = 'moby 20.10-23: daemon/graphdriver/aufs/aufs.go';

export function aufs(context: DriverContext): GraphDriver {
  const home = joinPath(context.root, 'aufs');
  return {
    name: 'aufs',
    layerDirectory: (id) => joinPath(home, 'diff', id),
    diffSize: async (id, parent, options) => await diffSize(context, { home, id, parent }, options),
    ids: () => directoryIds(context.host.fs, joinPath(home, 'diff')),
  };
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
  const directory = joinPath(home, 'diff', id);
  const recorded = firstParent(context, joinPath(home, 'layers', id));
  if (isNoSize(recorded)) return withoutSize(recorded, { subject: id, path: 'native', steps: [], directory });
  const isParent = recorded === null || recorded === parent;
  const decision = (text: string): Step => ({
    rule: 'isParent',
    subject: id,
    text,
    source: `${SOURCE} isParent`,
  });
  if (isParent) {
    const why =
      recorded === null ? 'its layers file names no parent' : `${recorded} comes first in its layers file`;
    const decisions = [decision(`yes, ${why}: the layer's own directory is the difference`)];
    return await nativeSize(context, { subject: id, directory, decisions }, options);
  }
  const why = `its layers file begins with ${recorded}, not with ${parent ?? 'nothing'}`;
  const steps = [decision(`no, ${why}: the engine compares two mounted trees`)];
  return withoutSize(
    notKnown(
      `${why}: the engine would compare two aufs mounts, which cannot be read here`,
      'unsupported-driver',
    ),
    { subject: id, path: 'naive', steps, directory },
  );
}

/** First line with text of the layers file; null when there is none, or no file: the engine passes over that error. */
function firstParent(context: DriverContext, path: BytePath): string | null | NoSize {
  const content = context.host.fs.readFile(path, LAYERS_MAX_BYTES);
  if (isFailure(content)) return isOwnError(content) ? noSizeOf(content) : null;
  const lines = content.toString('latin1').split('\n');
  return lines.map((line) => line.replace(/\r$/, '')).find((line) => line !== '') ?? null;
}
