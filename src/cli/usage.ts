import { ArgumentScannerError, formatMessageForArgumentScannerError } from '@stricli/core';
import { WeighError } from '../model/errors.ts';
import { flagName } from './flags.ts';

const HELP = 'See weigh --help.';

/** Wrong usage as our own error, in one sentence, with the likeliest correction as its hint. */
export function usageError(cause: unknown): unknown {
  if (typeof cause === 'string') return new WeighError('USAGE', cause, { hint: HELP });
  if (!(cause instanceof ArgumentScannerError)) return cause;
  let hint = HELP;
  const message = formatMessageForArgumentScannerError(cause, {
    FlagNotFoundError: (error) => {
      hint = didYouMean(error.corrections.map(dashed)) ?? HELP;
      return `no flag --${error.input.replace(/^-+/, '')} here`;
    },
    AliasNotFoundError: (error) => `no flag -${error.input} here`,
    EnumValidationError: (error) => {
      hint = `It takes ${error.values.join(', ')}.`;
      return `${flagName(error.externalFlagName)} cannot be ${error.input}`;
    },
    UnsatisfiedFlagError: (error) => `${flagName(error.externalFlagName)} needs a value`,
    UnexpectedFlagError: (error) =>
      `${flagName(error.externalFlagName)} is given twice (${error.previousInput}, ${error.input})`,
    UnexpectedPositionalError: (error) => `one argument too many: ${error.input}`,
    UnsatisfiedPositionalError: (error) => `${error.placeholder} is missing`,
  });
  return new WeighError('USAGE', message, { hint });
}

function dashed(flag: string): string {
  return flag.startsWith('-') ? flag : flagName(flag);
}

export function didYouMean(candidates: readonly string[]): string | undefined {
  return candidates.length === 0 ? undefined : `Did you mean ${candidates.join(' or ')}?`;
}

/** The words nearest to the given one, if they differ in at most two letters (insertions, deletions and swaps included). */
export function similar(word: string, known: Iterable<string>): readonly string[] {
  const limit = word.length <= 3 ? 1 : 2;
  const near = Array.from(new Set(known), (candidate) => ({
    candidate,
    distance: editDistance(word, candidate, limit),
  })).filter(({ distance }) => distance <= limit);
  const nearest = near.reduce((least, { distance }) => Math.min(least, distance), limit);
  return near
    .filter(({ distance }) => distance === nearest)
    .map(({ candidate }) => candidate)
    .sort()
    .slice(0, 3);
}

/** Optimal string alignment distance; anything above `limit` when it is larger. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? limit + 1;
}
