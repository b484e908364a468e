/**
 * What containerd's garbage collector would keep (containerd 1.6-2.3 metadata/gc.go scanRoots, references, sendLabelRefs): what images, containers, leases
 * and `gc.root` labels refer to, and what that refers to by its labels, and every snapshot's parents.
 */
import type { MetaImage, MetaLease } from '../../formats/containerd-meta.ts';
import type { Namespace } from './records.ts';

/** Blobs by digest, snapshots by `<snapshotter>/<key>`. */
export interface Reachable {
  readonly blobs: ReadonlySet<string>;
  readonly snapshots: ReadonlySet<string>;
}

const ROOT = 'containerd.io/gc.root';
const FLAT = 'containerd.io/gc.flat';
const CONTENT = 'containerd.io/gc.ref.content';
const SNAPSHOT = 'containerd.io/gc.ref.snapshot.';

export function snapshotName(snapshotter: string, key: string): string {
  return `${snapshotter}/${key}`;
}

/** What would stay if only these images were left. `flat` leases keep what they name and nothing below it. */
export function reachable(namespace: Namespace, images: readonly MetaImage[]): Reachable {
  const walk = new Marks(namespace);
  for (const { target, labels } of images) {
    walk.blob(target.digest);
    walk.labels(labels);
  }
  for (const { snapshotter, snapshotKey, labels } of namespace.containers.values()) {
    if (snapshotKey !== '') walk.snapshot(snapshotter, snapshotKey);
    walk.labels(labels);
  }
  const leases = [...namespace.leases.values()];
  for (const lease of leases) if (!isFlat(lease)) walk.lease(lease);
  for (const [digest, { labels }] of namespace.content.blobs) if (labels.has(ROOT)) walk.blob(digest);
  for (const snapshotter of namespace.snapshotters) {
    for (const { key, labels } of namespace.snapshots(snapshotter).byKey.values()) {
      if (labels.has(ROOT)) walk.snapshot(snapshotter, key);
    }
  }
  walk.finish();
  for (const lease of leases) if (isFlat(lease)) walk.keep(lease);
  return walk;
}

function isFlat({ labels }: MetaLease): boolean {
  return labels.has(FLAT);
}

class Marks implements Reachable {
  readonly blobs: Set<string> = new Set<string>();
  readonly snapshots: Set<string> = new Set<string>();
  readonly #namespace: Namespace;
  readonly #queue: (() => void)[] = [];

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  blob(digest: string): void {
    if (this.blobs.has(digest)) return;
    this.blobs.add(digest);
    this.#queue.push(() => this.labels(this.#namespace.content.info(digest)?.labels));
  }

  snapshot(snapshotter: string, key: string): void {
    const name = snapshotName(snapshotter, key);
    if (this.snapshots.has(name)) return;
    this.snapshots.add(name);
    this.#queue.push(() => {
      const snapshot = this.#namespace.snapshots(snapshotter).byKey.get(key);
      if (snapshot === undefined) return;
      if (snapshot.parent !== '') this.snapshot(snapshotter, snapshot.parent);
      this.labels(snapshot.labels);
    });
  }

  lease({ content, snapshots }: MetaLease): void {
    for (const digest of content) this.blob(digest);
    for (const [snapshotter, keys] of snapshots) for (const key of keys) this.snapshot(snapshotter, key);
  }

  /** What it names, and nothing below that. */
  keep({ content, snapshots }: MetaLease): void {
    for (const digest of content) this.blobs.add(digest);
    for (const [snapshotter, keys] of snapshots) {
      for (const key of keys) this.snapshots.add(snapshotName(snapshotter, key));
    }
  }

  labels(labels: ReadonlyMap<string, string> | undefined): void {
    for (const [label, value] of labels ?? []) {
      if (label === CONTENT || label.startsWith(`${CONTENT}.`) || label.startsWith(`${CONTENT}/`))
        this.blob(value);
      else if (label.startsWith(SNAPSHOT)) {
        const snapshotter = label.slice(SNAPSHOT.length).split('/')[0] ?? '';
        this.snapshot(snapshotter, value);
      }
    }
  }

  finish(): void {
    for (let next = this.#queue.pop(); next !== undefined; next = this.#queue.pop()) next();
  }
}
