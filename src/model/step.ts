/**
 * One step on the way to a number. A figure's steps with `bytes` sum to the figure; steps without `bytes` are decisions.
 */
export interface Step {
  /** Name of the rule, the engine's own function name where there is one: `isParent`, `directory.Size`, `ChangesSize`. */
  readonly rule: string;
  /** What the step looked at: a path, a layer, an image, as text. */
  readonly subject: string;
  /** What it adds to the figure. Absent for a decision. */
  readonly bytes?: number;
  /** A clause for a person who does not know the engine's source. */
  readonly text: string;
  /** Where the rule stands: engine, version, file and symbol, e.g. `moby 20.10-29: pkg/directory directory_unix.go Size`. */
  readonly source: string;
}

/** The figure against another tool's number for the same thing; the items sum to `bytes` minus the figure. */
export interface Comparison {
  /** What the other number is, e.g. `du of <path>`. */
  readonly with: string;
  /** The other tool's number. */
  readonly bytes: number;
  /** The difference, piece by piece. */
  readonly items: readonly { readonly why: string; readonly bytes: number }[];
}

/** A number with its steps. */
export interface ExplainedFigure {
  /** As the reports' fields, e.g. `sizeRw`. */
  readonly name: string;
  /** null: no size, or not known. */
  readonly bytes: number | null;
  /** In the engine's order. */
  readonly steps: readonly Step[];
  /** Beside other numbers for the same thing. */
  readonly compare: readonly Comparison[];
}
