/**
 * BuildKit's own records beside a graph driver store (moby builder/builder-next, buildkit cache/metadata.go):
 *
 *     buildkit/metadata_v2.db   bucket _main, in it a bucket a record: key -> {"value": …}        (cache/metadata/metadata.go)
 *     buildkit/snapshots.db     a bucket a snapshot key: parent, committed, iscommitted, chainid, size, as plain text
 *                               (adapters/snapshot/snapshot.go)
 */
import { isDigest } from '../model/ids.ts';
import type { ChainId } from '../model/ids.ts';
import { bucketNamed } from './bbolt/bolt-file.ts';
import type { BoltBucket } from './bbolt/bolt-file.ts';
import { memberOf, parseRecord } from './json.ts';
import { isMalformed } from './malformed.ts';

/** A cache record. Absent values have the engine's defaults: '', false, null. */
export interface CacheMetadata {
  readonly id: string;
  readonly description: string;
  readonly createdAt: string | null;
  readonly lastUsedAt: string | null;
  readonly usageCount: number;
  readonly recordType: string;
  readonly committed: boolean;
  readonly deleted: boolean;
  /** What it was made upon: one parent, or several of a merge, or the lower and upper one of a diff. */
  readonly parents: readonly string[];
  readonly equalMutable: string;
  /** `cache.snapshot`, else the record's own ID. */
  readonly snapshotKey: string;
  /** `snapshot.size` once it was asked for; null while unknown. */
  readonly knownBytes: number | null;
  readonly blob: string;
  readonly blobOnly: boolean;
  /** Kept although nothing refers to it, as cache mounts and sources are (`cache.cachePolicy` 1). */
  readonly retained: boolean;
}

export interface CacheMetadataList {
  readonly records: readonly CacheMetadata[];
  readonly damaged: readonly string[];
}

/** A snapshot key of the graph driver's snapshotter. */
export interface SnapshotEntry {
  readonly parent: string;
  /** Name of the driver's directory, for a committed key; '' otherwise: then it is the key itself. */
  readonly committed: string;
  readonly chainId: ChainId | null;
  readonly knownBytes: number | null;
}

interface CacheValue {
  readonly value: unknown;
  readonly text: string;
}

type Values = ReadonlyMap<string, CacheValue>;

const NUMBER = /"value"\s*:\s*(-?[0-9]{1,19})\s*[,}]/;
const NANOS = 1_000_000_000n;
/** Furthest time that a Date holds, in seconds. */
const MAX_SECONDS = 8_640_000_000_000n;

function textOf(values: Values, key: string): string {
  const value = values.get(key)?.value;
  return typeof value === 'string' ? value : '';
}

function flagOf(values: Values, key: string): boolean {
  return values.get(key)?.value === true;
}

/** A 64-bit number from its digits: nanoseconds since 1970 are beyond 2^53. */
function bigOf(values: Values, key: string): bigint | null {
  const entry = values.get(key);
  const digits = typeof entry?.value === 'number' ? NUMBER.exec(entry.text)?.[1] : undefined;
  return digits === undefined ? null : BigInt(digits);
}

function countOf(values: Values, key: string): number | null {
  const value = values.get(key)?.value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

/** RFC 3339 with as many digits as it needs, as Go prints it. Null for 0 and for what no calendar holds. */
function timeOf(nanos: bigint | null): string | null {
  if (nanos === null || nanos === 0n) return null;
  const fraction = ((nanos % NANOS) + NANOS) % NANOS;
  const seconds = (nanos - fraction) / NANOS;
  if (seconds > MAX_SECONDS || seconds < -MAX_SECONDS) return null;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -'.000Z'.length);
  const digits = fraction.toString().padStart(9, '0').replace(/0+$/, '');
  return digits === '' ? `${whole}Z` : `${whole}.${digits}Z`;
}

function parentsOf(values: Values): readonly string[] {
  const parent = textOf(values, 'cache.parent');
  if (parent !== '') return [parent];
  const merged = values.get('cache.mergeParents')?.value;
  if (Array.isArray(merged) && merged.length > 0) {
    return merged.filter((id): id is string => typeof id === 'string');
  }
  return [textOf(values, 'cache.lowerDiffParent'), textOf(values, 'cache.upperDiffParent')].filter(
    (id) => id !== '',
  );
}

/** moby's sizeUnknown is -1. */
function knownSize(bytes: number | null): number | null {
  return bytes === null || bytes === -1 ? null : bytes;
}

function cacheMetadata(id: string, values: Values): CacheMetadata {
  const usageCount = countOf(values, 'cache.usageCount');
  return {
    id,
    description: textOf(values, 'cache.description'),
    createdAt: timeOf(bigOf(values, 'cache.createdAt')),
    lastUsedAt: usageCount === null ? null : timeOf(bigOf(values, 'cache.lastUsedAt')),
    usageCount: usageCount ?? 0,
    recordType: textOf(values, 'cache.recordType'),
    committed: flagOf(values, 'snapshot.committed'),
    deleted: flagOf(values, 'cache.deleted'),
    parents: parentsOf(values),
    equalMutable: textOf(values, 'cache.equalMutable'),
    snapshotKey: textOf(values, 'cache.snapshot') || id,
    knownBytes: knownSize(countOf(values, 'snapshot.size')),
    blob: textOf(values, 'cache.blob'),
    blobOnly: flagOf(values, 'cache.blobonly'),
    retained: countOf(values, 'cache.cachePolicy') === 1,
  };
}

/** Null when one of its values is no JSON. */
function readValues(bucket: BoltBucket): Values | null {
  const values = new Map<string, CacheValue>();
  for (const { key, value } of bucket.entries()) {
    if (value === null || value.length === 0) continue;
    const parsed = parseRecord(value, (record) => memberOf(record, 'value'));
    if (isMalformed(parsed)) return null;
    values.set(key.toString('utf8'), { value: parsed, text: value.toString('latin1') });
  }
  return values;
}

/** The records of `metadata_v2.db`, by ID. */
export function readCacheMetadata(root: BoltBucket): CacheMetadataList {
  const records: CacheMetadata[] = [];
  const damaged: string[] = [];
  for (const { key, bucket } of bucketNamed(root, '_main')?.entries() ?? []) {
    if (bucket === null) continue;
    const id = key.toString('utf8');
    const values = readValues(bucket);
    if (values === null) damaged.push(id);
    else records.push(cacheMetadata(id, values));
  }
  return { records, damaged };
}

function snapshotEntry(bucket: BoltBucket): SnapshotEntry {
  const texts = new Map<string, string>();
  for (const { key, value } of bucket.entries()) {
    if (value !== null) texts.set(key.toString('latin1'), value.toString('latin1'));
  }
  const chainId = texts.get('chainid') ?? '';
  const size = texts.get('size') ?? '';
  const bytes = /^[+-]?[0-9]{1,16}$/.test(size) ? Number(size) : null;
  return {
    parent: texts.get('parent') ?? '',
    committed: texts.get('committed') ?? '',
    chainId: isDigest(chainId) ? (chainId as ChainId) : null,
    knownBytes: bytes === null || !Number.isSafeInteger(bytes) ? null : knownSize(bytes),
  };
}

/** The keys of `snapshots.db`. */
export function readSnapshotEntries(root: BoltBucket): ReadonlyMap<string, SnapshotEntry> {
  const entries = new Map<string, SnapshotEntry>();
  for (const { key, bucket } of root.entries()) {
    if (bucket !== null) entries.set(key.toString('latin1'), snapshotEntry(bucket));
  }
  return entries;
}
