import type { ImageConfig } from '../../formats/image-config.ts';
import type { MetaImage } from '../../formats/containerd-meta.ts';
import { isLayerType, isManifestType } from '../../formats/oci.ts';
import type { Descriptor, Platform } from '../../formats/oci.ts';
import type { Host } from '../../host/host.ts';
import type { Problem } from '../../model/finding.ts';
import { isUnread, walkManifests, walkPresent } from '../../stores/containerd/image-tree.ts';
import type { Documents, Unread } from '../../stores/containerd/image-tree.ts';
import { platformRank } from '../../stores/containerd/platforms.ts';
import type { Snapshots } from '../../stores/containerd/records.ts';
import { chainUsage } from '../snapshot-usage.ts';
import type { ImageStoreRules } from './rules.ts';

/** One manifest of an image, as the engine sums it up. */
export interface ManifestSummary {
  readonly descriptor: Descriptor;
  /** Configuration and layers are there. */
  readonly available: boolean;
  readonly kind: 'image' | 'attestation' | 'unknown';
  /** Blobs; 0 where the engine cannot walk them. */
  readonly contentBytes: number;
  /** Snapshots; 0 where it is not unpacked. */
  readonly unpackedBytes: number;
  /** Of a complete image, base first. */
  readonly chainIds: readonly string[];
  readonly config: ImageConfig | null;
  readonly platform: Platform | null;
  /** What kept its numbers from being known. */
  readonly problems: readonly Problem[];
}

/** What an image's target comes to. */
export interface ImageSummary {
  readonly target: Descriptor;
  readonly manifests: readonly ManifestSummary[];
  /** The engine's Size. */
  readonly bytes: number;
  /** Of all its platforms; one that several hold is there several times. */
  readonly chainIds: readonly string[];
  /** The platform that this host prefers; null where no image is there in full. */
  readonly best: ManifestSummary | null;
  /** The document that makes the engine's whole list fail. */
  readonly failure?: Unread;
  readonly problems: readonly Problem[];
}

export interface SummaryContext {
  readonly host: Host;
  readonly documents: Documents;
  readonly snapshots: Snapshots;
  readonly rules: ImageStoreRules;
}

const REFERENCE_TYPE = 'vnd.docker.reference.type';
const REFERENCE_DIGEST = 'vnd.docker.reference.digest';
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-zA-Z]{32,}$/;

/** A descriptor as an image's record gives it. */
export function targetOf({ target }: MetaImage): Descriptor {
  return { ...target, annotations: {}, platform: null };
}

/** multiPlatformSummary of moby 26-29 (daemon/containerd/image_list.go). */
export function summarize(context: SummaryContext, target: Descriptor): ImageSummary {
  const manifests: ManifestSummary[] = [];
  const failure = walkManifests(context.documents, target, (descriptor) => {
    const summary = manifestSummary(context, descriptor);
    if (summary !== null) manifests.push(summary);
  });
  const counted = manifests.filter((one) => counts(context.rules, one));
  return {
    target,
    manifests,
    bytes: counted.reduce((sum, one) => sum + one.contentBytes + one.unpackedBytes, 0),
    chainIds: manifests.flatMap((one) => one.chainIds),
    best: bestOf(context.host, manifests),
    ...(failure === undefined ? {} : { failure }),
    problems: counted.flatMap((one) => one.problems),
  };
}

function counts(rules: ImageStoreRules, manifest: ManifestSummary): boolean {
  return rules.manifests === 'all' || (manifest.kind === 'image' && manifest.available);
}

function bestOf(host: Host, manifests: readonly ManifestSummary[]): ManifestSummary | null {
  const architecture = host.facts.architecture ?? 'amd64';
  let best: ManifestSummary | null = null;
  for (const one of manifests) {
    if (one.config === null || one.platform === null) continue;
    if (best?.platform === undefined || best.platform === null) best = one;
    else if (platformRank(architecture, one.platform) < platformRank(architecture, best.platform)) best = one;
  }
  return best;
}

