/** Codes of the errors that weigh throws at its caller: the caller's mistake, or nothing can be measured. */
export type ErrorCode =
  | 'USAGE' // exit 2
  | 'NOT_FOUND' // exit 4: target or named root not found
  | 'NOT_A_STORE' // exit 4
  | 'AMBIGUOUS' // exit 4: a name found more than once
  | 'UNREADABLE' // exit 4: nothing of it readable
  | 'UNSUPPORTED' // exit 4
  | 'INTERRUPTED' // exit 130 or 143
  | 'INTERNAL'; // exit 70

/** The one class that weigh throws. `message` says what could not be done and to what; `hint` what to do about it. */
export class WeighError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** Recognised by `isWeighError` across copies of this package. */
  readonly isWeighError: boolean = true;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'WeighError';
    this.code = code;
    this.hint = options.hint;
  }
}

/** True for a `WeighError` of any copy of this package. */
export function isWeighError(error: unknown): error is WeighError {
  return typeof error === 'object' && error !== null && 'isWeighError' in error;
}
