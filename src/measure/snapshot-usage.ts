/**
 * What containerd's snapshotters answer to Usage (containerd 1.6-2.3 plugins/snapshots/<name> Usage, core/metadata/snapshot.go Usage): for a committed
 * snapshot what was written down when it was committed, for a view nothing, for an active one a walk now. Sizes are allocated blocks, directories counted.
 */
import type { BytePath } from '../model/bytes.ts';
import { joinPath, pathText } from '../model/bytes.ts';
import type { Problem } from '../model/finding.ts';
import type { Step } from '../model/step.ts';
import type { DirectoryTally, WalkOptions } from '../host/walker.ts';
import { isFailure } from '../host/host.ts';
import type { Failure, Host } from '../host/host.ts';
import type { Snapshot, Snapshots } from '../stores/containerd/records.ts';
import { diffUsage } from './diff-usage.ts';

/** The engine's answer about one snapshot, and how it came about. */
export interface SnapshotUsage {
  /** `engine-fails`: the engine answers with an error; `unknown`: what it answers cannot be known from here. */
  readonly outcome: 'size' | 'not-found' | 'engine-fails' | 'unknown';
  /** Null unless the outcome is a size. */
  readonly bytes: number | null;
  /** Steps with bytes sum to the number. */
  readonly steps: readonly Step[];
  readonly problems: readonly Problem[];
  /** Why it is no size: a clause for a person. */
  readonly reason?: string;
  /** The walk of an active snapshot. */
  readonly walk?: { readonly directory: BytePath; readonly tally: DirectoryTally };
}

const SOURCE = 'containerd 1.6-2.3: core/snapshots/storage/bolt.go GetInfo';
const WALK = 'containerd/continuity: fs/du_unix.go diskUsage';

/** Snapshotters whose committed sizes are those of the whole chain: what a layer adds is that less its parent's. */
const CUMULATIVE: ReadonlySet<string> = new Set(['devmapper', 'blockfile']);

/** Where an active snapshot's own files are, below the snapshotter's directory. */
const ACTIVE_PATHS: Readonly<Record<string, (id: string) => readonly string[]>> = {
  overlayfs: (id) => ['snapshots', id, 'fs'],
  native: (id) => ['snapshots', id],
  erofs: (id) => ['snapshots', id, 'fs'],
  btrfs: (id) => ['active', id],
  blockfile: (id) => ['snapshots', id],
};

export function notFound(key: string): SnapshotUsage {
  const reason = `snapshot ${key} is not there`;
  return { outcome: 'not-found', bytes: null, steps: [], problems: [], reason };
}

/** The usage of a snapshot that needs no walk; undefined for an active one. */
export function recordedUsage(snapshots: Snapshots, key: string): SnapshotUsage | undefined {
  if (!snapshots.known) return unknown(key, snapshots.problems);
  const snapshot = snapshots.byKey.get(key);
  if (snapshot?.backend === null || snapshot === undefined) return notFound(key);
  const { kind, bytes } = snapshot.backend;
  if (kind === 'active') return undefined;
  const text =
    kind === 'view' ? 'a view, which has no size of its own' : 'written down when it was committed';
  return lessParent(snapshots, snapshot, [step('Usage', key, bytes ?? 0, text, SOURCE)]);
}

/** The usage of any snapshot. */
export async function usageOf(
  host: Host,
  snapshots: Snapshots,
  key: string,
  options: WalkOptions,
): Promise<SnapshotUsage> {
  const recorded = recordedUsage(snapshots, key);
  if (recorded !== undefined) return recorded;
  const snapshot = snapshots.byKey.get(key);
  const path = ACTIVE_PATHS[snapshots.snapshotter];
  if (snapshot?.backend === undefined || snapshot.backend === null || path === undefined) {
    return unknown(key, [unsupported(snapshots.snapshotter, key)]);
  }
  const directory = joinPath(snapshots.root, ...path(String(snapshot.backend.id)));
  if (snapshots.snapshotter === 'blockfile') return blockFileUsage(host, snapshots, snapshot, directory);
  const { parent } = snapshot.backend;
  if (snapshots.snapshotter === 'btrfs' && parent !== null) {
    const below = joinPath(snapshots.root, 'snapshots', String(parent.id));
    return differenceUsage(host, key, below, directory, options);
  }
  const tally = await host.walker.directorySize(directory, options);
  return walked(key, directory, tally);
}

async function differenceUsage(
  host: Host,
  key: string,
  below: BytePath,
  directory: BytePath,
  options: WalkOptions,
): Promise<SnapshotUsage> {
  const usage = await diffUsage(host, below, directory, options);
  if (isFailure(usage)) return failed(key, usage);
  const { bytes, added, modified } = usage;
  const text = `compared with the snapshot below it: ${added} added, ${modified} modified, directories counted, each inode once`;
  const source = 'containerd/continuity: fs/du_unix.go diffUsage';
  const subject = pathText(directory);
  return { outcome: 'size', bytes, steps: [step('DiffUsage', subject, bytes, text, source)], problems: [] };
}

