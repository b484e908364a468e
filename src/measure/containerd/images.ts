import type { MetaImage } from '../../formats/containerd-meta.ts';
import { isIndexType } from '../../formats/oci.ts';
import type { Descriptor } from '../../formats/oci.ts';
import type { Problem } from '../../model/finding.ts';
import type { ImageRow } from '../../model/reports.ts';
import { isUnread } from '../../stores/containerd/image-tree.ts';
import type { Documents } from '../../stores/containerd/image-tree.ts';
import { platformRank } from '../../stores/containerd/platforms.ts';
import { chainUsage } from '../snapshot-usage.ts';
import type { ChainUsage } from '../snapshot-usage.ts';
import { chainIdsOf } from '../docker-containerd/image-summary.ts';
import type { NamespaceScope } from './scope.ts';

/** One image as `ctr images ls` lists it: one name. */
export interface NamedImage {
  readonly row: ImageRow;
  readonly record: MetaImage;
  /** What its size is made of, in the client's order; a descriptor that is met twice is there twice. */
  readonly parts: readonly Descriptor[];
  /** Its layers' snapshots, where one of its platforms is unpacked. */
  readonly unpacked: ChainUsage | null;
  readonly problems: readonly Problem[];
}

interface SizedImage {
  readonly parts: readonly Descriptor[];
  /** Why the client's walk ended early; it prints what it has by then, and an error. */
  readonly failed?: string;
}

/**
 * images.Image.Size of containerd (core/images/image.go, 1.6-2.3), for the platform that this host prefers: what descriptors say of the target, of one
 * manifest, its configuration and its layers, whether they are there or not.
 */
function sizedImage({ documents, context }: NamespaceScope, target: Descriptor): SizedImage {
  const architecture = context.host.facts.architecture ?? 'amd64';
  const parts: Descriptor[] = [];
  const rank = ({ platform }: Descriptor): number =>
    platform === null ? Number.MAX_SAFE_INTEGER : platformRank(architecture, platform);
  const walk = (descriptor: Descriptor, depth: number): string | undefined => {
    parts.push(descriptor);
    const children = documents.children(descriptor);
    if (isUnread(children)) return `${children.digest}: ${children.why}`;
    if (!documents.mayVisit(depth)) return 'its documents refer to more than an image holds';
    const fit = children.filter((child) => rank(child) !== Number.POSITIVE_INFINITY);
    const isIndex = isIndexType(descriptor.mediaType);
    if (isIndex && fit.length === 0) return 'its index has no manifest for this platform';
    const chosen = isIndex ? fit.sort((a, b) => rank(a) - rank(b)).slice(0, 1) : fit;
    for (const child of chosen) {
      const failed = walk(child, depth + 1);
      if (failed !== undefined) return failed;
    }
    return undefined;
  };
  const failed = walk(target, 0);
  return failed === undefined ? { parts } : { parts, failed };
}

/** The images of a namespace, by name. Shared is what other images count as well, each blob once. */
export function listImages(scope: NamespaceScope): readonly NamedImage[] {
  const records = [...scope.store.namespace.images.values()];
  const sized = records.map((record) => {
    const target: Descriptor = { ...record.target, annotations: {}, platform: null };
    return { record, ...sizedImage(scope, target) };
  });
  const users = new Map<string, Set<string>>();
  for (const { record, parts } of sized) {
    for (const { digest } of parts) {
      const targets = users.get(digest) ?? new Set<string>();
      users.set(digest, targets.add(record.target.digest));
    }
  }
  const containers = new Map<string, number>();
  for (const { image } of scope.store.namespace.containers.values()) {
    containers.set(image, (containers.get(image) ?? 0) + 1);
  }
  return sized.map((image) => namedImage(scope, image, users, containers.get(image.record.name) ?? 0));
}

function namedImage(
  scope: NamespaceScope,
  { record, parts, failed }: SizedImage & { readonly record: MetaImage },
  users: ReadonlyMap<string, ReadonlySet<string>>,
  containers: number,
): NamedImage {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const shared = new Map<string, number>();
  for (const part of parts) if ((users.get(part.digest)?.size ?? 0) > 1) shared.set(part.digest, part.size);
  const sharedSize = [...shared.values()].reduce((sum, bytes) => sum + bytes, 0);
  const row: ImageRow = {
    store: scope.store.name,
    id: record.target.digest,
    names: [record.name],
    repoDigests: [],
    size,
    sharedSize,
    uniqueSize: size - sharedSize,
    containers,
    created: record.createdAt,
  };
  const problems: readonly Problem[] =
    failed === undefined ? [] : [{ kind: 'engine-fails', subject: record.name, message: printed(failed) }];
  return { row, record, parts, unpacked: unpackedOf(scope, parts), problems };
}

function printed(failed: string): string {
  return `ctr tells an error for it (${failed}), and prints the size of what comes before`;
}

/** The snapshots of the image's layers; null where it is not unpacked. */
function unpackedOf(scope: NamespaceScope, parts: readonly Descriptor[]): ChainUsage | null {
  const top = topSnapshot(scope, scope.documents, parts);
  return top === undefined || !scope.snapshots().byKey.has(top) ? null : chainUsage(scope.snapshots(), top);
}

function topSnapshot(
  { context }: NamespaceScope,
  documents: Documents,
  parts: readonly Descriptor[],
): string | undefined {
  for (const { digest } of parts) {
    const manifest = documents.manifest(digest);
    if (isUnread(manifest) || manifest.config.digest === '') continue;
    const config = documents.config(manifest.config.digest);
    if (!isUnread(config)) return chainIdsOf(context.host, config.diffIds).at(-1);
  }
  return undefined;
}
