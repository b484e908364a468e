/** How a number relates to the truth when something could not be read. A number without a bound is exact. */
export type Bound = 'at-least' | 'at-most' | 'unknown';

/** What went wrong or deserves a word. Each kind has a page `docs/findings/<kind>.md`. */
export type FindingKind =
  | 'unreadable' // no permission, or an input/output error: what could not be read
  | 'damaged-record' // a record of the store that does not parse or verify
  | 'missing-record' // something refers to a record that is not there
  | 'missing-directory' // a record names a directory that is not there
  | 'engine-fails' // the engine itself answers -1 or an error here; the message says why
  | 'not-listed' // the engine does not list this object (any more); weigh does
  | 'changed-while-reading' // a live store moved under the walk
  | 'unsupported-driver' // a graph driver that cannot be read from its files
  | 'hidden-store' // another driver's or engine's data under the same root
  | 'leftover' // a removal or transaction that never finished
  | 'assumed' // a fact the store alone does not tell was assumed (native diff, engine version)
  | 'limit' // an input was larger than weigh reads
  | 'xattr-unreadable' // trusted.* attributes need CAP_SYS_ADMIN
  | 'engine-unsteady'; // the engine's own answer changes from call to call

/** One problem, before it is known where in a report its numbers stand. */
export interface Problem {
  /** Decides what can be done about it. */
  readonly kind: FindingKind;
  /** What it is about: a path, a container, an image, as text. */
  readonly subject: string;
  /** A full sentence or clause for a person: what could not be done and why, without a trailing full stop. */
  readonly message: string;
}

/** A problem whose report position is known. `effects` names each number that it makes a bound. */
export interface Finding extends Problem {
  /** Empty: it touches no number. */
  readonly effects: readonly Effect[];
}

/** One number of a report that a finding makes a bound. */
export interface Effect {
  /** JSON pointer (RFC 6901) into the report. */
  readonly pointer: string;
  /** What is known of that number. */
  readonly bound: Bound;
}

/** A number of bytes together with what is known of it. */
export interface Amount {
  /** The best number there is; null when there is none. */
  readonly bytes: number | null;
  /** Absent: exact. */
  readonly bound?: Bound;
}
