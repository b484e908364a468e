import type { Amount } from '../model/finding.ts';
import type { ContainerRow, ContainersReport } from '../model/reports.ts';
import { amountAt, boundsOf, sumAmounts } from './bounds.ts';
import { findingLines } from './findings.ts';
import { showId, showImage } from './names.ts';
import { tableWidth } from './options.ts';
import type { TextOptions } from './options.ts';
import { byStore } from './group.ts';
import { ruleLines } from './rules.ts';
import { table } from './table.ts';
import type { Cell, Column } from './table.ts';
import type { Line } from './text.ts';
import { formatAmount, plural } from './units.ts';

/** A container and its two figures with their bounds. */
export interface WeighedContainer {
  readonly row: ContainerRow;
  readonly sizeRw: Amount;
  readonly sizeRootFs: Amount;
}

const COLUMNS: readonly Column[] = [
  { title: 'NAME', shrinkTo: 12 },
  { title: 'CONTAINER ID' },
  { title: 'IMAGE', shrinkTo: 12 },
  { title: 'STATE' },
  { title: 'SIZE RW', align: 'right' },
  { title: 'ROOT FS', align: 'right' },
  { title: 'PATH' },
];

/** `weigh containers`: like `docker ps -as`. */
export function containersText(report: ContainersReport, options: TextOptions): Line[] {
  const bounds = boundsOf(report.findings);
  const weighed = report.containers.map((row, index): WeighedContainer => ({
    row,
    sizeRw: amountAt(bounds, `/containers/${String(index)}/sizeRw`, row.sizeRw),
    sizeRootFs: amountAt(bounds, `/containers/${String(index)}/sizeRootFs`, row.sizeRootFs),
  }));
  if (weighed.length === 0) {
    return ['No containers.', ...findingLines(report, options), ...rulesBelow(report, options)];
  }
  const lines = byStore(weighed, ({ row }) => row.store, report.rules.length > 1).flatMap((group) => [
    ...group.title,
    ...containerTable(group.rows, options),
  ]);
  const wrote = formatAmount(sumAmounts(weighed.map(({ sizeRw }) => sizeRw)), options.units);
  lines.push('', `${plural(weighed.length, 'container')} wrote ${wrote}, logs and volumes not in it.`);
  return [...lines, ...findingLines(report, options), ...rulesBelow(report, options)];
}

function rulesBelow(report: ContainersReport, options: TextOptions): Line[] {
  return options.quiet || report.rules.length === 0 ? [] : ['', ...ruleLines(report.rules, options.width)];
}

export function containerTable(weighed: readonly WeighedContainer[], options: TextOptions): Line[] {
  return table(
    COLUMNS,
    weighed.map(({ row, sizeRw, sizeRootFs }) => [
      row.name,
      showId(row.id, options.noTrunc),
      showImage(row.image, options.noTrunc),
      row.state,
      sizeCell(row, sizeRw, options),
      sizeCell(row, sizeRootFs, options),
      row.path === 'none' ? '-' : row.path,
    ]),
    { width: tableWidth(options) },
  );
}

/** `-` where the engine has no size to give either, `?` where only we do not know. */
function sizeCell(row: ContainerRow, amount: Amount, options: TextOptions): Cell {
  const engineHasNone = row.engineAnswer !== undefined && row.engineAnswer !== 'unknown';
  if (amount.bytes === null) return { text: engineHasNone ? '-' : '?', style: 'warn' };
  const text = formatAmount(amount, options.units);
  return amount.bound === undefined ? { text } : { text, style: 'warn' };
}
