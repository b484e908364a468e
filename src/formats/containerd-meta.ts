/**
 * containerd's `meta.db` (containerd 1.6-2.3 core/metadata/buckets.go), one bucket a namespace:
 *
 *     v1/<namespace>/images/<name>/{createdat,updatedat,labels/…,target/{digest,mediatype,size}}
 *     v1/<namespace>/containers/<id>/{createdat,updatedat,image,snapshotter,snapshotKey,labels/…}
 *     v1/<namespace>/snapshots/<snapshotter>/<key>/{name,parent,createdat,updatedat,children/…,labels/…}
 *     v1/<namespace>/content/blob/<digest>/{createdat,updatedat,size,labels/…}
 *     v1/<namespace>/leases/<id>/{content/<digest>,snapshots/<snapshotter>/<key>,…}
 */
import { contentOf, signedOf, textOf, timeOf } from './containerd-values.ts';
import type { BoltBucket } from './bbolt/bolt-file.ts';

/** A descriptor's three facts, as images and documents give them. */
export interface Target {
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
}

/** An image: a name for some content. */
export interface MetaImage {
  readonly name: string;
  readonly target: Target;
  readonly labels: ReadonlyMap<string, string>;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

export interface MetaContainer {
  readonly id: string;
  readonly image: string;
  readonly snapshotter: string;
  readonly snapshotKey: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly createdAt: string | null;
}

/** A snapshot as its namespace knows it. */
export interface MetaSnapshot {
  readonly key: string;
  /** Its name in the snapshotter's own database. */
  readonly backendName: string;
  /** Another one's key; '' for none. */
  readonly parent: string;
  readonly labels: ReadonlyMap<string, string>;
}

/** What a lease keeps, beside what that refers to. */
export interface MetaLease {
  /** Digests. */
  readonly content: readonly string[];
  /** Keys by snapshotter. */
  readonly snapshots: ReadonlyMap<string, readonly string[]>;
  readonly labels: ReadonlyMap<string, string>;
}

export interface MetaBlob {
  readonly size: number;
  readonly labels: ReadonlyMap<string, string>;
}

/** One namespace. Maps are in the order of the keys' bytes, as the engine lists them. */
export interface MetaNamespace {
  readonly name: string;
  readonly images: ReadonlyMap<string, MetaImage>;
  readonly containers: ReadonlyMap<string, MetaContainer>;
  /** By snapshotter, then by key. */
  readonly snapshots: ReadonlyMap<string, ReadonlyMap<string, MetaSnapshot>>;
  /** By digest. */
  readonly blobs: ReadonlyMap<string, MetaBlob>;
  readonly leases: ReadonlyMap<string, MetaLease>;
  /** What could not be read of it, by name. */
  readonly damaged: readonly string[];
}

export function readMetaDatabase(root: BoltBucket): ReadonlyMap<string, MetaNamespace> {
  const namespaces = new Map<string, MetaNamespace>();
  for (const [name, bucket] of contentOf(contentOf(root).buckets.get('v1')).buckets) {
    namespaces.set(name, readNamespace(name, bucket));
  }
  return namespaces;
}

function readNamespace(name: string, bucket: BoltBucket): MetaNamespace {
  const { buckets } = contentOf(bucket);
  const damaged: string[] = [];
  const content = contentOf(buckets.get('content'));
  return {
    name,
    images: readImages(buckets.get('images'), damaged),
    containers: readContainers(buckets.get('containers')),
    snapshots: readSnapshots(buckets.get('snapshots')),
    blobs: readBlobs(content.buckets.get('blob'), damaged),
    leases: readLeases(buckets.get('leases')),
    damaged,
  };
}

function readImages(bucket: BoltBucket | undefined, damaged: string[]): ReadonlyMap<string, MetaImage> {
  const images = new Map<string, MetaImage>();
  for (const [name, record] of contentOf(bucket).buckets) {
    const { values, buckets } = contentOf(record);
    const target = contentOf(buckets.get('target')).values;
    const digest = textOf(target.get('digest'));
    const size = signedOf(target.get('size'));
    if (digest === '' || size === null) {
      damaged.push(`image ${name}`);
      continue;
    }
    images.set(name, {
      name,
      target: { digest, mediaType: textOf(target.get('mediatype')), size },
      labels: readLabels(buckets.get('labels')),
      createdAt: timeOf(values.get('createdat')),
      updatedAt: timeOf(values.get('updatedat')),
    });
  }
  return images;
}

function readContainers(bucket: BoltBucket | undefined): ReadonlyMap<string, MetaContainer> {
  const containers = new Map<string, MetaContainer>();
  for (const [id, record] of contentOf(bucket).buckets) {
    const { values, buckets } = contentOf(record);
    containers.set(id, {
      id,
      image: textOf(values.get('image')),
      snapshotter: textOf(values.get('snapshotter')),
      snapshotKey: textOf(values.get('snapshotKey')),
      labels: readLabels(buckets.get('labels')),
      createdAt: timeOf(values.get('createdat')),
    });
  }
  return containers;
}

function readSnapshots(
  bucket: BoltBucket | undefined,
): ReadonlyMap<string, ReadonlyMap<string, MetaSnapshot>> {
  const snapshotters = new Map<string, ReadonlyMap<string, MetaSnapshot>>();
  for (const [snapshotter, ofOne] of contentOf(bucket).buckets) {
    const snapshots = new Map<string, MetaSnapshot>();
    for (const [key, record] of contentOf(ofOne).buckets) {
      const { values, buckets } = contentOf(record);
      snapshots.set(key, {
        key,
        backendName: textOf(values.get('name')),
        parent: textOf(values.get('parent')),
        labels: readLabels(buckets.get('labels')),
      });
    }
    snapshotters.set(snapshotter, snapshots);
  }
  return snapshotters;
}

function readBlobs(bucket: BoltBucket | undefined, damaged: string[]): ReadonlyMap<string, MetaBlob> {
  const blobs = new Map<string, MetaBlob>();
  for (const [digest, record] of contentOf(bucket).buckets) {
    const { values, buckets } = contentOf(record);
    const size = signedOf(values.get('size'));
    if (size === null) damaged.push(`blob ${digest}`);
    else blobs.set(digest, { size, labels: readLabels(buckets.get('labels')) });
  }
  return blobs;
}

function readLabels(bucket: BoltBucket | undefined): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  for (const [key, value] of contentOf(bucket).values) labels.set(key, textOf(value));
  return labels;
}

function readLeases(bucket: BoltBucket | undefined): ReadonlyMap<string, MetaLease> {
  const leases = new Map<string, MetaLease>();
  for (const [id, record] of contentOf(bucket).buckets) {
    const { buckets } = contentOf(record);
    const snapshots = new Map<string, readonly string[]>();
    for (const [snapshotter, keys] of contentOf(buckets.get('snapshots')).buckets) {
      snapshots.set(snapshotter, [...contentOf(keys).values.keys()]);
    }
    const content = [...contentOf(buckets.get('content')).values.keys()];
    leases.set(id, { content, snapshots, labels: readLabels(buckets.get('labels')) });
  }
  return leases;
}
