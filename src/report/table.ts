import { escapeText, textWidth } from './escape.ts';
import { pad, shorten } from './text.ts';
import type { Line, Span, Style } from './text.ts';

export interface Column {
  readonly title: string;
  /** Numbers stand to the right. Default: left. */
  readonly align?: 'left' | 'right';
  /** May be shortened in the middle, down to this many columns, when the table is too wide. Absent: never cut. */
  readonly shrinkTo?: number;
}

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

export interface TableOptions {
  /** Columns of the screen; undefined: as wide as it gets. */
  readonly width: number | undefined;
  readonly indent?: string;
}

const GAP = '  ';

/** Lays cells out in columns. Names are shortened, widest first, only as far as the width demands. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly (string | Cell)[])[],
  options: TableOptions,
): Line[] {
  const indent = options.indent ?? '';
  const cells = rows.map((row) => row.map(toCell));
  const widths = columns.map((column, index) =>
    cells.reduce((most, row) => Math.max(most, textWidth(row[index]?.text ?? '')), textWidth(column.title)),
  );
  if (options.width !== undefined) shrink(columns, widths, options.width - indent.length);
  const header = columns.map((column): Cell => ({ text: column.title, style: 'faint' }));
  return [header, ...cells].map((row) => layOut(columns, widths, row, indent));
}

function toCell(value: string | Cell): Cell {
  return typeof value === 'string' ? { text: escapeText(value) } : { ...value, text: escapeText(value.text) };
}

function shrink(columns: readonly Column[], widths: number[], width: number): void {
  let over = widths.reduce((sum, each) => sum + each, 0) + GAP.length * (widths.length - 1) - width;
  while (over > 0) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      const current = widths[index] ?? 0;
      const floor = Math.max(column.shrinkTo ?? Number.MAX_SAFE_INTEGER, textWidth(column.title));
      if (current > floor && current > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    over -= 1;
  }
}

function layOut(
  columns: readonly Column[],
  widths: readonly number[],
  row: readonly Cell[],
  indent: string,
): readonly Span[] {
  const spans: Span[] = indent === '' ? [] : [{ text: indent }];
  for (const [index, column] of columns.entries()) {
    const cell = row[index] ?? { text: '' };
    const width = widths[index] ?? 0;
    if (index > 0) spans.push({ text: GAP });
    spans.push({ ...cell, text: pad(shorten(cell.text, width), width, column.align) });
  }
  return spans;
}
