import type { DfStore } from '../model/reports.ts';
import { amountAt } from './bounds.ts';
import type { Bounds } from './bounds.ts';
import { containerTable } from './containers.ts';
import { amountCell, imageTable, weighedImage } from './images.ts';
import { showId } from './names.ts';
import { tableWidth } from './options.ts';
import type { TextOptions } from './options.ts';
import { table } from './table.ts';
import type { Cell } from './table.ts';
import type { Line } from './text.ts';

/** What `docker system df -v` adds: each object of a store. */
export function detailLines(store: DfStore, bounds: Bounds, pointer: string, options: TextOptions): Line[] {
  const { images, containers, volumes, buildCache } = store.details;
  const at = `${pointer}/details`;
  const weighedImages = images.map((row, index) =>
    weighedImage(bounds, `${at}/images/${String(index)}`, row),
  );
  const weighedContainers = containers.map((row, index) => ({
    row,
    sizeRw: amountAt(bounds, `${at}/containers/${String(index)}/sizeRw`, row.sizeRw),
    sizeRootFs: amountAt(bounds, `${at}/containers/${String(index)}/sizeRootFs`, row.sizeRootFs),
  }));
  return [
    ...part('Images', images.length, imageTable(weighedImages, options)),
    ...part('Containers', containers.length, containerTable(weighedContainers, options)),
    ...part('Local Volumes', volumes.length, volumeTable(store, bounds, at, options)),
    ...part('Build Cache', buildCache.length, cacheTable(store, bounds, at, options)),
  ];
}

function part(title: string, count: number, lines: readonly Line[]): Line[] {
  return count === 0 ? [] : ['', [{ text: title, style: 'strong' }], ...lines];
}

function volumeTable(store: DfStore, bounds: Bounds, at: string, options: TextOptions): Line[] {
  const columns = [
    { title: 'VOLUME', shrinkTo: 20 },
    { title: 'LINKS', align: 'right' },
    { title: 'SIZE', align: 'right' },
  ] as const;
  const rows = store.details.volumes.map((volume, index): (string | Cell)[] => {
    const amount = amountAt(bounds, `${at}/volumes/${String(index)}/size`, volume.size);
    const engineHasNone = volume.engineAnswer !== undefined && volume.engineAnswer !== 'unknown';
    const size: Cell =
      engineHasNone && volume.size === null ? { text: '-', style: 'warn' } : amountCell(amount, options);
    return [volume.name, String(volume.refCount), size];
  });
  return table(columns, rows, { width: tableWidth(options) });
}

function cacheTable(store: DfStore, bounds: Bounds, at: string, options: TextOptions): Line[] {
  const columns = [
    { title: 'CACHE ID' },
    { title: 'TYPE', shrinkTo: 8 },
    { title: 'SIZE', align: 'right' },
    { title: 'USES', align: 'right' },
    { title: 'STATE' },
    { title: 'WHAT', shrinkTo: 12 },
  ] as const;
  const rows = store.details.buildCache.map((record, index): (string | Cell)[] => [
    showId(record.id, options.noTrunc),
    record.type,
    amountCell(amountAt(bounds, `${at}/buildCache/${String(index)}/size`, record.size), options),
    String(record.usageCount),
    cacheState(record),
    record.description,
  ]);
  return table(columns, rows, { width: tableWidth(options) });
}

function cacheState(record: { readonly inUse: boolean; readonly shared: boolean }): string {
  const states = [...(record.inUse ? ['in use'] : []), ...(record.shared ? ['shared'] : [])];
  return states.length === 0 ? '-' : states.join(', ');
}
