import { isFailure } from '../../host/host.ts';
import type { HostFs } from '../../host/host.ts';
import type { BytePath } from '../../model/bytes.ts';
import { isNoSize } from '../outcome.ts';
import type { MergedNode, MergedView } from './merged-view.ts';

/** Where fuse-overlayfs copied a file up from, as a path in the lower layers (fuse-overlayfs 1.10: fuse-overlayfs.h ORIGIN_XATTR). */
const ORIGIN = 'user.fuseoverlayfs.origin';

/**
 * Whether a file is a copy of a lower one that has several names. fuse-overlayfs gives the copy its origin's inode number and joins names by that
 * number (main.c register_inode): whichever name a mount meets first then lends the others its length and time.
 */
export function isCopyOfLinked(
  fs: HostFs,
  old: MergedView | null,
  fresh: MergedNode,
  before: MergedNode | null,
): boolean {
  if (fresh.stat.kind !== 'file' || old === null) return false;
  if (isLinkedFile(before)) return true;
  const origin = fs.getXattr(fresh.real, ORIGIN);
  return !isFailure(origin) && isLinkedFile(nodeAt(old, origin.toString('latin1')));
}

function isLinkedFile(node: MergedNode | null): boolean {
  return node !== null && node.stat.kind === 'file' && node.stat.nlink > 1;
}

/** What a tree shows at a path; links on the way are not followed. */
function nodeAt(view: MergedView, path: string): MergedNode | null {
  let node: MergedNode | null = null;
  for (const name of path.split('/')) {
    if (name === '' || name === '.' || name === '..') return null;
    const directory = node ?? view.root();
    if (isNoSize(directory) || directory.stat.kind !== 'directory') return null;
    const next = view.lookup(directory, name as BytePath);
    if (next === null || isNoSize(next)) return null;
    node = next;
  }
  return node;
}
