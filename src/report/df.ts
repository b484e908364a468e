import type { Amount } from '../model/finding.ts';
import type { DfGroup, DfReport, DfStore } from '../model/reports.ts';
import { amountAt, boundsOf } from './bounds.ts';
import type { Bounds } from './bounds.ts';
import { detailLines } from './df-details.ts';
import { clientOf, engineOf } from './engine-names.ts';
import { engineReclaimable, engineSize, podmanReclaimable } from './engine-units.ts';
import { findingLines } from './findings.ts';
import { amountCell } from './images.ts';
import { tableWidth } from './options.ts';
import type { TextOptions } from './options.ts';
import { ruleLines } from './rules.ts';
import { table } from './table.ts';
import type { Cell, Column } from './table.ts';
import { wrap } from './text.ts';
import type { Line } from './text.ts';
import { formatBytes } from './units.ts';

export const DF_GROUPS = ['images', 'containers', 'volumes', 'buildCache'] as const;
export type DfGroupName = (typeof DF_GROUPS)[number];

const GROUP_TITLES: Readonly<Record<DfGroupName, string>> = {
  images: 'Images',
  containers: 'Containers',
  volumes: 'Local Volumes',
  buildCache: 'Build Cache',
};

const COLUMNS: readonly Column[] = [
  { title: 'TYPE' },
  { title: 'TOTAL', align: 'right' },
  { title: 'ACTIVE', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'RECLAIMABLE', align: 'right' },
  { title: 'CAN GO', align: 'right' },
];
const DISK_COLUMN: Column = { title: 'ON DISK', align: 'right' };

/** `weigh df`: the numbers of `docker system df` and beside them what really comes back. */
export function dfText(report: DfReport, options: TextOptions, details: boolean): Line[] {
  const bounds = boundsOf(report.findings);
  const lines = report.stores.flatMap((store, index) => {
    const pointer = `/stores/${String(index)}`;
    return [
      ...(index > 0 ? [''] : []),
      [{ text: store.store, style: 'strong' as const }],
      ...dfTable(store, bounds, pointer, options, details),
      ...differenceLines(store, options),
      ...(details ? detailLines(store, bounds, pointer, options) : []),
    ];
  });
  if (lines.length === 0) lines.push('No store.');
  const legend =
    options.quiet || report.stores.length === 0 ? [] : ['', ...legendLines(report, options, details)];
  return [...lines, ...findingLines(report, options), ...legend];
}

function legendLines(report: DfReport, options: TextOptions, details: boolean): Line[] {
  const stores = report.stores.map(({ store }) => store);
  // containerd's clients have no such command.
  const columns = stores.every((store) => store.startsWith('containerd:'))
    ? 'what containerd records'
    : `what ${clientOf(stores)} system df prints`;
  const legend = `TOTAL to RECLAIMABLE: ${columns}. CAN GO: what really goes with all that nothing uses, shared layers once${details ? '; ON DISK: the same in blocks' : ''}.`;
  return [...wrap(legend, options.width), ...ruleLines(report.rules, options.width)];
}

function dfTable(
  store: DfStore,
  bounds: Bounds,
  pointer: string,
  options: TextOptions,
  disk: boolean,
): Line[] {
  const isPodman = engineOf(store.store) === 'Podman';
  const groups = isPodman ? DF_GROUPS.filter((name) => name !== 'buildCache') : DF_GROUPS;
  const rows = groups.map((name) => {
    const at = `${pointer}/${name}`;
    const cells = groupCells(name, store[name], bounds, at, options, isPodman);
    const onDisk = amountAt(bounds, `${at}/exactReclaimableDisk`, store[name].exactReclaimableDisk);
    return disk ? [...cells, amountCell(onDisk, options)] : cells;
  });
  return table(disk ? [...COLUMNS, DISK_COLUMN] : COLUMNS, rows, { width: tableWidth(options) });
}

function groupCells(
  name: DfGroupName,
  group: DfGroup,
  bounds: Bounds,
  pointer: string,
  options: TextOptions,
  isPodman: boolean,
): readonly Cell[] {
  const size = amountAt(bounds, `${pointer}/size`, group.size);
  const reclaimable = amountAt(bounds, `${pointer}/reclaimable`, group.reclaimable);
  const share = (bytes: number): string =>
    name === 'buildCache'
      ? engineSize(bytes)
      : (isPodman ? podmanReclaimable : engineReclaimable)(bytes, group.size ?? 0);
  return [
    { text: GROUP_TITLES[name] },
    { text: String(group.count) },
    { text: String(group.active) },
    engineCell(size, options, engineSize),
    engineCell(reclaimable, options, share),
    amountCell(amountAt(bounds, `${pointer}/exactReclaimable`, group.exactReclaimable), options),
  ];
}

/** In the engine's own format, unless raw or binary numbers were asked for: then all columns are alike. */
function engineCell(amount: Amount, options: TextOptions, write: (bytes: number) => string): Cell {
  if (options.units !== 'decimal' || amount.bytes === null || amount.bound !== undefined)
    return amountCell(amount, options);
  return { text: write(amount.bytes) };
}

function differenceLines(store: DfStore, options: TextOptions): Line[] {
  if (store.differences.length === 0 || options.quiet) return [];
  const lines = store.differences.flatMap(({ group, bytes, why }) => {
    const amount = formatBytes(Math.abs(bytes), options.units);
    const text = `${GROUP_TITLES[group]}: ${engineOf(store.store)} says ${amount} ${bytes < 0 ? 'more' : 'less'} than can go: ${why}`;
    return wrap(text, options.width, '    ', '  ');
  });
  return ['', ...lines];
}
