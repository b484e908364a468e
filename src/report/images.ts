import type { Amount } from '../model/finding.ts';
import type { ImageRow, ImagesReport } from '../model/reports.ts';
import { amountAt, boundsOf } from './bounds.ts';
import type { Bounds } from './bounds.ts';
import { findingLines } from './findings.ts';
import { byStore } from './group.ts';
import { showDate, showId } from './names.ts';
import { tableWidth } from './options.ts';
import type { TextOptions } from './options.ts';
import { ruleLines } from './rules.ts';
import { table } from './table.ts';
import type { Cell, Column } from './table.ts';
import type { Line } from './text.ts';
import { formatAmount, formatCount, plural } from './units.ts';

export interface WeighedImage {
  readonly row: ImageRow;
  readonly size: Amount;
  readonly sharedSize: Amount;
  readonly uniqueSize: Amount;
}

/** From this width on there is room for the date. */
const WIDE = 100;

const COLUMNS: readonly Column[] = [
  { title: 'NAME', shrinkTo: 16 },
  { title: 'IMAGE ID' },
  { title: 'SIZE', align: 'right' },
  { title: 'SHARED', align: 'right' },
  { title: 'UNIQUE', align: 'right' },
  { title: 'CONTAINERS', align: 'right' },
];

/** `weigh images`: like `docker images`, one line a name. */
export function imagesText(report: ImagesReport, options: TextOptions): Line[] {
  const bounds = boundsOf(report.findings);
  const weighed = report.images.map((row, index) => weighedImage(bounds, `/images/${String(index)}`, row));
  const below = [
    ...findingLines(report, options),
    ...(options.quiet || report.rules.length === 0 ? [] : ['', ...ruleLines(report.rules, options.width)]),
  ];
  if (weighed.length === 0) return ['No images.', ...below];
  const lines = byStore(weighed, ({ row }) => row.store, report.rules.length > 1).flatMap((group) => [
    ...group.title,
    ...imageTable(group.rows, options),
  ]);
  return [...lines, '', summary(report.images), ...below];
}

function summary(images: readonly ImageRow[]): string {
  const names = images.reduce((sum, image) => sum + image.names.length, 0);
  const unused = images.filter(({ containers }) => containers === 0).length;
  return `${plural(images.length, 'image')}, ${plural(names, 'name')}; ${formatCount(unused)} without a container.`;
}

export function weighedImage(bounds: Bounds, pointer: string, row: ImageRow): WeighedImage {
  return {
    row,
    size: amountAt(bounds, `${pointer}/size`, row.size),
    sharedSize: amountAt(bounds, `${pointer}/sharedSize`, row.sharedSize),
    uniqueSize: amountAt(bounds, `${pointer}/uniqueSize`, row.uniqueSize),
  };
}

export function imageTable(weighed: readonly WeighedImage[], options: TextOptions): Line[] {
  const wide = options.noTrunc || options.width >= WIDE;
  const columns = wide ? COLUMNS.toSpliced(2, 0, { title: 'CREATED' }) : COLUMNS;
  const rows = weighed.flatMap((image) =>
    shownNames(image.row, options).map((name) => {
      const cells = imageCells(name, image, options);
      return wide ? cells.toSpliced(2, 0, { text: showDate(image.row.created) }) : cells;
    }),
  );
  return table(columns, rows, { width: tableWidth(options) });
}

/** Every tag; an image without one by its digest, or as Docker shows it. */
function shownNames(row: ImageRow, options: TextOptions): readonly string[] {
  if (row.names.length > 0) return row.names;
  const digest = row.repoDigests[0];
  if (digest === undefined) return ['<none>'];
  return [options.noTrunc ? digest : digest.replace(/@sha256:([0-9a-f]{12}).*$/, '@$1')];
}

function imageCells(name: string, image: WeighedImage, options: TextOptions): readonly Cell[] {
  return [
    { text: name },
    { text: showId(image.row.id, options.noTrunc) },
    amountCell(image.size, options),
    amountCell(image.sharedSize, options),
    amountCell(image.uniqueSize, options),
    { text: formatCount(image.row.containers) },
  ];
}

/** A number as a cell; one that is not exact is marked by its sign and, where there is colour, by that too. */
export function amountCell(amount: Amount, options: TextOptions): Cell {
  const text = formatAmount(amount, options.units);
  return amount.bytes === null || amount.bound !== undefined ? { text, style: 'warn' } : { text };
}
