import type { Bound, Problem } from '../../model/finding.ts';
import { readSnapshotCache } from '../../stores/containerd/build-cache.ts';
import type { SnapshotCacheRecord } from '../../stores/containerd/build-cache.ts';
import type { CacheRow } from '../build-cache.ts';
import { checkInterrupted } from '../context.ts';
import { compareCreated, compareText } from '../order.ts';
import type { ContainerdScope } from './scope.ts';

/** A record of the build cache with its size. */
export interface MeasuredCache {
  readonly row: CacheRow;
  readonly record: SnapshotCacheRecord;
  /** Absent: the size is exact. */
  readonly bound?: Bound;
  readonly problems: readonly Problem[];
}

export interface MeasuredCacheList {
  readonly records: readonly MeasuredCache[];
  readonly problems: readonly Problem[];
}

/** The build cache's records with the sizes that `system df` shows, newest first. One whose size was never stored is measured. */
export async function measureCache(scope: ContainerdScope): Promise<MeasuredCacheList> {
  const { context, store, documents } = scope;
  const snapshots = scope.snapshots();
  const { root, namespace } = store;
  const { records, problems } = readSnapshotCache(context.host, { root, namespace, snapshots, documents });
  const measured: MeasuredCache[] = [];
  for (const record of records) {
    checkInterrupted(context.signal);
    measured.push(await measureRecord(scope, record));
  }
  measured.sort(
    (a, b) => compareCreated(b.row.createdAt, a.row.createdAt) || compareText(a.row.id, b.row.id),
  );
  return { records: measured, problems };
}

async function measureRecord(scope: ContainerdScope, record: SnapshotCacheRecord): Promise<MeasuredCache> {
  if (record.bytes !== null) return { row: rowOf(record, record.bytes), record, problems: [] };
  const usage = await scope.usage(record.snapshotKey, { signal: scope.context.signal });
  const blobs = record.blobBytes ?? 0;
  if (usage.outcome === 'size' || usage.outcome === 'not-found') {
    const bytes = (usage.bytes ?? 0) + blobs;
    const bound = usage.problems.length === 0 ? {} : { bound: 'at-least' as const };
    return { row: rowOf(record, bytes), record, problems: usage.problems, ...bound };
  }
  return { row: rowOf(record, null), record, problems: usage.problems, bound: 'unknown' };
}

function rowOf(record: SnapshotCacheRecord, size: number | null): CacheRow {
  const { id, type, description, inUse, shared, createdAt, lastUsedAt, usageCount } = record;
  return { id, type, description, size, inUse, shared, createdAt, lastUsedAt, usageCount };
}
