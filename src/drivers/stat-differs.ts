import type { FileStat } from '../host/host.ts';

/**
 * Whether two entries of one path count as different (moby 20.10-29: pkg/archive changes_unix.go statDifferent): mode, owner, group or device
 * number; and for anything but a directory its length or time of modification. Contents are never compared.
 */
export function statDiffers(old: FileStat, now: FileStat): boolean {
  if (old.mode !== now.mode || old.uid !== now.uid || old.gid !== now.gid || old.rdev !== now.rdev)
    return true;
  if (now.kind === 'directory') return false;
  return old.apparentBytes !== now.apparentBytes || !sameTime(old, now);
}

/** Times that came through a tar have no fraction of a second: no fraction on either side equals any. */
function sameTime(a: FileStat, b: FileStat): boolean {
  if (a.mtimeSeconds !== b.mtimeSeconds) return false;
  return a.mtimeNanos === b.mtimeNanos || a.mtimeNanos === 0 || b.mtimeNanos === 0;
}
