import { isFailure } from '../host/host.ts';
import type { ChangesTally, WalkOptions } from '../host/walker.ts';
import { pathText } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import type { Problem } from '../model/finding.ts';
import type { DriverId } from '../model/ids.ts';
import type { Step } from '../model/step.ts';
import type { DiffSize, DriverContext } from './driver.ts';
import { changesSteps } from './naive-steps.ts';
import { engineFails, isNoSize, noSizeOf, notKnown, withoutSize } from './outcome.ts';
import type { NoSize } from './outcome.ts';
import { failureText } from './words.ts';

export interface NaiveTrees {
  readonly id: DriverId;
  readonly tree: BytePath;
  readonly parent: BytePath | null;
  /** The decisions that led here. */
  readonly steps: readonly Step[];
}

/** The engine's naive figure where both trees lie whole on disk: every file that is new or looks changed, at its full length. */
export async function treesSize(
  context: DriverContext,
  trees: NaiveTrees,
  options?: WalkOptions,
): Promise<DiffSize> {
  const { id, tree, parent, steps } = trees;
  const at = { subject: id, path: 'naive' as const, steps, directory: tree };
  for (const root of parent === null ? [tree] : [tree, parent]) {
    const checked = checkTree(context, root);
    if (isNoSize(checked)) return withoutSize(checked, at);
  }
  const tally = await context.host.walker.compareTrees(tree, parent, options);
  if (tally.failure !== undefined) return withoutSize(noSizeOf(tally.failure), at);
  const problems = unreadableProblems(id, tally);
  return {
    outcome: 'size',
    bytes: tally.changedBytes,
    ...(problems.length === 0 ? {} : { bound: 'at-least' as const }),
    path: 'naive',
    steps: [...steps, ...changesSteps(tally, { tree: pathText(tree), parent: parent && pathText(parent) })],
    problems,
    directory: tree,
    naive: tally,
  };
}

/** Get gives the directory itself; anything else in its place is an error (vfs, btrfs: "not a directory"). */
function checkTree(context: DriverContext, root: BytePath): NoSize | null {
  const stat = context.host.fs.lstat(root);
  if (isFailure(stat)) return noSizeOf(stat);
  if (stat.kind === 'directory') return null;
  if (stat.kind === 'symlink')
    return notKnown(`${pathText(root)} is a link and is not followed`, 'damaged-record');
  return engineFails(`${pathText(root)} is not a directory`);
}

/** A file that seems equal counts after all when its capabilities differ; unread ones leave the figure a lower bound. */
export function unreadableProblems(id: DriverId, tally: ChangesTally): readonly Problem[] {
  if (tally.unreadable === undefined) return [];
  const message = `capabilities of files could not be read (${failureText(tally.unreadable)}), so a file in which nothing else changed may be missing`;
  return [{ kind: 'xattr-unreadable', subject: id, message }];
}
