import type { Amount } from '../model/finding.ts';
import type { HostReport } from '../model/reports.ts';
import { amountAt, boundsOf, sumAmounts } from './bounds.ts';
import type { Bounds } from './bounds.ts';
import { textWidth } from './escape.ts';
import { findingLines } from './findings.ts';
import { amountCell } from './images.ts';
import { tableWidth } from './options.ts';
import type { TextOptions } from './options.ts';
import { table } from './table.ts';
import type { Cell, Column } from './table.ts';
import { pad, wrap } from './text.ts';
import type { Line } from './text.ts';
import { formatAmount, formatBytes, formatPercent, plural } from './units.ts';

/** `weigh`: this host at a glance, the answer first, then where it went, then what to run next. */
export function hostText(report: HostReport, options: TextOptions): Line[] {
  const bounds = boundsOf(report.findings);
  if (report.stores.length === 0) {
    return ['No container store found on this host.', ...findingLines(report, options)];
  }
  return [
    ...fileSystemLines(report, options),
    ...answerLines(report, bounds, options),
    '',
    ...storeTable(report, bounds, options),
    ...hiddenLines(report, options),
    ...ownerLines(report, bounds, options),
    ...findingLines(report, options),
    ...(options.quiet ? [] : ['', NEXT]),
  ];
}

function fileSystemLines(report: HostReport, options: TextOptions): Line[] {
  const lines = report.fileSystems.flatMap(({ mount, source, totalBytes, freeBytes }) => {
    const full = formatPercent(totalBytes - freeBytes, totalBytes);
    const name = source === '' || source === mount ? mount : `${source} (${mount})`;
    const free = `${formatBytes(freeBytes, options.units)} left of ${formatBytes(totalBytes, options.units)}`;
    return wrap(`${name} is ${full} full: ${free}.`, options.width, '  ', '');
  });
  return lines;
}

/** What the stores hold in all, and what of it nothing needs. */
function answerLines(report: HostReport, bounds: Bounds, options: TextOptions): Line[] {
  if (report.owners.length === 0) return ['Container stores hold nothing.'];
  const { amounts, goes } = ownerAmounts(report, bounds);
  const holds = formatAmount(sumAmounts(amounts), options.units);
  const canGo = formatAmount(sumAmounts(goes), options.units);
  return [`Container stores hold ${holds}; ${canGo} of it can go.`];
}

/** `canGo` only of those that have one: null means that it is not theirs to say. */
function ownerAmounts(
  report: HostReport,
  bounds: Bounds,
): { readonly amounts: readonly Amount[]; readonly goes: readonly Amount[] } {
  const amounts = report.owners.map(({ bytes, bound }, index) =>
    bound === undefined ? amountAt(bounds, `/owners/${String(index)}/bytes`, bytes) : { bytes, bound },
  );
  const goes = report.owners.flatMap(({ canGo }, index) =>
    canGo === null ? [] : [amountAt(bounds, `/owners/${String(index)}/canGo`, canGo)],
  );
  return { amounts, goes };
}

const STORE_COLUMNS: readonly Column[] = [
  { title: 'STORE', shrinkTo: 20 },
  { title: 'IMAGES', align: 'right' },
  { title: 'CONTAINERS', align: 'right' },
  { title: 'VOLUMES', align: 'right' },
  { title: 'CACHE', align: 'right' },
];

function storeTable(report: HostReport, bounds: Bounds, options: TextOptions): Line[] {
  const rows = report.stores.map((store, index): (string | Cell)[] => {
    const at = `/stores/${String(index)}`;
    const cell = (field: 'imagesSize' | 'containersSize' | 'volumesSize' | 'buildCacheSize'): Cell =>
      amountCell(amountAt(bounds, `${at}/${field}`, store[field]), options);
    return [
      store.store,
      cell('imagesSize'),
      cell('containersSize'),
      cell('volumesSize'),
      cell('buildCacheSize'),
    ];
  });
  const counts = report.stores.map(
    ({ images, containers, volumes }) =>
      `${plural(images, 'image')}, ${plural(containers, 'container')}, ${plural(volumes, 'volume')}`,
  );
  const lines = table(STORE_COLUMNS, rows, { width: tableWidth(options) });
  return counts.length === 1 ? [...lines, `  ${counts[0] ?? ''}`] : lines;
}

function hiddenLines(report: HostReport, options: TextOptions): Line[] {
  return report.stores.flatMap(({ store, hidden }) =>
    hidden.flatMap((what) => {
      const where = report.stores.length > 1 ? store : 'It';
      return wrap(`${where} also holds ${what}`, options.width, '    ', '  ');
    }),
  );
}

function ownerLines(report: HostReport, bounds: Bounds, options: TextOptions): Line[] {
  if (report.owners.length === 0) return [];
  const { amounts, goes } = ownerAmounts(report, bounds);
  const rows = report.owners.map(({ what, canGo }, index): (string | Cell)[] => [
    amountCell(amounts[index] ?? { bytes: null }, options),
    what,
    canGo === null || canGo === 0
      ? '-'
      : amountCell(amountAt(bounds, `/owners/${String(index)}/canGo`, canGo), options),
  ]);
  rows.push([
    formatAmount(sumAmounts(amounts), options.units),
    '',
    goes.length === 0 ? '-' : formatAmount(sumAmounts(goes), options.units),
  ]);
  const columns: readonly Column[] = [
    { title: '', align: 'right' },
    { title: '', shrinkTo: 30 },
    { title: 'can go', align: 'right' },
  ];
  const [, ...lines] = table(columns, rows, { width: tableWidth(options), indent: ' ' });
  const right = lineWidth(lines[0] ?? '') - HEADING.length;
  return ['', [{ text: `${HEADING}${pad('can go', right, 'right')}`, style: 'faint' }], ...lines];
}

const HEADING = ' Where it went';

function lineWidth(line: Line): number {
  const spans = typeof line === 'string' ? [{ text: line }] : line;
  return spans.reduce((width, { text }) => width + textWidth(text), 0);
}

const NEXT = 'Next: weigh df    weigh containers    weigh images    weigh explain NAME';
