import type { ContainerRow, DfGroup, ImageRow } from '../model/reports.ts';
import type { CacheRow } from './build-cache.ts';
import type { EngineRules } from './engine-rules.ts';
import type { VolumeRow } from './volumes.ts';

/** The engine's columns of one line of `system df`, raw. */
export type EngineColumns = Pick<DfGroup, 'count' | 'active' | 'size' | 'reclaimable'>;

const ACTIVE_STATES: ReadonlySet<string> = new Set(['running', 'paused', 'restarting']);
const STATES_THAT_CAN_GO: ReadonlySet<string> = new Set(['created', 'exited', 'dead']);

/** Whether the engine counts a container in this state as active. */
export function isActive(state: string): boolean {
  return ACTIVE_STATES.has(state);
}

/** Images: SIZE is the layers' total; RECLAIMABLE by the version's rule. */
export function imageColumns(
  rows: readonly ImageRow[],
  layersSize: number,
  rules: EngineRules,
): EngineColumns {
  const unique = (used: boolean): number =>
    sum(rows.filter((row) => row.containers > 0 === used).map((row) => row.uniqueSize));
  const reclaimable = {
    'layers-less-used': () => layersSize - unique(true),
    'layers-less-unused': () => layersSize - unique(false),
    'unused-unique': () => unique(false),
  }[rules.imagesReclaimable]();
  return {
    count: rows.length,
    active: rows.filter((row) => row.containers > 0).length,
    size: layersSize,
    reclaimable,
  };
}

/** Containers: those that the engine lists. A failed one is added as the -1 that it answers; an unknown one is left out. */
export function containerColumns(rows: readonly ContainerRow[]): EngineColumns {
  const listed = rows.filter((row) => row.engineAnswer !== 'not listed');
  const inactive = listed.filter((row) => !isActive(row.state));
  return {
    count: listed.length,
    active: listed.length - inactive.length,
    size: sum(listed.map(engineBytes)),
    reclaimable: sum(inactive.map(engineBytes)),
  };
}

function engineBytes(row: ContainerRow): number {
  return row.engineAnswer === -1 ? -1 : (row.sizeRw ?? 0);
}

/** What removing every container that can go gives back: created, exited, dead. */
export function containersThatCanGo(rows: readonly ContainerRow[]): readonly ContainerRow[] {
  return rows.filter((row) => STATES_THAT_CAN_GO.has(row.state));
}

/** Local volumes: one whose size is -1 adds nothing to SIZE. */
export function volumeColumns(rows: readonly VolumeRow[], rules: EngineRules): EngineColumns {
  const counted = rows.filter((row) => row.engineAnswer !== 'not listed');
  const free = counted.filter((row) => row.refCount === 0);
  const referenced = counted.length - free.length;
  const notReclaimable = counted.length - free.filter((row) => row.engineAnswer !== -1).length;
  return {
    count: counted.length,
    active: rules.volumesActive === 'referenced' ? referenced : notReclaimable,
    size: sum(counted.map((row) => row.size ?? 0)),
    reclaimable: sum(free.map((row) => row.size ?? 0)),
  };
}

/** Build cache: RECLAIMABLE is the same in every version, SIZE is not. */
export function cacheColumns(rows: readonly CacheRow[], rules: EngineRules): EngineColumns {
  const counted = rules.buildCacheSize === 'all' ? rows : rows.filter((row) => !row.shared);
  return {
    count: rows.length,
    active: rows.filter((row) => row.inUse).length,
    size: sum(counted.map((row) => row.size ?? 0)),
    reclaimable: sum(cacheThatCanGo(rows).map((row) => row.size ?? 0)),
  };
}

/** Records neither in use nor shared with an image. */
export function cacheThatCanGo(rows: readonly CacheRow[]): readonly CacheRow[] {
  return rows.filter((row) => !row.inUse && !row.shared);
}

/** A plain sum. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
