import * as fs from 'node:fs';
import { pathBuffer } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import type { DirEntry, Failure, FileKind, FileStat, HostFs } from './host.ts';
import { failure } from './host.ts';

const LATIN1 = 'latin1' as BufferEncoding;
const O_NOATIME = 0o1000000;
const OPEN_FILE = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;
const S_IFMT = 0xf000;
/** Room for the small files of a store: read here, then copied at their length. */
const SMALL = 64 * 1024;
const KINDS: Readonly<Record<number, FileKind>> = {
  0x8000: 'file',
  0x4000: 'directory',
  0xa000: 'symlink',
  0x1000: 'fifo',
  0xc000: 'socket',
  0x2000: 'char',
  0x6000: 'block',
};

/** The type bits of a raw st_mode, in words. */
export function kindOfMode(mode: number): FileKind {
  return KINDS[mode & S_IFMT] ?? 'unknown';
}

/** A path as Node takes it: text where that is the same bytes (cheaper), bytes elsewhere. */
export function nodePath(path: string): string | Buffer {
  // oxlint-disable-next-line no-control-regex -- every byte below 0x80 stands for itself
  return /^[\0-\x7f]*$/.test(path) ? path : pathBuffer(path as BytePath);
}

/** Runs a call of node:fs, its exception turned into a Failure. */
export function attempt<T>(path: BytePath, action: () => T): T | Failure {
  try {
    return action();
  } catch (error) {
    return failure((error as NodeJS.ErrnoException).code ?? 'EIO', path);
  }
}

/** Opens without changing the access time; only an owner and CAP_FOWNER may, others open as usual. */
export function openQuietly(path: string | Buffer, flags: number): number {
  try {
    return fs.openSync(path, flags | O_NOATIME);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    return fs.openSync(path, flags);
  }
}

/** st_rdev of the C library: major and minor, each in two pieces. */
export function deviceParts(device: bigint): { readonly major: number; readonly minor: number } {
  return {
    major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)),
    minor: Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n)),
  };
}

function statOf(s: fs.BigIntStats, path: BytePath): FileStat | Failure {
  if (s.size > BigInt(Number.MAX_SAFE_INTEGER)) return failure('EOVERFLOW', path);
  const mode = Number(s.mode);
  const { major, minor } = deviceParts(s.rdev);
  const mtimeNanos = ((s.mtimeNs % 1000000000n) + 1000000000n) % 1000000000n;
  const ctimeNanos = ((s.ctimeNs % 1000000000n) + 1000000000n) % 1000000000n;
  return {
    kind: kindOfMode(mode),
    mode,
    uid: Number(s.uid),
    gid: Number(s.gid),
    ino: s.ino,
    dev: String(s.dev),
    rdev: `${major}:${minor}`,
    nlink: Number(s.nlink),
    apparentBytes: Number(s.size),
    diskBytes: Number(s.blocks) * 512,
    mtimeSeconds: Number((s.mtimeNs - mtimeNanos) / 1000000000n),
    mtimeNanos: Number(mtimeNanos),
    ctimeSeconds: Number((s.ctimeNs - ctimeNanos) / 1000000000n),
    ctimeNanos: Number(ctimeNanos),
  };
}

function lstat(path: BytePath): FileStat | Failure {
  return attempt(path, () => {
    const s = fs.lstatSync(nodePath(path), { bigint: true, throwIfNoEntry: false });
    return s === undefined ? failure('ENOENT', path) : statOf(s, path);
  });
}

/** `DT_*` of a directory entry, by what Node made of it. */
export function kindOfEntry(entry: fs.Dirent): FileKind {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  if (entry.isSymbolicLink()) return 'symlink';
  if (entry.isFIFO()) return 'fifo';
  if (entry.isSocket()) return 'socket';
  if (entry.isCharacterDevice()) return 'char';
  return entry.isBlockDevice() ? 'block' : 'unknown';
}

let handlePaths: boolean | undefined;

/** Whether an open handle has a path (/proc mounted). */
export function hasHandlePaths(): boolean {
  handlePaths ??= fs.existsSync('/proc/self/fd');
  return handlePaths;
}

