/*
 * Drivers of containers/storage whose layers are whole trees:
 *
 *   vfs      <root>/vfs/dir/<id>
 *   btrfs    <root>/btrfs/subvolumes/<id>
 *   zfs      <root>/zfs/graph/<id>     (mounted there only while in use)
 *
 * DiffSize is always naive: the whole tree against the parent's whole tree. The differ is stricter than Docker's: a file differs, too, when one
 * of its `user.*` attributes does, or (since 1.57) its link target.
 */
import { joinPath } from '../../model/bytes.ts';
import type { BytePath } from '../../model/bytes.ts';
import type { DriverId } from '../../model/ids.ts';
import { treesSize } from '../naive-trees.ts';
import { asStorage } from './storage-driver.ts';
import type { StorageDriver, StorageDriverContext } from './storage-driver.ts';

/** Where each of these drivers keeps its trees. */
const TREES = { vfs: 'vfs/dir', btrfs: 'btrfs/subvolumes', zfs: 'zfs/graph' } as const;

export type FlatDriverName = keyof typeof TREES;

export function flatDriver(name: FlatDriverName, context: StorageDriverContext): StorageDriver {
  const treeOf = (home: BytePath, id: DriverId): BytePath => joinPath(home, TREES[name], id);
  const driverContext = { host: context.host, root: context.root, nativeDiff: false };
  return {
    layerDirectory: ({ home, id }) => treeOf(home, id),
    async diffSize({ id, parent, home, parentHome }, options) {
      const trees = {
        id,
        tree: treeOf(home, id),
        parent: parent === null ? null : treeOf(parentHome, parent),
        steps: [],
      };
      return asStorage(await treesSize(driverContext, trees, { ...options, differ: context.differ }));
    },
  };
}
