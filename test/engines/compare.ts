import type { EngineAnswers, Value } from './answers.ts';
import type { WeighAnswers } from './weigh.ts';

/** Two answers for the same figure that differ. */
export interface Difference {
  readonly key: string;
  readonly engine: Value | undefined;
  readonly weigh: Value | undefined;
  /** When it was compared: live, stopped, moved. */
  readonly when: string;
}

/** What came of comparing one store. */
export class Tally {
  compared = 0;
  /** The engine's own answer changed from one call to the next, or weigh said that it would. */
  readonly unsteady: Difference[] = [];
  readonly unequal: Difference[] = [];
  /** Whatever else is wrong, as sentences. */
  readonly wrong: string[] = [];

  get failed(): boolean {
    return this.unequal.length > 0 || this.wrong.length > 0;
  }

  /** One figure. Where the engine contradicts itself an unequal one says nothing. */
  figure(difference: Difference, steady = true): void {
    const equal = difference.engine === difference.weigh;
    if (!equal && !steady) {
      this.unsteady.push(difference);
      return;
    }
    this.compared++;
    if (!equal) this.unequal.push(difference);
  }

  /**
   * All figures of both sides; one that only one side has is unequal. `again` is the engine asked a second time, to see where it
   * contradicts itself. Root reads everything, so weigh has no reason to doubt a figure, unless the store is damaged.
   */
  answers(
    engine: EngineAnswers,
    again: EngineAnswers,
    weigh: WeighAnswers,
    when: string,
    mayDoubt = false,
  ): void {
    const keys = new Set([...engine.figures.keys(), ...weigh.figures.keys()]);
    for (const key of keys) {
      // Lists before API 1.42 have no shared sizes, and an inspection may fail as a whole: nothing to compare with.
      if (/\|(list\.sharedSize|inspect\.sizeRootFs)$/.test(key) && !engine.figures.has(key)) continue;
      const first = engine.figures.get(key);
      const steady = first === again.figures.get(key) && !weigh.unsteady.has(key);
      this.figure({ key, engine: first, weigh: weigh.figures.get(key), when }, steady);
    }
    for (const bound of mayDoubt ? [] : weigh.bounds) this.wrong.push(`${when}: weigh is not sure: ${bound}`);
  }

  report(say: (line: string) => void, limit = 30): void {
    for (const { key, engine, weigh, when } of this.unequal.slice(0, limit))
      say(`  unequal ${when}: ${key}: engine ${String(engine)}, weigh ${String(weigh)}`);
    if (this.unequal.length > limit) say(`  and ${this.unequal.length - limit} more unequal`);
    for (const { key, engine, weigh, when } of this.unsteady.slice(0, limit))
      say(`  unsteady ${when}: ${key}: engine ${String(engine)}, weigh ${String(weigh)}`);
    for (const sentence of this.wrong.slice(0, 4)) say(`  wrong: ${sentence}`);
    if (this.wrong.length > 4) say(`  and ${this.wrong.length - 4} more wrong`);
  }
}
