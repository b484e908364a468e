import type { MetaImage } from '../../formats/containerd-meta.ts';
import { isFailure } from '../../host/host.ts';
import type { BytePath } from '../../model/bytes.ts';
import { joinPath } from '../../model/bytes.ts';
import { isDigest } from '../../model/ids.ts';
import { reachable, snapshotName } from '../../stores/containerd/reachable.ts';
import type { ImagesView } from './images-view.ts';
import type { ContainerdScope } from './scope.ts';
import type { ImagesTotal, TotalPart } from './totals.ts';

/** What removing every image that no container uses would free. */
export interface ImagesReclaim {
  readonly snapshots: readonly TotalPart[];
  readonly blobs: readonly TotalPart[];
  readonly bytes: number;
}

/**
 * Unused images as a set: what containerd's garbage collector would take when they are gone, each snapshot and blob once. What a kept image, a
 * container, the build cache or any other lease holds stays. In the unit of SIZE: of what SIZE leaves out, nothing is counted.
 */
export function reclaimImages(scope: ContainerdScope, view: ImagesView, total: ImagesTotal): ImagesReclaim {
  const used = new Set(view.all.filter(({ row }) => row.containers > 0).map(({ row }) => row.id));
  const kept: readonly MetaImage[] = [...scope.store.namespace.images.values()].filter(({ target }) =>
    used.has(target.digest),
  );
  const { namespace, driver } = scope.store;
  const stays = reachable(namespace, kept);
  const now = reachable(namespace, [...namespace.images.values()]);
  const goes = (held: ReadonlySet<string>, before: ReadonlySet<string>, name: string): boolean =>
    before.has(name) && !held.has(name);
  const snapshots = total.snapshots.filter(({ name }) =>
    goes(stays.snapshots, now.snapshots, snapshotName(driver, name)),
  );
  const blobs = total.blobs.filter(({ name }) => goes(stays.blobs, now.blobs, name));
  const bytes = [...snapshots, ...blobs].reduce((sum, part) => sum + part.bytes, 0);
  return { snapshots, blobs, bytes };
}

/** Allocated bytes of these snapshots and blobs on disk; null where one of them cannot be looked at. */
export async function diskOf(
  scope: ContainerdScope,
  keys: readonly string[],
  blobs: readonly string[],
): Promise<number | null> {
  const { host, signal } = scope.context;
  let bytes = 0;
  for (const key of keys) {
    const directory = directoryOf(scope, key);
    if (directory === null) return null;
    const tally = await host.walker.directorySize(directory, { signal });
    if (tally.failure !== undefined && tally.failure.errno !== 'ENOENT') return null;
    bytes += tally.diskBytes;
  }
  for (const digest of blobs) {
    const path = blobPath(scope, digest);
    const stat = path === null ? null : host.fs.lstat(path);
    if (stat === null || (isFailure(stat) && stat.errno !== 'ENOENT')) return null;
    if (!isFailure(stat)) bytes += stat.diskBytes;
  }
  return bytes;
}

/** Snapshotters whose snapshots are directories of one shape. */
const WITH_DIRECTORIES: ReadonlySet<string> = new Set(['overlayfs', 'native', 'erofs', 'blockfile']);

function directoryOf({ snapshots }: ContainerdScope, key: string): BytePath | null {
  const { byKey, snapshotter, root } = snapshots();
  const backend = byKey.get(key)?.backend;
  if (backend === undefined || backend === null || !WITH_DIRECTORIES.has(snapshotter)) return null;
  return joinPath(root, 'snapshots', String(backend.id));
}

function blobPath({ store }: ContainerdScope, digest: string): BytePath | null {
  if (!isDigest(digest)) return null;
  return joinPath(
    store.containerdRoot,
    'io.containerd.content.v1.content/blobs/sha256',
    digest.slice('sha256:'.length),
  );
}
