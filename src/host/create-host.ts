import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { get as httpGet } from 'node:http';
import { availableParallelism, homedir, release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import type { BytePath } from '../model/bytes.ts';
import { joinPath, pathBuffer } from '../model/bytes.ts';
import type { DirEntry, Failure, FileKind, FileStat, Host, HostFs } from './host.ts';
import { failure, isFailure } from './host.ts';
import type { DirectoryTally, Tally } from './walker.ts';

function attempt<T>(path: BytePath, action: () => T): T | Failure {
  try {
    return action();
  } catch (error) {
    return failure((error as NodeJS.ErrnoException).code ?? 'EIO', path);
  }
}

function kindOf(s: fs.BigIntStats | fs.Dirent): FileKind {
  if (s.isFile()) return 'file';
  if (s.isDirectory()) return 'directory';
  if (s.isSymbolicLink()) return 'symlink';
  if (s.isFIFO()) return 'fifo';
  if (s.isSocket()) return 'socket';
  if (s.isCharacterDevice()) return 'char';
  return s.isBlockDevice() ? 'block' : 'unknown';
}

function lstat(path: BytePath): FileStat | Failure {
  return attempt(path, () => {
    const s = fs.lstatSync(pathBuffer(path), { bigint: true });
    const rdev = s.rdev;
    const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn);
    const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn);
    return {
      kind: kindOf(s),
      mode: Number(s.mode),
      uid: Number(s.uid),
      gid: Number(s.gid),
      ino: s.ino,
      dev: String(s.dev),
      rdev: `${major}:${minor}`,
      nlink: Number(s.nlink),
      apparentBytes: Number(s.size),
      diskBytes: Number(s.blocks) * 512,
      mtimeSeconds: Number(s.mtimeNs / 1000000000n),
      mtimeNanos: Number(s.mtimeNs % 1000000000n),
      ctimeSeconds: Number(s.ctimeNs / 1000000000n),
      ctimeNanos: Number(s.ctimeNs % 1000000000n),
    };
  });
}

