import type { Problem } from '../model/finding.ts';
import type { DriverId } from '../model/ids.ts';
import type { DfStore } from '../model/reports.ts';
import type { BuildCacheRecord, LayerStoreSnapshot } from '../stores/docker/records.ts';
import type { MeasureContext } from './context.ts';
import { checkInterrupted } from './context.ts';
import { compareCreated, compareText } from './order.ts';
import type { StoreScope } from './scope.ts';

export type CacheRow = DfStore['details']['buildCache'][number];

/** A record of the build cache with its size. */
export interface MeasuredCache {
  readonly record: BuildCacheRecord;
  readonly row: CacheRow;
  readonly problems: readonly Problem[];
}

/**
 * The build cache's records with the sizes that `system df` shows, newest first. A record whose size was never stored is measured as the
 * engine measures it (moby 20.10-29: builder/builder-next/adapters/snapshot Usage): the layer's recorded size, else the driver's DiffSize against its parent.
 */
export async function measureBuildCache(
  context: MeasureContext,
  scope: StoreScope,
  records: readonly BuildCacheRecord[],
  snapshot: LayerStoreSnapshot,
): Promise<readonly MeasuredCache[]> {
  const byId = new Map(records.map((record) => [record.id, record]));
  const measured: MeasuredCache[] = [];
  for (const record of records) {
    checkInterrupted(context.signal);
    const { bytes, problems } =
      record.bytes === null
        ? await measureRecord(context, scope, record, parentOf(record, byId, snapshot), snapshot)
        : { bytes: record.bytes, problems: [] };
    measured.push({ record, row: cacheRow(record, bytes), problems });
  }
  return measured.sort(
    (a, b) => compareCreated(b.row.createdAt, a.row.createdAt) || compareText(a.row.id, b.row.id),
  );
}

function parentOf(
  record: BuildCacheRecord,
  byId: ReadonlyMap<string, BuildCacheRecord>,
  snapshot: LayerStoreSnapshot,
): DriverId | null {
  const [first] = record.parents;
  const parent = first === undefined ? undefined : byId.get(first);
  if (parent === undefined) return null;
  const layer = parent.chainId === null ? undefined : snapshot.layers.get(parent.chainId);
  return layer?.cacheId ?? parent.driverId;
}

async function measureRecord(
  context: MeasureContext,
  scope: StoreScope,
  record: BuildCacheRecord,
  parent: DriverId | null,
  snapshot: LayerStoreSnapshot,
): Promise<{ readonly bytes: number | null; readonly problems: readonly Problem[] }> {
  const layer = record.chainId === null ? undefined : snapshot.layers.get(record.chainId);
  if (layer !== undefined) return { bytes: layer.recordedBytes, problems: [] };
  if (record.driverId === null) {
    return {
      bytes: null,
      problems: [
        {
          kind: 'missing-record',
          subject: record.id,
          message: 'no directory is recorded for this build cache record',
        },
      ],
    };
  }
  const driver = await scope.driver();
  const diff = await driver.diffSize(record.driverId, parent, { signal: context.signal });
  if (diff.bytes !== null) return { bytes: diff.bytes, problems: diff.problems };
  const message = diff.reason ?? 'its size could not be made';
  return { bytes: null, problems: [{ kind: 'unreadable', subject: record.id, message }, ...diff.problems] };
}

function cacheRow(record: BuildCacheRecord, size: number | null): CacheRow {
  const { id, type, description, inUse, shared, createdAt, lastUsedAt, usageCount } = record;
  return { id, type, description, size, inUse, shared, createdAt, lastUsedAt, usageCount };
}
