interface Ordered {
  readonly store: string;
  readonly created: string | null;
  readonly id: string;
}

/** The order of every list: store, then created (newest first, unknown last), then ID. */
export function compareRows(a: Ordered, b: Ordered): number {
  return compareText(a.store, b.store) || compareCreated(b.created, a.created) || compareText(a.id, b.id);
}

/** By code units; the same everywhere, whatever the locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Two RFC 3339 times, oldest first, to the nanosecond; null (and what does not parse) is older than any. */
export function compareCreated(a: string | null, b: string | null): number {
  const left = parts(a);
  const right = parts(b);
  return left[0] - right[0] || left[1] - right[1];
}

const FRACTION = /\.(\d{1,9})/;

function parts(time: string | null): readonly [number, number] {
  if (time === null) return [-8.64e15, 0];
  const millis = Date.parse(time.replace(FRACTION, ''));
  if (Number.isNaN(millis)) return [-8.64e15, 0];
  const fraction = FRACTION.exec(time)?.[1] ?? '0';
  return [millis, Number(fraction.padEnd(9, '0'))];
}