function readDirectory(path: BytePath): readonly DirEntry[] | Failure {
  return attempt(path, () =>
    fs
      .readdirSync(pathBuffer(path), { withFileTypes: true, encoding: 'latin1' as BufferEncoding })
      .map((e) => ({ name: e.name as BytePath, kind: kindOf(e) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
}

const FLAGS = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;

function readRange(path: BytePath, offset: number, length: number): Buffer | Failure {
  return attempt(path, () => {
    const fd = fs.openSync(pathBuffer(path), FLAGS);
    try {
      const s = fs.fstatSync(fd);
      if (s.isDirectory()) return failure('EISDIR', path);
      if (!s.isFile()) return failure('ENXIO', path);
      const buffer = Buffer.alloc(length);
      let read = 0;
      for (;;) {
        const n = fs.readSync(fd, buffer, read, length - read, offset + read);
        if (n === 0) break;
        read += n;
        if (read === length) break;
      }
      return buffer.subarray(0, read);
    } finally {
      fs.closeSync(fd);
    }
  });
}

function readFile(path: BytePath, maxBytes: number): Buffer | Failure {
  const s = lstat(path);
  if (isFailure(s)) return s;
  const want = Math.min(Math.max(s.apparentBytes, 4096), maxBytes) + 1;
  const bytes = readRange(path, 0, want);
  return !isFailure(bytes) && bytes.length > maxBytes ? failure('EFBIG', path) : bytes;
}

function tallyOf(): { names: number; apparentBytes: number; diskBytes: number } {
  return { names: 0, apparentBytes: 0, diskBytes: 0 };
}

function directorySize(root: BytePath): DirectoryTally {
  const files = tallyOf();
  const symlinks = tallyOf();
  const others = tallyOf();
  const directories = tallyOf();
  const links = { names: 0, bytes: 0 };
  const seen = new Set<bigint>();
  const disk = new Set<string>();
  let counted = 0;
  let vanished = 0;
  let entries = 0;
  let failed: Failure | undefined;
  const visit = (path: BytePath, isRoot: boolean): void => {
    if (failed) return;
    const s = lstat(path);
    if (isFailure(s)) {
      if (s.errno === 'ENOENT' && !isRoot) vanished++;
      else failed = s;
      return;
    }
    entries++;
    const tally: Tally & { names: number; apparentBytes: number; diskBytes: number } =
      s.kind === 'directory'
        ? directories
        : s.kind === 'file'
          ? files
          : s.kind === 'symlink'
            ? symlinks
            : others;
    tally.names++;
    const key = `${s.dev}:${s.ino}`;
    if (!disk.has(key)) {
      disk.add(key);
      tally.diskBytes += s.diskBytes;
      tally.apparentBytes += s.apparentBytes;
    }
    if (s.kind === 'directory') {
      const list = readDirectory(path);
      if (isFailure(list)) {
        if (list.errno === 'ENOENT' && !isRoot) vanished++;
        else failed = list;
        return;
      }
      for (const e of list) visit(joinPath(path, e.name), false);
    } else if (s.apparentBytes > 0) {
      if (seen.has(s.ino)) {
        links.names++;
        links.bytes += s.apparentBytes;
      } else {
        seen.add(s.ino);
        counted += s.apparentBytes;
      }
    }
  };
  visit(root, true);
  const sum = (k: 'diskBytes' | 'apparentBytes'): number =>
    files[k] + symlinks[k] + others[k] + directories[k];
  return {
    ...(failed ? { failure: failed } : {}),
    countedBytes: counted,
    files,
    symlinks,
    others,
    directories,
    hardLinkNames: links,
    vanished,
    rootIsNotDirectory: directories.names === 0,
    diskBytes: sum('diskBytes'),
    apparentBytes: sum('apparentBytes'),
    entries,
  };
}

const hostFs: HostFs = {
  lstat,
  readDirectory,
  readFile,
  readRange,
  readLink: (path) =>
    attempt(
      path,
      () => fs.readlinkSync(pathBuffer(path), { encoding: 'latin1' as BufferEncoding }) as BytePath,
    ),
  getXattr: (path) => failure('ENOTSUP', path),
  realPath: (path) =>
    attempt(
      path,
      () => fs.realpathSync.native(pathBuffer(path), { encoding: 'latin1' as BufferEncoding }) as BytePath,
    ),
  fileSystem: (path) =>
    attempt(path, () => {
      const s = fs.statfsSync(pathBuffer(path));
      return {
        totalBytes: s.blocks * s.bsize,
        freeBytes: s.bavail * s.bsize,
        type: `0x${s.type.toString(16)}`,
      };
    }),
};

function getJson(socketPath: string, path: string, timeout: number): Promise<unknown> {
  return new Promise((resolve) => {
    const request = httpGet({ socketPath, path, timeout, headers: { host: 'engine' } }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        try {
          resolve(JSON.parse(Buffer.concat(parts).toString('utf8')));
        } catch {
          resolve(undefined);
        }
      });
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
  });
}

/** The host that weigh runs on. */
export function createHost(
  _options: { readonly ffi?: 'auto' | 'off'; readonly threads?: number } = {},
): Host {
  return {
    fs: hostFs,
    walker: {
      directorySize: (root) => Promise.resolve(directorySize(root)),
      compareTrees: () => Promise.reject(new Error('not available yet')),
    },
    socket: { get: getJson },
    facts: {
      uid: process.getuid?.() ?? -1,
      canReadTrusted: false,
      env: process.env,
      homeDirectory: homedir(),
      kernelRelease: release(),
      cores: availableParallelism(),
    },
    now: () => new Date(),
    sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    gunzip: (bytes, maxBytes) =>
      attempt('' as BytePath, () => gunzipSync(bytes, { maxOutputLength: maxBytes })),
    close: () => Promise.resolve(),
  };
}
