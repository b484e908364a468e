/*
 * btrfs, on disk:
 *
 *   btrfs/subvolumes/<id>   a subvolume: the layer's whole tree, a snapshot of its parent's with the changes made in place
 *   btrfs/quotas/<id>       decimal, only for a layer with a size limit
 *
 * DiffSize is always naive: the whole tree against the parent's whole tree. Each subvolume has its own device number, and its root the
 * inode number 256. A subvolume made inside a container is part of the tree and is entered, as the engine does.
 */
import { joinPath } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import type { DriverId } from '../model/ids.ts';
import type { DriverContext, GraphDriver } from './driver.ts';
import { directoryIds } from './overlay-view/layer-area.ts';
import { treesSize } from './naive-trees.ts';

export function btrfs(context: DriverContext): GraphDriver {
  const home = joinPath(context.root, 'btrfs', 'subvolumes');
  const treeOf = (id: DriverId): BytePath => joinPath(home, id);
  return {
    name: 'btrfs',
    layerDirectory: treeOf,
    diffSize: async (id, parent, options) =>
      await treesSize(
        context,
        { id, tree: treeOf(id), parent: parent === null ? null : treeOf(parent), steps: [] },
        options,
      ),
    ids: () => directoryIds(context.host.fs, home),
  };
}
