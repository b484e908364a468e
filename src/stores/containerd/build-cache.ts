/**
 * The build cache of a Docker engine on the containerd image store: records in `buildkit/containerd-<snapshotter>/metadata_v2.db`, their data in
 * snapshots and blobs of the engine's own namespace (moby 24-29 builder/builder-next/controller.go newSnapshotterController; buildkit 0.12-0.25
 * cache/refs.go size, snapshot/imagerefchecker).
 */
import type { BytePath } from '../../model/bytes.ts';
import { joinPath, pathText } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import { readCacheMetadata } from '../../formats/buildkit-records.ts';
import type { CacheMetadataList } from '../../formats/buildkit-records.ts';
import { isMalformed } from '../../formats/malformed.ts';
import { isIndexType, isManifestType } from '../../formats/oci.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import { shownRefs } from '../docker/buildkit-refs.ts';
import type { CacheRef, ShownRef } from '../docker/buildkit-refs.ts';
import { readBolt } from '../docker/read-bolt.ts';
import { failureProblem, problem } from '../docker/read-record.ts';
import type { BuildCacheRecord } from '../docker/records.ts';
import { isUnread } from './image-tree.ts';
import type { Documents } from './image-tree.ts';
import type { Content, Namespace, Snapshots } from './records.ts';

/** A record whose `bytes` are null has data in the snapshot `snapshotKey`, which is to be measured; `blobBytes` come on top. */
export interface SnapshotCacheRecord extends BuildCacheRecord {
  readonly snapshotKey: string;
}

export interface SnapshotCache {
  readonly records: readonly SnapshotCacheRecord[];
  readonly problems: readonly Problem[];
}

export interface SnapshotCacheOptions {
  /** The data root. */
  readonly root: BytePath;
  readonly namespace: Namespace;
  readonly snapshots: Snapshots;
  readonly documents: Documents;
}

const SUBJECT = 'build cache';
const VARIANT_LABEL = 'containerd.io/gc.ref.content.blob-';
const MEDIA_TYPE_LABEL = 'buildkit.io/blob/mediatype';
const MAX_DEPTH = 1000;

export function readSnapshotCache(host: Host, options: SnapshotCacheOptions): SnapshotCache {
  const problems: Problem[] = [];
  const metadata = readMetadata(host, options, problems);
  if (metadata === null) return { records: [], problems };
  for (const id of metadata.damaged) {
    const message = 'its values do not parse, so the builder cannot start';
    problems.push(problem('damaged-record', `build cache record ${id}`, message));
  }
  const { byKey, known } = options.snapshots;
  const shown = shownRefs(metadata.records, (key) => !known || byKey.has(key));
  const shared = sharedRefs(shown, options);
  const open = shown.find(({ ref }) => ref.mutable && ref.equalImmutable === null && !ref.metadata.retained);
  if (open !== undefined) {
    const message = `a build is running or was cut off (record ${open.ref.metadata.id}): the engine may show more records as in use, and others of the same data`;
    problems.push(problem('engine-unsteady', SUBJECT, message));
  }
  return { records: shown.map((one) => recordOf(options, one, shared.has(one.ref))), problems };
}

function readMetadata(
  host: Host,
  { root, snapshots }: SnapshotCacheOptions,
  problems: Problem[],
): CacheMetadataList | null {
  const path = joinPath(root, 'buildkit', `containerd-${snapshots.snapshotter}`, 'metadata_v2.db');
  const read = readBolt(host, path, readCacheMetadata);
  if (isFailure(read)) {
    if (read.errno !== 'ENOENT') problems.push(failureProblem(read, SUBJECT, 'the build cache is unknown'));
    return null;
  }
  if (!isMalformed(read)) return read;
  const message = `${pathText(path)}: ${read.malformed}: the build cache is unknown`;
  problems.push(problem('damaged-record', SUBJECT, message));
  return null;
}

