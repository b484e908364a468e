import type { Bound, Effect, Finding, Problem } from '../model/finding.ts';

interface Draft {
  readonly problem: Problem;
  readonly effects: Effect[];
}

/**
 * Gathers the findings of one report. Equal problems (same kind, subject and message) become one finding with the effects of all,
 * in the order in which they were first added.
 */
export class FindingList {
  readonly #drafts = new Map<string, Draft>();

  /** Adds a problem that touches no number. */
  note(problem: Problem): void {
    this.#draft(problem);
  }

  notes(problems: readonly Problem[]): void {
    for (const problem of problems) this.note(problem);
  }

  /** Adds a problem that makes the number at `pointer` (RFC 6901) a bound or unknown. */
  affect(problem: Problem, pointer: string, bound: Bound): void {
    const { effects } = this.#draft(problem);
    if (!effects.some((effect) => effect.pointer === pointer)) effects.push({ pointer, bound });
  }

  /** Adds several problems that together make one number a bound. */
  affectAll(problems: readonly Problem[], pointer: string, bound: Bound): void {
    for (const problem of problems) this.affect(problem, pointer, bound);
  }

  /** The findings and whether every number of the report is exact. */
  finish(): { readonly complete: boolean; readonly findings: readonly Finding[] } {
    const findings = [...this.#drafts.values()].map(({ problem, effects }) => ({
      kind: problem.kind,
      subject: problem.subject,
      message: problem.message,
      effects,
    }));
    return { complete: findings.every((finding) => finding.effects.length === 0), findings };
  }

  #draft(problem: Problem): Draft {
    const key = `${problem.kind}\0${problem.subject}\0${problem.message}`;
    const known = this.#drafts.get(key);
    if (known !== undefined) return known;
    const draft: Draft = { problem, effects: [] };
    this.#drafts.set(key, draft);
    return draft;
  }
}
