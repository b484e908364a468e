import type { FileKind } from '../host.ts';

/**
 * What a walk asks of the file system, by handles of directories. Numbers below 0 are failures: the negative errno. Names and paths are bytes in
 * latin1 coding. No call follows a link below the root or opens anything but a directory.
 */
export interface TreeOps {
  /** The root may be reached through links; its own last part is none. */
  openRoot(path: string): number;
  /** A directory at `relative` below an open root; '' is the root itself. Ends with `close`. */
  open(root: number, relative: string): number;
  /**
   * Adds the next entries of a directory. 1: call again for more; 0: that was all. The engine's names are never `.` or `..`.
   */
  list(handle: number, into: Listing): number;
  /** lstat of an entry of a directory; '' is the directory itself. 0 when `into` is filled. `EOVERFLOW`: longer than 2^53-1 bytes. */
  stat(handle: number, name: string, into: StatFields): number;
  /** Raw bytes of `security.capability` of an entry ('' where it has none), or a negative errno. */
  capability(handle: number, name: string): string | number;
  /** All `user.*` attributes of an entry as one text, equal for equal attributes ('' where it has none), or a negative errno. */
  userAttributes(handle: number, name: string): string | number;
  /** Where a link leads, as it is written; a negative errno for anything else. */
  linkTarget(handle: number, name: string): string | number;
  close(handle: number): void;
  /** Ends with what belongs to a root: its handle too. */
  closeRoot(root: number): void;
}

/** Entries of one directory in the order of the file system; the arrays run side by side. */
export interface Listing {
  readonly names: string[];
  readonly kinds: FileKind[];
  /** d_ino of the directory itself, in halves; -1 where it was not told. */
  readonly inoLow: number[];
  readonly inoHigh: number[];
}

export function emptyListing(): Listing {
  return { names: [], kinds: [], inoLow: [], inoHigh: [] };
}

/** lstat's answer, filled again and again. Device numbers are major * 2^32 + minor. */
export interface StatFields {
  mode: number;
  uid: number;
  gid: number;
  inoLow: number;
  inoHigh: number;
  dev: number;
  rdev: number;
  nlink: number;
  apparentBytes: number;
  diskBytes: number;
  mtimeSeconds: number;
  mtimeNanos: number;
  /** Something is mounted here: the same file system may be seen twice. */
  mounted: boolean;
}

export function emptyStat(): StatFields {
  return {
    mode: 0,
    uid: 0,
    gid: 0,
    inoLow: 0,
    inoHigh: 0,
    dev: 0,
    rdev: 0,
    nlink: 0,
    apparentBytes: 0,
    diskBytes: 0,
    mtimeSeconds: 0,
    mtimeNanos: 0,
    mounted: false,
  };
}

export const TWO_32 = 4294967296;

export const S_IFMT = 0xf000;
export const S_IFDIR = 0x4000;
export const S_IFREG = 0x8000;
export const S_IFLNK = 0xa000;

/** PATH_MAX without its final NUL: a longer path fails in the engine, which names every file by its whole path. */
export const LONGEST_PATH = 4095;
