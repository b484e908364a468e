import { statfsSync } from 'node:fs';
import type { BytePath } from '../model/bytes.ts';
import { joinPath } from '../model/bytes.ts';
import type { Failure, FileStat, HostFs } from './host.ts';
import { failure, isFailure } from './host.ts';
import { errnoName } from './libc.ts';
import type { Libc } from './libc.ts';
import { nodePath } from './node-fs.ts';
import { BOTH, CompareStep, NEW } from './walk/compare-step.ts';
import type { Side } from './walk/compare-step.ts';
import { driveAlone, driveTogether } from './walk/drive.ts';
import type { Threads } from './walk/drive.ts';
import { joinedChanges, joinedSize } from './walk/job.ts';
import type { Part } from './walk/job.ts';
import { LexicalSize } from './walk/lexical-size.ts';
import { NativeOps } from './walk/native-ops.ts';
import { NodeOps } from './walk/node-ops.ts';
import { SizeTally, rowOf } from './walk/size-tally.ts';
import { TaskStack } from './walk/stepper.ts';
import type { WalkFailure } from './walk/stepper.ts';
import type { WalkTeam } from './walk/team.ts';
import type { TreeOps } from './walk/tree-ops.ts';
import type { ChangesTally, DirectoryTally, WalkOptions, Walker } from './walker.ts';

/** File systems whose link counts say nothing about names (linux/magic.h: FUSE, 9p, SMB): each name is looked up there. */
const LINKS_UNKNOWN: ReadonlySet<number> = new Set([0x65735546, 0x01021997, 0xff534d42, 0xfe534d42]);

export interface WalkerParts {
  readonly fs: HostFs;
  /** The C library, asked for at the first walk; without it walks go through Node. */
  readonly libcOf: () => Libc | undefined;
  readonly team: WalkTeam;
  readonly threads: Threads;
}

export function createWalker(parts: WalkerParts): Walker {
  let native: NativeOps | undefined;
  const nativeOps = (): NativeOps | undefined => {
    const libc = native === undefined ? parts.libcOf() : undefined;
    if (libc !== undefined) native = new NativeOps(libc);
    return native;
  };
  return {
    async directorySize(root, options = {}) {
      const stat = parts.fs.lstat(root);
      if (isFailure(stat)) return new SizeTally().result(root, stat, false);
      if (stat.kind !== 'directory') return sizeOfOne(root, stat);
      return directorySize(parts, nativeOps(), root, options);
    },
    compareTrees: (root, parent, options = {}) =>
      compareTrees(parts, nativeOps(), { now: root, old: parent }, options),
  };
}

function failureOf(root: BytePath, { errno, relative }: WalkFailure): Failure {
  return failure(errnoName(errno), relative === '' ? root : joinPath(root, relative));
}

function firstOf(parts: readonly Part[], key: 'failure' | 'unreadable', root: BytePath): Failure | undefined {
  const found = parts.find((part) => part[key] !== undefined)?.[key];
  return found === undefined ? undefined : failureOf(root, found);
}

/** The engine does not enter a root that is no directory: its own length is the number. */
function sizeOfOne(root: BytePath, stat: FileStat): DirectoryTally {
  const tally = new SizeTally();
  tally.addEntry(rowOf(stat.mode), stat.apparentBytes, stat.diskBytes);
  tally.addCounted(stat.apparentBytes);
  return tally.result(root, undefined, true);
}

async function directorySize(
  parts: WalkerParts,
  native: NativeOps | undefined,
  root: BytePath,
  options: WalkOptions,
): Promise<DirectoryTally> {
  const fast =
    native !== undefined && areLinksKnown(root) ? await fastSize(parts, native, root, options) : undefined;
  return fast ?? lexicalSize(native ?? new NodeOps(), root, options);
}

function areLinksKnown(root: BytePath): boolean {
  try {
    return !LINKS_UNKNOWN.has(statfsSync(nodePath(root)).type);
  } catch {
    return false;
  }
}

/** undefined: more than one file system was met, and the order of names matters. */
async function fastSize(
  parts: WalkerParts,
  ops: NativeOps,
  root: BytePath,
  options: WalkOptions,
): Promise<DirectoryTally | undefined> {
  const handle = ops.openRoot(root);
  if (handle < 0) return rootFailed(root, handle);
  try {
    const device = ops.deviceOf(handle);
    const job = { kind: 'size', handle, pathLength: root.length, device } as const;
    const { team, threads } = parts;
    const found = await driveTogether({ job, code: 0, ops, team, threads }, options);
    const failed = firstOf(found, 'failure', root);
    if (failed === undefined && found.some((part) => part.mixed)) return undefined;
    return joinedSize(found).result(root, failed, false);
  } finally {
    ops.closeRoot(handle);
  }
}

function rootFailed(root: BytePath, handle: number): DirectoryTally {
  return new SizeTally().result(root, failure(errnoName(-handle), root), false);
}

async function lexicalSize(ops: TreeOps, root: BytePath, options: WalkOptions): Promise<DirectoryTally> {
  const handle = ops.openRoot(root);
  if (handle < 0) return rootFailed(root, handle);
  const walk = new LexicalSize(ops, handle, root.length, (options.differ ?? 'docker') !== 'docker');
  await driveAlone(walk, options);
  const failed = walk.failure === undefined ? undefined : failureOf(root, walk.failure);
  return walk.tally.result(root, failed, false);
}

interface Roots {
  readonly now: BytePath;
  readonly old: BytePath | null;
}

async function compareTrees(
  parts: WalkerParts,
  native: NativeOps | undefined,
  roots: Roots,
  options: WalkOptions,
): Promise<ChangesTally> {
  const ops = native ?? new NodeOps();
  const sides: Side[] = [];
  try {
    for (const root of [roots.now, roots.old]) {
      const handle = root === null ? -1 : ops.openRoot(root);
      sides.push({ root: handle, pathLength: root?.length ?? 0 });
      if (root !== null && handle < 0) {
        return joinedChanges([]).result(root, failure(errnoName(-handle), root), undefined);
      }
    }
    const [now, old] = sides as [Side, Side];
    const code = roots.old === null ? NEW : BOTH;
    const differ = options.differ ?? 'docker';
    const { team, threads } = parts;
    const found =
      native === undefined
        ? await compareAlone(ops, now, old, code, options)
        : await driveTogether(
            { job: { kind: 'compare', now, old, differ }, code, ops: native, team, threads },
            options,
          );
    const problem = firstOf(found, 'failure', roots.now);
    return joinedChanges(found).result(roots.now, problem, firstOf(found, 'unreadable', roots.now));
  } finally {
    for (const { root } of sides) if (root >= 0) ops.closeRoot(root);
  }
}

async function compareAlone(
  ops: TreeOps,
  now: Side,
  old: Side,
  code: number,
  options: WalkOptions,
): Promise<readonly Part[]> {
  const tasks = new TaskStack();
  tasks.push(code, '', '');
  const step = new CompareStep(ops, now, old, tasks, options.differ);
  await driveAlone(step, options);
  const { sums, failure: failed, unreadable } = step;
  const links = Float64Array.from(sums.links);
  return [{ sums: sums.sums, links, failure: failed, unreadable, mixed: false }];
}
