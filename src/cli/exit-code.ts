import { isWeighError } from '../model/errors.ts';
import type { ErrorCode } from '../model/errors.ts';

/** How a command ended. */
export type Outcome =
  | { readonly kind: 'done'; readonly complete: boolean; readonly refused?: boolean }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'interrupted'; readonly signal: 'SIGINT' | 'SIGTERM' };

export type ExitCode = 0 | 1 | 2 | 3 | 4 | 70 | 130 | 143;

const BY_ERROR: Readonly<Record<ErrorCode, ExitCode>> = {
  USAGE: 2,
  NOT_FOUND: 4,
  NOT_A_STORE: 4,
  AMBIGUOUS: 4,
  UNREADABLE: 4,
  UNSUPPORTED: 4,
  INTERRUPTED: 130,
  INTERNAL: 70,
};

/**
 * 0 done; 1 a budget or check said no; 2 wrong usage; 3 done, but some numbers are bounds; 4 not found, not recognised or not readable;
 * 70 a bug of ours; 130, 143 interrupted. Where 1 and 3 both hold: 1.
 */
export function exitCodeOf(outcome: Outcome): ExitCode {
  if (outcome.kind === 'interrupted') return outcome.signal === 'SIGTERM' ? 143 : 130;
  if (outcome.kind === 'failed') return isWeighError(outcome.error) ? BY_ERROR[outcome.error.code] : 70;
  if (outcome.refused === true) return 1;
  return outcome.complete ? 0 : 3;
}
