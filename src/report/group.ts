import type { Line } from './text.ts';

export interface Group<R> {
  readonly title: readonly Line[];
  readonly rows: readonly R[];
}

/** Rows by store, in the order they came; the store's name stands above each group where there is more than one store. */
export function byStore<R>(rows: readonly R[], storeOf: (row: R) => string, titled: boolean): Group<R>[] {
  const groups = new Map<string, R[]>();
  for (const row of rows) {
    const group = groups.get(storeOf(row));
    if (group === undefined) groups.set(storeOf(row), [row]);
    else group.push(row);
  }
  return [...groups].map(([store, group], index) => ({
    title: titled ? [...(index > 0 ? [''] : []), [{ text: store, style: 'strong' }]] : [],
    rows: group,
  }));
}
