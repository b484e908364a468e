/**
 * What an active snapshot of btrfs holds more than the one below it (containerd/continuity fs/du_unix.go diffUsage, fs/diff.go doubleWalkDiff, fs/path.go
 * sameFile): allocated blocks of every entry that is new or differs, directories included, the root not, each inode once. Any error ends it.
 */
import type { BytePath } from '../model/bytes.ts';
import { joinPath } from '../model/bytes.ts';
import { isFailure } from '../host/host.ts';
import type { Failure, FileStat, Host } from '../host/host.ts';
import type { WalkOptions } from '../host/walker.ts';
import { checkInterrupted } from './context.ts';

export interface DiffUsage {
  readonly bytes: number;
  /** Entries that are new, and those that differ. */
  readonly added: number;
  readonly modified: number;
}

const CAPABILITY = 'security.capability';
const CHUNK = 256 * 1024;
/** Directories between two looks at the signal. */
const PIECE = 64;

/** The failure is that of the path at which the engine's walk ends. */
export async function diffUsage(
  host: Host,
  below: BytePath,
  root: BytePath,
  options: WalkOptions,
): Promise<DiffUsage | Failure> {
  const seen = new Set<string>();
  const sums = { bytes: 0, added: 0, modified: 0 };
  const queue: (readonly [BytePath | null, BytePath])[] = [[below, root]];
  let entries = 0;
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (++entries % PIECE === 0) await new Promise<void>((resolve) => setImmediate(resolve));
    checkInterrupted(options.signal);
    const [lower, upper] = next;
    const listed = host.fs.readDirectory(upper);
    if (isFailure(listed)) return listed;
    for (const { name } of listed) {
      const path = joinPath(upper, name);
      const stat = host.fs.lstat(path);
      if (isFailure(stat)) return stat;
      const old = lower === null ? null : joinPath(lower, name);
      const before = old === null ? null : statOrNone(host, old);
      if (isFailure(before)) return before;
      const same = old === null || before === null ? false : sameFile(host, old, before, path, stat);
      if (isFailure(same)) return same;
      if (!same) {
        if (before === null) sums.added += 1;
        else sums.modified += 1;
        const inode = `${stat.dev}:${stat.ino}`;
        if (!seen.has(inode)) sums.bytes += stat.diskBytes;
        seen.add(inode);
      }
      if (stat.kind === 'directory') queue.push([before?.kind === 'directory' ? old : null, path]);
    }
  }
  return sums;
}

function statOrNone(host: Host, path: BytePath): FileStat | Failure | null {
  const stat = host.fs.lstat(path);
  return isFailure(stat) && stat.errno === 'ENOENT' ? null : stat;
}

function sameFile(host: Host, pathA: BytePath, a: FileStat, pathB: BytePath, b: FileStat): boolean | Failure {
  if (a.dev === b.dev && a.ino === b.ino) return true;
  if (a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid || a.rdev !== b.rdev) return false;
  const capabilities = sameCapabilities(host, pathA, pathB);
  if (capabilities !== true) return capabilities;
  if (b.kind === 'directory') return true;
  if (a.apparentBytes !== b.apparentBytes || a.mtimeSeconds !== b.mtimeSeconds) return false;
  if (a.mtimeNanos !== 0 || b.mtimeNanos !== 0) return a.mtimeNanos === b.mtimeNanos;
  // Times that may have been cut to seconds tell nothing: the content does.
  if (b.kind === 'symlink') return sameTarget(host, pathA, pathB);
  return b.apparentBytes === 0 ? true : sameContent(host, pathA, pathB, b.apparentBytes);
}

function sameCapabilities(host: Host, pathA: BytePath, pathB: BytePath): boolean | Failure {
  const a = host.fs.getXattr(pathA, CAPABILITY);
  const b = host.fs.getXattr(pathB, CAPABILITY);
  for (const one of [a, b]) if (isFailure(one) && one.errno !== 'ENODATA') return one;
  if (isFailure(a) || isFailure(b)) return isFailure(a) && isFailure(b);
  return a.equals(b);
}

function sameTarget(host: Host, pathA: BytePath, pathB: BytePath): boolean | Failure {
  const a = host.fs.readLink(pathA);
  const b = host.fs.readLink(pathB);
  if (isFailure(a)) return a;
  return isFailure(b) ? b : a === b;
}

function sameContent(host: Host, pathA: BytePath, pathB: BytePath, bytes: number): boolean | Failure {
  for (let offset = 0; offset < bytes; offset += CHUNK) {
    const a = host.fs.readRange(pathA, offset, CHUNK);
    if (isFailure(a)) return a;
    const b = host.fs.readRange(pathB, offset, CHUNK);
    if (isFailure(b)) return b;
    if (!a.equals(b)) return false;
  }
  return true;
}
