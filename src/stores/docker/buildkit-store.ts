/**
 * The build cache of a graph driver store: records in `buildkit/metadata_v2.db`, what the graph driver holds for them in
 * `buildkit/snapshots.db` (moby 20.10-29 builder/builder-next/adapters/snapshot). A snapshot is either a layer of the layer store (its key is
 * the chain ID, or its entry names one) or a directory of the driver.
 */
import type { BytePath } from '../../model/bytes.ts';
import { joinPath, pathText } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import { digestHex, isDigest, isDriverId } from '../../model/ids.ts';
import type { ChainId, DriverId } from '../../model/ids.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import type { BoltBucket } from '../../formats/bbolt/bolt-file.ts';
import { readCacheMetadata, readSnapshotEntries } from '../../formats/buildkit-records.ts';
import type { SnapshotEntry } from '../../formats/buildkit-records.ts';
import { isMalformed } from '../../formats/malformed.ts';
import { shownRefs } from './buildkit-refs.ts';
import type { CacheRef, ShownRef } from './buildkit-refs.ts';
import { readBolt } from './read-bolt.ts';
import { failureProblem, problem } from './read-record.ts';
import type { BuildCacheRecord, ImageRecord, LayerStoreSnapshot } from './records.ts';

export interface BuildCache {
  readonly records: readonly BuildCacheRecord[];
  readonly problems: readonly Problem[];
}

export interface BuildkitOptions {
  /** `<root>/buildkit`. */
  readonly home: BytePath;
  readonly layers: () => LayerStoreSnapshot;
  readonly images: () => { readonly records: readonly ImageRecord[] };
}

const EMPTY: BuildCache = { records: [], problems: [] };
const SUBJECT = 'build cache';

/** Null when the database is not there or cannot be read; the latter is a problem. */
function readDatabase<T>(
  host: Host,
  path: BytePath,
  read: (root: BoltBucket) => T,
  problems: Problem[],
): T | null {
  const value = readBolt(host, path, read);
  if (isFailure(value)) {
    if (value.errno !== 'ENOENT') problems.push(failureProblem(value, SUBJECT, 'the build cache is unknown'));
    return null;
  }
  if (!isMalformed(value)) return value;
  problems.push(
    problem('damaged-record', SUBJECT, `${pathText(path)}: ${value.malformed}: the build cache is unknown`),
  );
  return null;
}

/** What the snapshotter of moby answers about a key. */
class Snapshots {
  readonly #entries: ReadonlyMap<string, SnapshotEntry>;
  readonly #known: boolean;
  readonly #layers: LayerStoreSnapshot['layers'];

  /** `entries` null: they could not be read, so that no key may be said to be missing. */
  constructor(entries: ReadonlyMap<string, SnapshotEntry> | null, layers: LayerStoreSnapshot['layers']) {
    this.#entries = entries ?? new Map();
    this.#known = entries !== null;
    this.#layers = layers;
  }

  /** adapters/snapshot getLayer: the layer that a key is, if any, whether or not the layer store has it. */
  chainIdOf(key: string): ChainId | null {
    if (isDigest(key)) return key as ChainId;
    return this.#entries.get(key)?.chainId ?? null;
  }