function recordOf(
  { namespace, snapshots }: SnapshotCacheOptions,
  { ref, inUse }: ShownRef,
  shared: boolean,
): SnapshotCacheRecord {
  const { metadata } = ref;
  // Asked for a mutable record's size, the engine takes that of its committed twin, whose data the mutable one's snapshot holds.
  const target = ref.mutable ? (ref.equalImmutable ?? ref) : ref;
  const snapshotKey = (target.equalMutable ?? target).metadata.snapshotKey;
  const stored = metadata.knownBytes ?? target.metadata.knownBytes;
  const blobs = stored === null ? blobBytes(namespace.content, target.metadata.blob) : 0;
  const empty = target.metadata.blobOnly || (snapshots.known && !snapshots.byKey.has(snapshotKey));
  return {
    id: metadata.id,
    parents: ref.parents.map((parent) => parent.metadata.id),
    type: metadata.recordType || 'regular',
    description: metadata.description,
    inUse,
    shared,
    bytes: stored ?? (empty ? blobs : null),
    createdAt: metadata.createdAt,
    lastUsedAt: metadata.lastUsedAt,
    usageCount: metadata.usageCount,
    chainId: null,
    driverId: null,
    blobBytes: blobs,
    snapshotKey,
  };
}

/** The blob of a record and what it was packed into otherwise, each once. */
function blobBytes(content: Content, blob: string): number {
  const first = content.info(blob);
  if (first === undefined) return 0;
  const added = new Set([blob]);
  const queue = [blob];
  let bytes = first.size;
  for (let digest = queue.pop(); digest !== undefined; digest = queue.pop()) {
    for (const [label, variant] of content.info(digest)?.labels ?? []) {
      if (!label.startsWith(VARIANT_LABEL) || added.has(variant)) continue;
      const info = content.info(variant);
      added.add(variant);
      queue.push(variant);
      if (info?.labels.has(MEDIA_TYPE_LABEL) === true) bytes += info.size;
    }
  }
  return bytes;
}

/** A record whose blobs, base first, are all the layers of some image is shared, and so is everything below it. */
function sharedRefs(
  shown: readonly ShownRef[],
  { namespace, documents }: SnapshotCacheOptions,
): ReadonlySet<CacheRef> {
  const stacks = imageStacks(namespace, documents);
  const visible = new Set(shown.map(({ ref }) => ref));
  const shared = new Set<CacheRef>();
  const chains = new Map<CacheRef, readonly string[]>();
  for (const { ref } of shown) {
    const blobs = blobChain(ref, chains).join('');
    if (blobs === '' || !stacks.has(blobs)) continue;
    const queue = [ref];
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      if (shared.has(at) || !visible.has(at)) continue;
      shared.add(at);
      queue.push(...at.parents);
    }
  }
  return shared;
}

/** More layers than an image has; a longer chain is damage and no image's. */
const MAX_LAYERS = 4096;

/** layerDigestChain of buildkit: the blobs of the layers below a record and its own. Records are in `known` once they are made. */
function blobChain(ref: CacheRef, known: Map<CacheRef, readonly string[]>, depth = 0): readonly string[] {
  const before = known.get(ref);
  if (before !== undefined) return before;
  if (depth > MAX_DEPTH) return [];
  const below = ref.parents.flatMap((parent) => blobChain(parent, known, depth + 1));
  const chain = ref.parents.length > 1 ? below : [...below, ref.metadata.blob];
  const kept = chain.length > MAX_LAYERS ? [] : chain;
  known.set(ref, kept);
  return kept;
}

/** The layers of every manifest of every image, joined. A document that cannot be read ends the engine's look. */
function imageStacks({ images }: Namespace, documents: Documents): ReadonlySet<string> {
  const stacks = new Set<string>();
  const add = (mediaType: string, digest: string, depth: number): void => {
    if (!documents.mayVisit(depth)) return;
    if (isManifestType(mediaType)) {
      const manifest = documents.manifest(digest);
      if (!isUnread(manifest)) stacks.add(manifest.layers.map((layer) => layer.digest).join(''));
    } else if (isIndexType(mediaType)) {
      const index = documents.index(digest);
      if (!isUnread(index)) for (const one of index) add(one.mediaType, one.digest, depth + 1);
    }
  };
  for (const { target } of images.values()) add(target.mediaType, target.digest, 0);
  return stacks;
}