function walked(key: string, directory: BytePath, tally: DirectoryTally): SnapshotUsage {
  if (tally.failure !== undefined) return failed(key, tally.failure, { directory, tally });
  if (tally.vanished > 0) {
    const message = `${tally.vanished === 1 ? '1 entry' : `${tally.vanished} entries`} vanished during the walk, which makes the engine answer with an error`;
    const problem: Problem = { kind: 'changed-while-reading', subject: key, message };
    return size(key, directory, tally, [problem]);
  }
  return size(key, directory, tally, []);
}

function size(
  key: string,
  directory: BytePath,
  tally: DirectoryTally,
  problems: readonly Problem[],
): SnapshotUsage {
  const { files, directories, symlinks, others, diskBytes } = tally;
  const part = (what: string, { names, diskBytes: bytes }: typeof files): readonly Step[] =>
    names === 0 ? [] : [step('DiskUsage', key, bytes, `${what}: ${names}`, WALK)];
  return {
    outcome: 'size',
    bytes: diskBytes,
    steps: [
      {
        rule: 'DiskUsage',
        subject: pathText(directory),
        text: 'an active snapshot is walked now: allocated blocks, directories and the root included, each inode once',
        source: WALK,
      },
      ...part('files', files),
      ...part('directories', directories),
      ...part('symbolic links', symlinks),
      ...part('others', others),
    ],
    problems,
    walk: { directory, tally },
  };
}

function failed(key: string, failure: Failure, walk?: SnapshotUsage['walk']): SnapshotUsage {
  const ours = failure.errno === 'EACCES' || failure.errno === 'EPERM';
  const reason = `${pathText(failure.path)} cannot be walked (${failure.errno})`;
  const problem: Problem = ours
    ? {
        kind: 'unreadable',
        subject: key,
        message: `cannot read ${pathText(failure.path)} (${failure.errno})`,
      }
    : { kind: 'engine-fails', subject: key, message: `the engine answers with an error: ${reason}` };
  return {
    outcome: ours ? 'unknown' : 'engine-fails',
    bytes: null,
    steps: [],
    problems: [problem],
    reason,
    ...(walk === undefined ? {} : { walk }),
  };
}

function blockFileUsage(host: Host, snapshots: Snapshots, snapshot: Snapshot, path: BytePath): SnapshotUsage {
  const stat = host.fs.lstat(path);
  if (isFailure(stat)) return failed(snapshot.key, stat);
  const source = 'containerd 2.0-2.3: plugins/snapshots/blockfile/blockfile.go Usage';
  return lessParent(snapshots, snapshot, [
    step('Usage', pathText(path), stat.apparentBytes, 'the length of its block file', source),
  ]);
}

/** devmapper and blockfile write down the size of the whole chain. */
function lessParent(snapshots: Snapshots, snapshot: Snapshot, steps: readonly Step[]): SnapshotUsage {
  const { key, backend } = snapshot;
  const all = [...steps];
  if (CUMULATIVE.has(snapshots.snapshotter) && backend !== null) {
    if (backend.parentMissing) return { ...notFound(key), reason: `the snapshot below ${key} is not there` };
    if (backend.parent !== null) {
      all.push(
        step('Usage', key, -(backend.parent.bytes ?? 0), "less its parent's, which it includes", SOURCE),
      );
    }
  }
  const bytes = all.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
  return { outcome: 'size', bytes, steps: all, problems: [] };
}

function unsupported(snapshotter: string, key: string): Problem {
  const message = `what snapshotter ${snapshotter} holds in an active snapshot cannot be read from its files`;
  return { kind: 'unsupported-driver', subject: key, message };
}

function unknown(key: string, problems: readonly Problem[]): SnapshotUsage {
  const reason = problems[0]?.message ?? `what the engine answers about ${key} cannot be known`;
  return { outcome: 'unknown', bytes: null, steps: [], problems, reason };
}

function step(rule: string, subject: string, bytes: number, text: string, source: string): Step {
  return { rule, subject, bytes, text, source };
}

/** A chain of snapshots, from `key` down. */
export interface ChainUsage {
  /** What was summed up before the chain ended. */
  readonly bytes: number;
  /** Absent: the chain was summed to its base. `not-found`: one of it is not there. */
  readonly broken?: SnapshotUsage;
  /** Keys and bytes, top first. */
  readonly parts: readonly { readonly key: string; readonly bytes: number }[];
}

/** Chains are as long as a Dockerfile; a longer one is damage. */
const MAX_CHAIN = 4096;

/**
 * calculateSnapshotTotalUsage of moby 24-29 (daemon/containerd/image_snapshot.go): the usage of a snapshot and of all below it. None of them is
 * active, since nothing can be put upon an active one.
 */
export function chainUsage(snapshots: Snapshots, key: string): ChainUsage {
  const parts: { readonly key: string; readonly bytes: number }[] = [];
  let bytes = 0;
  let next = key;
  while (next !== '') {
    const usage = recordedUsage(snapshots, next) ?? unknown(next, [unsupported(snapshots.snapshotter, next)]);
    if (usage.outcome !== 'size' || usage.bytes === null) return { bytes, parts, broken: usage };
    if (parts.length === MAX_CHAIN) return { bytes, parts, broken: unknown(next, []) };
    parts.push({ key: next, bytes: usage.bytes });
    bytes += usage.bytes;
    next = snapshots.byKey.get(next)?.parent ?? '';
  }
  return { bytes, parts };
}
