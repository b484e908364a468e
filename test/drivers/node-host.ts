import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { failure, isFailure } from '../../src/host/host.ts';
import type { DirEntry, Failure, FileKind, FileStat, Host, HostFs } from '../../src/host/host.ts';
import type { ChangesTally, DirectoryTally, Tally, Walker } from '../../src/host/walker.ts';
import { joinPath, pathBuffer } from '../../src/model/bytes.ts';
import type { BytePath } from '../../src/model/bytes.ts';
import { getXattr } from './kernel.ts';

const KINDS: Readonly<Record<number, FileKind>> = {
  0o100000: 'file',
  0o040000: 'directory',
  0o120000: 'symlink',
  0o010000: 'fifo',
  0o140000: 'socket',
  0o020000: 'char',
  0o060000: 'block',
};

function attempt<T>(path: BytePath, action: () => T): T | Failure {
  try {
    return action();
  } catch (error) {
    return failure((error as NodeJS.ErrnoException).code ?? 'EIO', path);
  }
}

/** A file system port made of Node's own calls, so that a test of the drivers does not rest on the host room. */
export function nodeFs(): HostFs {
  return {
    lstat: (path) => attempt(path, () => statOf(path)),
    readDirectory: (path) =>
      attempt(path, () =>
        readdirSync(pathBuffer(path), { encoding: 'latin1', withFileTypes: true })
          .map((entry): DirEntry => ({ name: entry.name as BytePath, kind: 'unknown' }))
          .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      ),
    readFile: (path, maxBytes) =>
      attempt(path, () => {
        const content = readFileSync(pathBuffer(path));
        return content.length > maxBytes ? failure('EFBIG', path) : content;
      }),
    readRange: (path) => failure('ENOTSUP', path),
    readLink: (path) => attempt(path, () => readlinkSync(pathBuffer(path), 'latin1') as BytePath),
    getXattr: (path, name) => getXattr(pathBuffer(path).toString('utf8'), name) ?? failure('ENODATA', path),
    realPath: (path) => path,
    fileSystem: (path) => failure('ENOTSUP', path),
  };
}

function statOf(path: BytePath): FileStat {
  const stat = lstatSync(pathBuffer(path), { bigint: true });
  const device = Number(stat.rdev);
  return {
    kind: KINDS[Number(stat.mode) & 0o170000] ?? 'unknown',
    mode: Number(stat.mode),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    ino: stat.ino,
    dev: String(stat.dev),
    rdev: `${String(device >> 8)}:${String(device & 255)}`,
    nlink: Number(stat.nlink),
    apparentBytes: Number(stat.size),
    diskBytes: Number(stat.blocks) * 512,
    mtimeSeconds: Number(stat.mtimeNs / 1_000_000_000n),
    mtimeNanos: Number(stat.mtimeNs % 1_000_000_000n),
    ctimeSeconds: Number(stat.ctimeNs / 1_000_000_000n),
    ctimeNanos: Number(stat.ctimeNs % 1_000_000_000n),
  };
}

export function nodeHost(changes: { readonly canReadTrusted?: boolean } = {}): Host {
  const fs = nodeFs();
  return {
    fs,
    walker: nodeWalker(fs),
    socket: { get: async () => await Promise.resolve(undefined) },
    facts: {
      uid: process.getuid?.() ?? 0,
      canReadTrusted: changes.canReadTrusted ?? true,
      env: {},
      homeDirectory: '/root',
      kernelRelease: '6.18.0',
      cores: 1,
    },
    now: () => new Date(0),
    sha256: () => '',
    gunzip: () => failure('ENOTSUP', '' as BytePath),
    close: async () => {
      await Promise.resolve();
    },
  };
}

const NOTHING: Tally = { names: 0, apparentBytes: 0, diskBytes: 0 };

/** The plainest possible walker: one thread, recursion, no care for speed. */
function nodeWalker(fs: HostFs): Walker {
  return {
    directorySize: async (root) => await Promise.resolve(directorySize(fs, root)),
    compareTrees: async (root, parent) => await Promise.resolve(compareTrees(fs, root, parent)),
  };
}

