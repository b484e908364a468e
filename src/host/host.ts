import type { BytePath } from '../model/bytes.ts';
import type { Walker } from './walker.ts';

/** A system call's failure: the errno by name (`ENOENT`), and the path it was about. Returned, not thrown: most are expected. */
export interface Failure {
  /** Tells a failure from an answer. */
  readonly failed: true;
  /** e.g. `ENOENT`. */
  readonly errno: string;
  /** What the call was about. */
  readonly path: BytePath;
}

export function isFailure(value: unknown): value is Failure {
  return typeof value === 'object' && value !== null && 'failed' in value;
}

export function failure(errno: string, path: BytePath): Failure {
  return { failed: true, errno, path };
}

export type FileKind = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'char' | 'block' | 'unknown';

/** What lstat tells. `ino` is bigint: inode numbers use all 64 bits. Times are seconds and nanoseconds. */
export interface FileStat {
  /** By the type bits of the mode. */
  readonly kind: FileKind;
  /** Raw st_mode: type and permission bits. */
  readonly mode: number;
  /** Owner. */
  readonly uid: number;
  /** Group. */
  readonly gid: number;
  /** Inode number. */
  readonly ino: bigint;
  /** major * 2^32 + minor would overflow; this is an opaque key, equal for equal devices. */
  readonly dev: string;
  /** Device number of a device node, as "major:minor"; "0:0" on an overlay whiteout. */
  readonly rdev: string;
  /** Number of names. */
  readonly nlink: number;
  /** st_size, apparent bytes. A safe integer; larger files are answered as a Failure `EOVERFLOW`. */
  readonly apparentBytes: number;
  /** st_blocks * 512. */
  readonly diskBytes: number;
  /** Content changed, whole seconds. */
  readonly mtimeSeconds: number;
  /** The rest of it, 0 to 999,999,999. */
  readonly mtimeNanos: number;
  /** Inode changed, whole seconds. */
  readonly ctimeSeconds: number;
  /** The rest of it, 0 to 999,999,999. */
  readonly ctimeNanos: number;
}

export interface DirEntry {
  /** One path part, as bytes. Never `.` or `..`. */
  readonly name: BytePath;
  /** From the directory itself; 'unknown' where the file system does not say (then lstat). */
  readonly kind: FileKind;
}

/** Reading a store. Every call is synchronous, never follows a link in the last part, never changes a file's access time where O_NOATIME is permitted (Node cannot list a directory that way). */
export interface HostFs {
  /** Facts of the path itself. */
  lstat(path: BytePath): FileStat | Failure;
  /** Entries in bytewise order. */
  readDirectory(path: BytePath): readonly DirEntry[] | Failure;
  /**
   * Whole content of a regular file of at most `maxBytes`. Anything else is a Failure: ELOOP (a link), EISDIR, ENXIO (not regular),
   * EFBIG (larger than `maxBytes`). Opened with O_NOFOLLOW|O_NONBLOCK, checked to be regular on the handle.
   */
  readFile(path: BytePath, maxBytes: number): Buffer | Failure;
  /**
   * Whole text of a regular file of at most 4,096 bytes, one UTF-16 unit a byte, with the failures of `readFile`: the quick way for records of a
   * line, of which a store has thousands. A host may do without it.
   */
  readonly readSmallText?: ((path: BytePath) => string | Failure) | undefined;
  /** Part of a regular file. May be shorter than asked for at the end of the file. */
  readRange(path: BytePath, offset: number, length: number): Buffer | Failure;
  /** The target as it is written. */
  readLink(path: BytePath): BytePath | Failure;
  /** lgetxattr. Failure ENODATA: not set. ENOTSUP: the file system or this host has none. EPERM: needs a capability. */
  getXattr(path: BytePath, name: string): Buffer | Failure;
  /** All `user.*` attributes as one text, equal for equal attributes; '' where there are none. Failures as those of `getXattr`. */
  readonly userAttributes?: (path: BytePath) => string | Failure;
  /** Canonical path, links resolved. For naming a root, never inside measured material. */
  realPath(path: BytePath): BytePath | Failure;
  /** Free and total bytes of the file system that holds `path`. */
  fileSystem(
    path: BytePath,
  ): { readonly totalBytes: number; readonly freeBytes: number; readonly type: string } | Failure;
}

/** What an engine said on its socket; undefined if nothing answered in time. Paths such as `/info`. GET only. */
export interface EngineSocket {
  /** The parsed JSON of a 200 answer; undefined for anything else. */
  get(socketPath: string, path: string, timeoutMs: number, signal?: AbortSignal): Promise<unknown>;
}

/** What is known of this process and its host. */
export interface HostFacts {
  /** Effective user. */
  readonly uid: number;
  /** CAP_SYS_ADMIN in effect: trusted.* attributes can be read. */
  readonly canReadTrusted: boolean;
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the user. */
  readonly homeDirectory: string;
  /** e.g. "6.18.0". */
  readonly kernelRelease: string;
  /** The processor as engines name it, e.g. `amd64`. Absent: `amd64`. */
  readonly architecture?: string;
  /** Names of mounted file systems and devices, from /proc/self/mountinfo. */
  readonly cores: number;
}

/** Everything of the outside world that weigh uses. Passed in, so that a test can bring its own. */
export interface Host {
  /** Reading files and directories. */
  readonly fs: HostFs;
  /** Walking directories. */
  readonly walker: Walker;
  /** Asking engines. */
  readonly socket: EngineSocket;
  /** What is known of this process. */
  readonly facts: HostFacts;
  /** The time, for ages in reports. */
  now(): Date;
  /** Lower-case hex SHA-256, of a text that of its UTF-8 bytes. */
  sha256(data: Uint8Array | string): string;
  /** Unpacks at most `maxBytes`; a larger or broken stream is a failure. */
  gunzip(bytes: Uint8Array, maxBytes: number): Buffer | Failure;
  /** Ends worker threads. Safe to call twice. */
  close(): Promise<void>;
}