const OPEN_DIRECTORY = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_DIRECTORY;

/**
 * The handle of a directory whose last part is no link. The listing then goes through /proc/self/fd, so that a link put in its place meanwhile
 * is not followed. Node opens it once more for that, without O_NOATIME.
 */
function readDirectory(path: BytePath): readonly DirEntry[] | Failure {
  return attempt(path, () => {
    const handle = fs.openSync(nodePath(path), OPEN_DIRECTORY);
    try {
      const entries = fs.readdirSync(hasHandlePaths() ? `/proc/self/fd/${handle}` : nodePath(path), {
        withFileTypes: true,
        encoding: LATIN1,
      });
      return entries
        .map((entry) => ({ name: entry.name as BytePath, kind: kindOfEntry(entry) }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    } finally {
      fs.closeSync(handle);
    }
  });
}

/** Opens a regular file and hands over its handle and length. */
function withFile(
  path: BytePath,
  action: (handle: number, length: number) => Buffer | Failure,
): Buffer | Failure {
  return attempt(path, () => {
    const handle = openQuietly(nodePath(path), OPEN_FILE);
    try {
      const { mode, size } = fs.fstatSync(handle);
      const kind = kindOfMode(mode);
      if (kind === 'file') return action(handle, size);
      return failure(kind === 'directory' ? 'EISDIR' : 'ENXIO', path);
    } finally {
      fs.closeSync(handle);
    }
  });
}

/** Fills the buffer from `offset` of the file as far as the file goes; how many bytes there were. */
function fill(handle: number, buffer: Buffer, offset: number, done = 0): number {
  let read = done;
  while (read < buffer.length) {
    const count = fs.readSync(handle, buffer, read, buffer.length - read, offset + read);
    if (count === 0) break;
    read += count;
  }
  return read;
}

/** Reads by what a file gives, not by what it claims: files grow and shrink, and those of /proc have no length. */
function fileReader(): HostFs['readFile'] {
  const small = Buffer.allocUnsafeSlow(SMALL);
  return (path, maxBytes) =>
    withFile(path, (handle, length) => {
      if (length > maxBytes) return failure('EFBIG', path);
      let read = length < SMALL ? fill(handle, small, 0) : 0;
      if (length < SMALL && read < SMALL) {
        return read > maxBytes ? failure('EFBIG', path) : Buffer.from(small.subarray(0, read));
      }
      let buffer = Buffer.alloc(Math.min(Math.max(length, 2 * SMALL), maxBytes) + 1);
      read = 0;
      for (;;) {
        read = fill(handle, buffer, 0, read);
        if (read > maxBytes) return failure('EFBIG', path);
        if (read < buffer.length) return buffer.subarray(0, read);
        buffer = Buffer.concat([buffer, Buffer.alloc(Math.min(buffer.length, maxBytes + 1 - buffer.length))]);
      }
    });
}

function readRange(path: BytePath, offset: number, length: number): Buffer | Failure {
  return withFile(path, (handle) => {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, fill(handle, buffer, offset));
  });
}

function fileSystem(path: BytePath): ReturnType<HostFs['fileSystem']> {
  return attempt(path, () => {
    const s = fs.statfsSync(nodePath(path));
    return {
      totalBytes: s.blocks * s.bsize,
      freeBytes: s.bavail * s.bsize,
      type: `0x${s.type.toString(16)}`,
    };
  });
}

/**
 * The file system through node:fs. For whole small files that is as fast as anything: a call through koffi saves about 1 µs of 5, and loading
 * koffi costs as much as thousands of files. Extended attributes, which Node cannot read, come from outside.
 */
export function createNodeFs(getXattr: HostFs['getXattr']): HostFs {
  return {
    lstat,
    readDirectory,
    readFile: fileReader(),
    readRange,
    readLink: (path) =>
      attempt(path, () => fs.readlinkSync(nodePath(path), { encoding: LATIN1 }) as BytePath),
    getXattr,
    realPath: (path) =>
      attempt(path, () => fs.realpathSync.native(nodePath(path), { encoding: LATIN1 }) as BytePath),
    fileSystem,
  };
}
