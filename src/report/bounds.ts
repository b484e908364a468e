import type { Amount, Bound, Finding } from '../model/finding.ts';

export type Bounds = ReadonlyMap<string, Bound>;

const SEVERITY: Readonly<Record<Bound, number>> = { 'at-least': 0, 'at-most': 0, unknown: 1 };

/** The bound of each number that a finding names, by its JSON pointer. Two contrary bounds make it unknown. */
export function boundsOf(findings: readonly Finding[]): Bounds {
  const bounds = new Map<string, Bound>();
  for (const { effects } of findings) {
    for (const { pointer, bound } of effects) {
      const before = bounds.get(pointer);
      bounds.set(pointer, before === undefined ? bound : stronger(before, bound));
    }
  }
  return bounds;
}

function stronger(a: Bound, b: Bound): Bound {
  if (a === b) return a;
  return SEVERITY[a] === SEVERITY[b] ? 'unknown' : SEVERITY[a] > SEVERITY[b] ? a : b;
}

/** A number of a report with what is known of it. */
export function amountAt(bounds: Bounds, pointer: string, bytes: number | null): Amount {
  const bound = bounds.get(pointer);
  return bound === undefined ? { bytes } : { bytes, bound };
}

/** Adds amounts: what is unknown makes the sum a lower bound, contrary bounds make it unknown. */
export function sumAmounts(amounts: readonly Amount[]): Amount {
  let bytes = 0;
  let bound: Bound | undefined;
  for (const amount of amounts) {
    bytes += amount.bytes ?? 0;
    const next = amount.bytes === null ? 'at-least' : amount.bound;
    if (next !== undefined) bound = bound === undefined ? next : stronger(bound, next);
  }
  return bound === undefined ? { bytes } : { bytes, bound };
}