/** Null where the engine leaves the manifest out: it cannot be read, though it is there. */
function manifestSummary(context: SummaryContext, descriptor: Descriptor): ManifestSummary | null {
  const { documents } = context;
  const available = isAvailable(documents, descriptor.digest);
  if (available === 'unreadable') return null;
  const kind = kindOf(documents, descriptor);
  const base = {
    descriptor,
    available,
    kind,
    contentBytes: contentBytes(context, descriptor),
    unpackedBytes: 0,
    chainIds: [],
    config: null,
    platform: descriptor.platform,
    problems: [],
  };
  const manifest = documents.manifest(descriptor.digest);
  const wanted = kind === 'image' && (available || context.rules.unpacked === 'any');
  if (!wanted || isUnread(manifest)) return base;
  const config = documents.config(manifest.config.digest);
  if (isUnread(config)) return base;
  const chainIds = chainIdsOf(context.host, config.diffIds);
  const unpacked = unpackedBytes(context, chainIds.at(-1));
  const { os, architecture, variant } = config;
  return {
    ...base,
    ...unpacked,
    chainIds,
    config,
    platform: descriptor.platform ?? { os, architecture, variant },
  };
}

/** images.Check of containerd: the manifest can be read, and its configuration and layers are there. */
function isAvailable(documents: Documents, digest: string): boolean | 'unreadable' {
  const manifest = documents.manifest(digest);
  if (isUnread(manifest)) return manifest.unread === 'not-found' ? false : 'unreadable';
  return [manifest.config, ...manifest.layers].every((one) => documents.content.exists(one.digest));
}

function kindOf(
  documents: Documents,
  { annotations, platform, digest }: Descriptor,
): ManifestSummary['kind'] {
  if (Object.hasOwn(annotations, REFERENCE_TYPE)) {
    return DIGEST.test(annotations[REFERENCE_DIGEST] ?? '') ? 'attestation' : 'unknown';
  }
  if (platform?.os === 'unknown' && platform.architecture === 'unknown') return 'unknown';
  const manifest = documents.manifest(digest);
  if (isUnread(manifest)) return 'image';
  const { layers } = manifest;
  return layers.length === 0 || layers.some(({ mediaType }) => isLayerType(mediaType)) ? 'image' : 'unknown';
}

function contentBytes({ documents, rules }: SummaryContext, descriptor: Descriptor): number {
  if (rules.content === 'described') return describedBytes(documents, descriptor);
  let bytes = 0;
  const failed = walkPresent(documents, descriptor, ({ size }) => (bytes += size));
  return failed === undefined ? bytes : 0;
}

/** images.Image.Size of containerd: what the manifest describes; nothing where it cannot be read. */
function describedBytes(documents: Documents, descriptor: Descriptor): number {
  const manifest = isManifestType(descriptor.mediaType) ? documents.manifest(descriptor.digest) : null;
  if (manifest === null || isUnread(manifest)) return 0;
  return [manifest.config, ...manifest.layers].reduce((sum, { size }) => sum + size, descriptor.size);
}

function unpackedBytes(
  { snapshots }: SummaryContext,
  top: string | undefined,
): Pick<ManifestSummary, 'unpackedBytes' | 'problems'> {
  if (top === undefined) return { unpackedBytes: 0, problems: [] };
  const { bytes, broken } = chainUsage(snapshots, top);
  if (broken === undefined) return { unpackedBytes: bytes, problems: [] };
  return { unpackedBytes: 0, problems: broken.outcome === 'unknown' ? broken.problems : [] };
}

/** Chain IDs, base first: the first is the first diff ID, each further one the digest of the one before and its diff ID. */
export function chainIdsOf(host: Host, diffIds: readonly string[]): readonly string[] {
  const chain: string[] = [];
  for (const diffId of diffIds) {
    const below = chain.at(-1);
    chain.push(
      below === undefined ? diffId : `sha256:${host.sha256(Buffer.from(`${below} ${diffId}`, 'latin1'))}`,
    );
  }
  return chain;
}
