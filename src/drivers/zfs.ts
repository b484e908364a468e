/*
 * zfs, on disk:
 *
 *   zfs/graph/<id>   mount point of the dataset `<pool>/…/<id>`, there only while mounted; a dataset is a clone of a snapshot of its parent's
 *
 * DiffSize is always naive: the engine mounts both datasets and compares the two whole trees. Here they can be compared when both are mounted
 * already (a running container's is, an image's and an init layer's are not); mounting them is not ours to do.
 */
import { isFailure } from '../host/host.ts';
import type { WalkOptions } from '../host/walker.ts';
import { joinPath } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import type { DriverId } from '../model/ids.ts';
import type { DiffSize, DriverContext, GraphDriver } from './driver.ts';
import { treesSize } from './naive-trees.ts';
import { notKnown, noSizeOf, withoutSize } from './outcome.ts';
import type { NoSize } from './outcome.ts';
import { directoryIds } from './overlay-view/layer-area.ts';

const SOURCE = 'moby 20.10-29: daemon/graphdriver/zfs/zfs.go Get';

export function zfs(context: DriverContext): GraphDriver {
  const home = joinPath(context.root, 'zfs', 'graph');
  const treeOf = (id: DriverId): BytePath => joinPath(home, id);
  return {
    name: 'zfs',
    layerDirectory: treeOf,
    diffSize: async (id, parent, options) => {
      const trees = { id, tree: treeOf(id), parent: parent === null ? null : treeOf(parent) };
      return await diffSize(context, home, trees, options);
    },
    ids: () => directoryIds(context.host.fs, home),
  };
}

interface Trees {
  readonly id: DriverId;
  readonly tree: BytePath;
  readonly parent: BytePath | null;
}

async function diffSize(
  context: DriverContext,
  home: BytePath,
  trees: Trees,
  options?: WalkOptions,
): Promise<DiffSize> {
  const { id, tree, parent } = trees;
  for (const root of parent === null ? [tree] : [tree, parent]) {
    const missing = whyUnmounted(context, home, root);
    if (missing === null) continue;
    const step = { rule: 'Get', subject: id, text: missing.reason, source: SOURCE };
    return withoutSize(missing, { subject: id, path: 'naive', steps: [step], directory: tree });
  }
  return await treesSize(context, { ...trees, steps: [] }, options);
}

/** A mounted dataset has a device number of its own. */
function whyUnmounted(context: DriverContext, home: BytePath, root: BytePath): NoSize | null {
  const { fs } = context.host;
  const stat = fs.lstat(root);
  const above = fs.lstat(home);
  if (isFailure(above)) return noSizeOf(above);
  if (isFailure(stat) && stat.errno !== 'ENOENT') return noSizeOf(stat);
  if (!isFailure(stat) && stat.dev !== above.dev) return null;
  const name = root.slice(root.lastIndexOf('/') + 1);
  return notKnown(
    `the zfs dataset of layer ${name} is not mounted, so it cannot be read here; ask the engine itself (docker ps -s)`,
    'unsupported-driver',
  );
}
