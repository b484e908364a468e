/** The part of lstat's answer that an engine's differ compares. */
export interface ComparedStat {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number | string;
  readonly apparentBytes: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanos: number;
}

const S_IFMT = 0xf000;
const S_IFDIR = 0x4000;

/**
 * Whether two entries of one path count as different (moby 20.10-29: pkg/archive changes_unix.go statDifferent): mode, owner, group or device
 * number; and for anything but a directory its length or time of modification. Contents are never compared.
 */
export function statDiffers(old: ComparedStat, now: ComparedStat): boolean {
  if (old.mode !== now.mode || old.uid !== now.uid || old.gid !== now.gid || old.rdev !== now.rdev)
    return true;
  if ((now.mode & S_IFMT) === S_IFDIR) return false;
  return old.apparentBytes !== now.apparentBytes || !sameTime(old, now);
}

/** Times that came through a tar have no fraction of a second: no fraction on either side equals any. */
function sameTime(a: ComparedStat, b: ComparedStat): boolean {
  if (a.mtimeSeconds !== b.mtimeSeconds) return false;
  return a.mtimeNanos === b.mtimeNanos || a.mtimeNanos === 0 || b.mtimeNanos === 0;
}
