/*
 * vfs, on disk:
 *
 *   vfs/dir/<id>   the layer's whole tree: a copy of its parent's with the changes made in place
 *
 * Nothing in it says which parent it was copied from. DiffSize is always naive: the whole tree against the parent's whole tree.
 */
import { joinPath } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import type { DriverId } from '../model/ids.ts';
import type { DriverContext, GraphDriver } from './driver.ts';
import { directoryIds } from './overlay-view/layer-area.ts';
import { treesSize } from './naive-trees.ts';

export function vfs(context: DriverContext): GraphDriver {
  const home = joinPath(context.root, 'vfs', 'dir');
  const treeOf = (id: DriverId): BytePath => joinPath(home, id);
  return {
    name: 'vfs',
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