  /** getGraphDriverID: the directory of a key. */
  driverIdOf(key: string): DriverId | null {
    if (!this.#known) return null;
    const entry = this.#entries.get(key);
    const id = entry === undefined || entry.committed === '' ? key : entry.committed;
    return isDriverId(id) ? id : null;
  }

  exists(key: string): boolean {
    const chainId = this.chainIdOf(key);
    if (chainId !== null) return this.#layers.has(chainId);
    return !this.#known || this.#entries.has(this.driverIdOf(key) ?? key);
  }

  knownBytesOf(key: string): number | null {
    return this.#entries.get(key)?.knownBytes ?? null;
  }

  /** The directory that the driver compares a key's directory with. A parent that is a chain ID is a layer; others are keys. */
  parentIdOf(key: string): DriverId | null {
    const parent = this.#entries.get(this.driverIdOf(key) ?? key)?.parent ?? '';
    if (parent === '') return null;
    return isDigest(parent)
      ? (this.#layers.get(parent as ChainId)?.cacheId ?? null)
      : this.driverIdOf(parent);
  }
}

/** imagerefchecker Exists: the record's own ID names a layer that some image has. Everything below such a record is shared, too. */
function sharedRefs(
  shown: readonly ShownRef[],
  snapshots: Snapshots,
  options: BuildkitOptions,
): ReadonlySet<CacheRef> {
  const { layers } = options.layers();
  const inImages = new Set<ChainId>();
  for (const image of options.images().records) {
    for (let at = image.topChainId; at !== null && !inImages.has(at); at = layers.get(at)?.parent ?? null) {
      inImages.add(at);
    }
  }
  const visible = new Set(shown.map(({ ref }) => ref));
  const shared = new Set<CacheRef>();
  for (const { ref } of shown) {
    const chainId = snapshots.chainIdOf(ref.metadata.id);
    if (chainId === null || !layers.has(chainId) || !inImages.has(chainId)) continue;
    const queue = [ref];
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      if (shared.has(at) || !visible.has(at)) continue;
      shared.add(at);
      queue.push(...at.parents);
    }
  }
  return shared;
}

function blobBytes(host: Host, home: BytePath, blob: string): number {
  if (!isDigest(blob)) return 0;
  const stat = host.fs.lstat(joinPath(home, 'content/blobs/sha256', digestHex(blob)));
  return isFailure(stat) || stat.kind !== 'file' ? 0 : stat.apparentBytes;
}

interface Sizing {
  readonly host: Host;
  readonly options: BuildkitOptions;
  readonly snapshots: Snapshots;
}

/** cache/refs.go size, adapters/snapshot Usage. Null: the engine would measure it now. */
function bytesOf(sizing: Sizing, target: CacheRef, key: string): number | null {
  const { snapshots, options } = sizing;
  if (target.metadata.blobOnly) return 0;
  const chainId = snapshots.chainIdOf(key);
  if (chainId !== null) return options.layers().layers.get(chainId)?.recordedBytes ?? null;
  const known = snapshots.knownBytesOf(key);
  if (known !== null) return known;
  return snapshots.exists(key) ? null : 0;
}

function recordOf(sizing: Sizing, shown: ShownRef, shared: boolean): BuildCacheRecord {
  const { ref, inUse } = shown;
  const { metadata } = ref;
  // Asked for a mutable record's size, the engine takes that of its committed twin, whose data the mutable one's snapshot holds.
  const target = ref.mutable ? (ref.equalImmutable ?? ref) : ref;
  const key = (target.equalMutable ?? target).metadata.snapshotKey;
  const stored = metadata.knownBytes ?? target.metadata.knownBytes;
  const blob = stored === null ? blobBytes(sizing.host, sizing.options.home, target.metadata.blob) : 0;
  const usage = stored ?? bytesOf(sizing, target, key);
  const chainId = sizing.snapshots.chainIdOf(key);
  const { snapshots } = sizing;
  const isDirectory = chainId === null && snapshots.exists(key);
  return {
    id: metadata.id,
    parents: ref.parents.map((parent) => parent.metadata.id),
    type: metadata.recordType || 'regular',
    description: metadata.description,
    inUse,
    shared,
    bytes: usage === null ? null : usage + blob,
    createdAt: metadata.createdAt,
    lastUsedAt: metadata.lastUsedAt,
    usageCount: metadata.usageCount,
    chainId: chainId !== null && sizing.options.layers().layers.has(chainId) ? chainId : null,
    driverId: isDirectory ? snapshots.driverIdOf(key) : null,
    parentDriverId: isDirectory ? snapshots.parentIdOf(key) : null,
    blobBytes: blob,
  };
}

/** A mutable record that nothing retains lives as long as the build that writes it, and what a build uses only the engine knows. */
function buildProblems(shown: readonly ShownRef[]): readonly Problem[] {
  const open = shown.find(({ ref }) => ref.mutable && ref.equalImmutable === null && !ref.metadata.retained);
  if (open === undefined) return [];
  const message = `a build is running or was cut off (record ${open.ref.metadata.id}): the engine may show more records as in use, and others of the same data`;
  return [problem('engine-unsteady', SUBJECT, message)];
}

export function readBuildCache(host: Host, options: BuildkitOptions): BuildCache {
  const problems: Problem[] = [];
  const metadata = readDatabase(host, joinPath(options.home, 'metadata_v2.db'), readCacheMetadata, problems);
  if (metadata === null) return problems.length === 0 ? EMPTY : { records: [], problems };
  for (const id of metadata.damaged) {
    problems.push(
      problem(
        'damaged-record',
        `build cache record ${id}`,
        'its values do not parse, so the builder cannot start',
      ),
    );
  }
  const entries = readDatabase(host, joinPath(options.home, 'snapshots.db'), readSnapshotEntries, problems);
  const snapshots = new Snapshots(entries, options.layers().layers);
  const shown = shownRefs(metadata.records, (key) => snapshots.exists(key));
  const shared = sharedRefs(shown, snapshots, options);
  const sizing: Sizing = { host, options, snapshots };
  return {
    records: shown.map((one) => recordOf(sizing, one, shared.has(one.ref))),
    problems: [...problems, ...buildProblems(shown)],
  };
}
