import type { Problem } from '../../model/finding.ts';
import { isUnread, walkManifests, walkPresent } from '../../stores/containerd/image-tree.ts';
import { checkInterrupted } from '../context.ts';
import { recordedUsage } from '../snapshot-usage.ts';
import { chainIdsOf, targetOf } from './image-summary.ts';
import type { ContainerdScope } from './scope.ts';

/** One part of a total. */
export interface TotalPart {
  readonly name: string;
  readonly bytes: number;
}

/** SIZE of images in `system df`, with what it is made of. */
export interface ImagesTotal {
  /** Null where the engine answers with an error. */
  readonly bytes: number | null;
  /** By snapshot key. */
  readonly snapshots: readonly TotalPart[];
  /** By digest; none in versions that leave content out. */
  readonly blobs: readonly TotalPart[];
  /** What keeps the engine from answering: it has no SIZE then. */
  readonly fails: readonly Problem[];
  /** What keeps weigh from knowing: the sum is a lower bound. */
  readonly unknown: readonly Problem[];
}

/** ImageDiskUsage of moby 26-29 (daemon/containerd/service.go). Walks active snapshots where the version counts them. */
export async function imagesTotal(scope: ContainerdScope): Promise<ImagesTotal> {
  const fails: Problem[] = [];
  const unknown: Problem[] = [];
  const { total } = scope.imageRules;
  const snapshots =
    total === 'image-snapshots-and-content'
      ? imageSnapshots(scope, unknown)
      : await allSnapshots(scope, fails, unknown);
  const blobs = total === 'all-snapshots' ? [] : presentBlobs(scope, fails, unknown);
  const bytes = [...snapshots, ...blobs].reduce((sum, part) => sum + part.bytes, 0);
  return { bytes: fails.length === 0 ? bytes : null, snapshots, blobs, fails, unknown };
}

/** Every snapshot that the snapshotter has, containers' and the build cache's included. */
async function allSnapshots(
  scope: ContainerdScope,
  fails: Problem[],
  unknown: Problem[],
): Promise<readonly TotalPart[]> {
  const parts: TotalPart[] = [];
  const { byKey, problems } = scope.snapshots();
  unknown.push(...problems);
  for (const [key, snapshot] of byKey) {
    checkInterrupted(scope.context.signal);
    if (snapshot.backend === null) continue;
    const usage = await scope.usage(key, { signal: scope.context.signal });
    if (usage.bytes !== null) parts.push({ name: key, bytes: usage.bytes });
    if (usage.outcome === 'engine-fails' || usage.outcome === 'not-found') {
      const message = `the engine answers with an error to system df: ${usage.reason ?? 'a snapshot has no size'}`;
      fails.push({ kind: 'engine-fails', subject: key, message });
    } else unknown.push(...usage.problems);
  }
  return parts;
}

/** The snapshots of unpacked images, each once. */
function imageSnapshots(scope: ContainerdScope, unknown: Problem[]): readonly TotalPart[] {
  const seen = new Set<string>();
  const parts: TotalPart[] = [];
  const snapshots = scope.snapshots();
  unknown.push(...snapshots.problems);
  for (const key of unpackedTops(scope)) {
    for (let next = key; next !== '' && !seen.has(next); next = snapshots.byKey.get(next)?.parent ?? '') {
      seen.add(next);
      const usage = recordedUsage(snapshots, next);
      if (usage?.outcome !== 'size' || usage.bytes === null) break;
      parts.push({ name: next, bytes: usage.bytes });
    }
  }
  return parts;
}

/** Top snapshots of all manifests of all images that are there. */
function unpackedTops({ store, documents, context, snapshots }: ContainerdScope): readonly string[] {
  const { byKey } = snapshots();
  const tops: string[] = [];
  for (const image of store.namespace.images.values()) {
    walkManifests(documents, targetOf(image), ({ digest }) => {
      const manifest = documents.manifest(digest);
      const config = isUnread(manifest) ? manifest : documents.config(manifest.config.digest);
      const top = isUnread(config) ? undefined : chainIdsOf(context.host, config.diffIds).at(-1);
      if (top !== undefined && byKey.has(top)) tops.push(top);
    });
  }
  return tops;
}

/** What is there of all images, each blob once. */
function presentBlobs(
  { store, documents }: ContainerdScope,
  fails: Problem[],
  unknown: Problem[],
): readonly TotalPart[] {
  const sizes = new Map<string, number>();
  for (const image of store.namespace.images.values()) {
    const unread = walkPresent(documents, targetOf(image), ({ digest, size }) => {
      if (!sizes.has(digest)) sizes.set(digest, size);
    });
    if (unread === undefined) continue;
    const subject = image.name;
    if (unread.denied)
      unknown.push({ kind: 'unreadable', subject, message: `cannot read blob ${unread.digest}` });
    else {
      const message = `the engine answers with an error to system df: ${unread.digest}: ${unread.why}`;
      fails.push({ kind: 'engine-fails', subject, message });
    }
  }
  return [...sizes].map(([name, bytes]) => ({ name, bytes }));
}
