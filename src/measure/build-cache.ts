import type { Amount, Bound, Problem } from '../model/finding.ts';
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
  /** Absent: the size is exact. */
  readonly bound?: Bound;
  readonly problems: readonly Problem[];
}

/**
 * The build cache's records with the sizes that `system df` shows, newest first. A record whose size was never stored is measured as the
 * engine measures it (moby 20.10-29: builder/builder-next/adapters/snapshot Usage): the layer's recorded size, else the driver's
 * DiffSize against its parent; the compressed blob that BuildKit keeps for it is added.
 */
export async function measureBuildCache(
  context: MeasureContext,
  scope: StoreScope,
  records: readonly BuildCacheRecord[],
  snapshot: LayerStoreSnapshot,
): Promise<readonly MeasuredCache[]> {
  const measured: MeasuredCache[] = [];
  for (const record of records) {
    checkInterrupted(context.signal);
    const { bytes, ...rest } =
      record.bytes === null
        ? await measureRecord(context, scope, record, snapshot)
        : { bytes: record.bytes, problems: [] };
    measured.push({ record, row: cacheRow(record, bytes), ...rest });
  }
  return measured.sort(
    (a, b) => compareCreated(b.row.createdAt, a.row.createdAt) || compareText(a.row.id, b.row.id),
  );
}

async function measureRecord(
  context: MeasureContext,
  scope: StoreScope,
  record: BuildCacheRecord,
  snapshot: LayerStoreSnapshot,
): Promise<Amount & { readonly problems: readonly Problem[] }> {
  const layer = record.chainId === null ? undefined : snapshot.layers.get(record.chainId);
  const blob = record.blobBytes ?? 0;
  if (layer !== undefined) return { bytes: layer.recordedBytes + blob, problems: [] };
  if (record.driverId === null) {
    return {
      bytes: null,
      bound: 'unknown',
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
  const diff = await driver.diffSize(record.driverId, record.parentDriverId ?? null, {
    signal: context.signal,
  });
  const { bound, problems } = diff;
  if (diff.bytes !== null) {
    return { bytes: diff.bytes + blob, ...(bound === undefined ? {} : { bound }), problems };
  }
  const message = diff.reason ?? 'its size could not be made';
  const why: Problem = { kind: 'unreadable', subject: record.id, message };
  return { bytes: null, bound: 'unknown', problems: problems.length > 0 ? problems : [why] };
}

function cacheRow(record: BuildCacheRecord, size: number | null): CacheRow {
  const { id, type, description, inUse, shared, createdAt, lastUsedAt, usageCount } = record;
  return { id, type, description, size, inUse, shared, createdAt, lastUsedAt, usageCount };
}