function directorySize(fs: HostFs, root: BytePath): DirectoryTally {
  const seen = new Set<bigint>();
  const tallies = { files: { ...NOTHING }, symlinks: { ...NOTHING }, others: { ...NOTHING } };
  const directories = { ...NOTHING };
  const links = { names: 0, bytes: 0 };
  let failed: Failure | undefined;
  const visit = (path: BytePath): void => {
    const stat = fs.lstat(path);
    if (isFailure(stat)) {
      failed ??= stat;
      return;
    }
    if (stat.kind === 'directory') {
      Object.assign(directories, add(directories, { names: 1, apparentBytes: 0, diskBytes: stat.diskBytes }));
      const entries = fs.readDirectory(path);
      if (isFailure(entries)) failed ??= entries;
      else for (const { name } of entries) visit(joinPath(path, name));
      return;
    }
    const which = stat.kind === 'file' ? 'files' : stat.kind === 'symlink' ? 'symlinks' : 'others';
    const again = stat.apparentBytes > 0 && seen.has(stat.ino);
    seen.add(stat.ino);
    if (again) Object.assign(links, { names: links.names + 1, bytes: links.bytes + stat.apparentBytes });
    const bytes = again ? 0 : stat.apparentBytes;
    tallies[which] = add(tallies[which], { names: 1, apparentBytes: bytes, diskBytes: stat.diskBytes });
  };
  visit(root);
  const { files, symlinks, others } = tallies;
  const countedBytes = files.apparentBytes + symlinks.apparentBytes + others.apparentBytes;
  return {
    ...(failed === undefined ? {} : { failure: failed }),
    countedBytes,
    ...tallies,
    directories,
    hardLinkNames: links,
    vanished: 0,
    rootIsNotDirectory: false,
    diskBytes: 0,
    apparentBytes: countedBytes,
    entries: 0,
  };
}

function add(a: Tally, b: Tally): Tally {
  return {
    names: a.names + b.names,
    apparentBytes: a.apparentBytes + b.apparentBytes,
    diskBytes: a.diskBytes + b.diskBytes,
  };
}

/**
 * Two trees as they are, by the rules of ChangesDirs and ChangesSize, written apart from the source under test: the referee of the random tests,
 * for which `root` and `parent` are real mounts.
 */
export function compareTrees(fs: HostFs, root: BytePath, parent: BytePath | null): ChangesTally {
  const seen = new Set<bigint>();
  const added = { files: 0, bytes: 0 };
  const modified = { files: 0, bytes: 0 };
  const unchanged = { files: 0, bytes: 0 };
  const links = { names: 0, bytes: 0 };
  let failed: Failure | undefined;
  const visit = (path: BytePath, before: BytePath | null): void => {
    const entries = fs.readDirectory(path);
    if (isFailure(entries)) {
      failed ??= entries;
      return;
    }
    for (const { name } of entries) {
      const child = joinPath(path, name);
      const stat = fs.lstat(child);
      if (isFailure(stat)) continue;
      const oldChild = before === null ? null : joinPath(before, name);
      const old = oldChild === null ? null : fs.lstat(oldChild);
      const oldStat = old === null || isFailure(old) ? null : old;
      if (stat.kind === 'directory') {
        visit(child, oldStat?.kind === 'directory' ? oldChild : null);
        continue;
      }
      if (oldStat !== null && oldChild !== null && looksEqual(oldStat, stat, oldChild, child)) {
        Object.assign(unchanged, { files: unchanged.files + 1, bytes: unchanged.bytes + stat.apparentBytes });
        continue;
      }
      if (stat.nlink > 1 && seen.has(stat.ino)) {
        Object.assign(links, { names: links.names + 1, bytes: links.bytes + stat.apparentBytes });
        continue;
      }
      if (stat.nlink > 1) seen.add(stat.ino);
      const tally = oldStat === null ? added : modified;
      tally.files += 1;
      tally.bytes += stat.apparentBytes;
    }
  };
  const looksEqual = (old: FileStat, now: FileStat, oldPath: BytePath, path: BytePath): boolean => {
    const keys = ['mode', 'uid', 'gid', 'rdev', 'apparentBytes', 'mtimeSeconds'] as const;
    if (keys.some((key) => old[key] !== now[key])) return false;
    const nanos = [old.mtimeNanos, now.mtimeNanos];
    if (nanos[0] !== nanos[1] && !nanos.includes(0)) return false;
    const capability = (of: BytePath): string => {
      const value = fs.getXattr(of, 'security.capability');
      return isFailure(value) ? '' : value.toString('hex');
    };
    return capability(oldPath) === capability(path);
  };
  visit(root, parent);
  return {
    ...(failed === undefined ? {} : { failure: failed }),
    changedBytes: added.bytes + modified.bytes,
    added,
    modified,
    deleted: 0,
    hardLinkNames: links,
    unchanged,
    entries: 0,
  };
}
