import type { Differ } from '../walker.ts';
import { ChangesSums } from './changes-sums.ts';
import { CompareStep } from './compare-step.ts';
import type { Side } from './compare-step.ts';
import { FastSize } from './fast-size.ts';
import type { NativeOps } from './native-ops.ts';
import { SizeTally } from './size-tally.ts';
import type { Stepper, Tasks, WalkFailure } from './stepper.ts';

/** What a thread is to do. Handles are the process's own, the same in all its threads. */
export type Job =
  | { readonly kind: 'size'; readonly handle: number; readonly pathLength: number; readonly device: number }
  | { readonly kind: 'compare'; readonly now: Side; readonly old: Side; readonly differ: Differ };

/** What one thread has found, in a form that can be sent. */
export interface Part {
  readonly sums: Float64Array;
  readonly links: Float64Array;
  readonly failure: WalkFailure | undefined;
  readonly unreadable: WalkFailure | undefined;
  readonly mixed: boolean;
}

/** One thread's share of a job. */
export interface Share {
  readonly stepper: Stepper;
  part(): Part;
}

export function shareOf(job: Job, ops: NativeOps, tasks: Tasks): Share {
  if (job.kind === 'size') {
    const stepper = new FastSize(ops, job, tasks);
    return {
      stepper,
      part: () => ({
        sums: stepper.tally.sums,
        links: Float64Array.from(stepper.links),
        failure: stepper.failure,
        unreadable: undefined,
        mixed: stepper.mixed,
      }),
    };
  }
  const stepper = new CompareStep(ops, job.now, job.old, tasks, job.differ);
  return {
    stepper,
    part: () => ({
      sums: stepper.sums.sums,
      links: Float64Array.from(stepper.sums.links),
      failure: stepper.failure,
      unreadable: stepper.unreadable,
      mixed: false,
    }),
  };
}

/** All threads' sums of a size job as one. An inode that several of them met counts once. */
export function joinedSize(parts: readonly Part[]): SizeTally {
  const tally = new SizeTally();
  for (const { sums } of parts) tally.addAll(sums);
  if (parts.length > 1) tally.resolve(parts.map(({ links }) => links));
  return tally;
}

export function joinedChanges(parts: readonly Part[]): ChangesSums {
  const changes = new ChangesSums();
  for (const { sums } of parts) changes.addAll(sums);
  changes.resolve(parts.map(({ links }) => links));
  return changes;
}
