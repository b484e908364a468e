import type { Failure } from '../host/host.ts';
import type { BytePath } from '../model/bytes.ts';
import type { FindingKind, Problem } from '../model/finding.ts';
import type { Step } from '../model/step.ts';
import type { DiffSize, SizePath } from './driver.ts';
import { failureText } from './words.ts';

/** Errors that say something about this process (its rights, its limits), not about what the engine would meet. */
const OWN_ERRORS: ReadonlySet<string> = new Set([
  'EACCES',
  'EPERM',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EOVERFLOW',
  'EFBIG',
]);

/** Whether a failure leaves open what the engine, with its own rights, would answer. */
export function isOwnError(failure: Failure): boolean {
  return OWN_ERRORS.has(failure.errno);
}

/** Why there is no number: the engine answers -1 for this reason, or we cannot know. */
export interface NoSize {
  readonly noSize: 'engine-fails' | 'unknown';
  readonly reason: string;
  readonly kind: FindingKind;
}

export function isNoSize(value: unknown): value is NoSize {
  return typeof value === 'object' && value !== null && 'noSize' in value;
}

export function engineFails(reason: string): NoSize {
  return { noSize: 'engine-fails', reason, kind: 'engine-fails' };
}

export function notKnown(reason: string, kind: FindingKind): NoSize {
  return { noSize: 'unknown', reason, kind };
}

/** What a failed system call means for the figure: our own trouble is `unknown`, everything else the engine meets too. */
export function noSizeOf(failure: Failure): NoSize {
  if (!isOwnError(failure)) return engineFails(failureText(failure));
  const limit = failure.errno === 'EOVERFLOW' || failure.errno === 'EFBIG';
  return notKnown(failureText(failure), limit ? 'limit' : 'unreadable');
}

/** Where a figure without a number stood when it ended. */
export interface Unfinished {
  readonly subject: string;
  readonly path: SizePath;
  readonly steps: readonly Step[];
  readonly problems?: readonly Problem[];
  readonly directory?: BytePath;
}

/** The answer of a figure that has no number. */
export function withoutSize(why: NoSize, at: Unfinished): DiffSize {
  const { subject, path, steps, problems = [], directory } = at;
  return {
    outcome: why.noSize,
    bytes: null,
    path,
    steps,
    reason: why.reason,
    problems: [...problems, { kind: why.kind, subject, message: why.reason }],
    ...(directory === undefined ? {} : { directory }),
  };
}
