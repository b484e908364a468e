/**
 * A snapshotter's `metadata.db` (containerd 1.6-2.3 core/snapshots/storage/bolt.go):
 *
 *     v1/snapshots/<backend name>/{id,kind,parent,createdat,updatedat,inodes,size,labels/…}
 *
 * `id` is an unsigned varint, `inodes` and `size` are signed ones and written when a snapshot is committed; `kind` is one byte.
 */
import { contentOf, signedOf, textOf, timeOf, unsignedOf } from './containerd-values.ts';
import type { BoltBucket } from './bbolt/bolt-file.ts';

export type SnapshotKind = 'view' | 'active' | 'committed' | 'unknown';

/** One snapshot as its snapshotter records it. */
export interface BackendSnapshot {
  /** `<namespace>/<number>/<key>`. */
  readonly name: string;
  /** Names its directory. */
  readonly id: number;
  readonly kind: SnapshotKind;
  /** Another one's `name`; '' for none. */
  readonly parent: string;
  readonly createdAt: string | null;
  /** Measured when it was committed; null where nothing was written down. */
  readonly bytes: number | null;
}

export interface BackendSnapshots {
  readonly byName: ReadonlyMap<string, BackendSnapshot>;
  /** Names of records that make no sense. */
  readonly damaged: readonly string[];
}

const KINDS: readonly SnapshotKind[] = ['unknown', 'view', 'active', 'committed'];

export function readBackendSnapshots(root: BoltBucket): BackendSnapshots {
  const byName = new Map<string, BackendSnapshot>();
  const damaged: string[] = [];
  const version = contentOf(contentOf(root).buckets.get('v1'));
  for (const [name, bucket] of contentOf(version.buckets.get('snapshots')).buckets) {
    const { values } = contentOf(bucket);
    const id = unsignedOf(values.get('id'));
    const size = values.get('size');
    const bytes = signedOf(size);
    if (id === null || (size !== undefined && bytes === null)) {
      damaged.push(name);
      continue;
    }
    byName.set(name, {
      name,
      id,
      kind: KINDS[values.get('kind')?.[0] ?? 0] ?? 'unknown',
      parent: textOf(values.get('parent')),
      createdAt: timeOf(values.get('createdat')),
      bytes,
    });
  }
  return { byName, damaged };
}
