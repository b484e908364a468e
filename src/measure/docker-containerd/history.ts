import type { ConfigHistory } from '../../formats/image-config.ts';
import { isIndexType, isManifestType } from '../../formats/oci.ts';
import type { Descriptor, Platform } from '../../formats/oci.ts';
import { isUnread, walkPresent } from '../../stores/containerd/image-tree.ts';
import type { Documents } from '../../stores/containerd/image-tree.ts';
import { platformRank } from '../../stores/containerd/platforms.ts';
import { recordedUsage } from '../snapshot-usage.ts';
import { chainIdsOf } from './image-summary.ts';
import type { ContainerdScope } from './scope.ts';

/** One line of `history`, oldest first. */
export interface HistoryLine {
  readonly entry: ConfigHistory;
  readonly chainId: string;
  readonly bytes: number;
}

/** ImageHistory of moby 26-29 (daemon/containerd/image_history.go): of the platform that this host prefers. A text: why the engine answers with an error. */
export function historyOf(scope: ContainerdScope, target: Descriptor): readonly HistoryLine[] | string {
  const manifest = bestPresent(scope, target);
  if (manifest === undefined) return 'no manifest of it is there';
  const read = scope.documents.manifest(manifest.digest);
  const config = isUnread(read) ? read : scope.documents.config(read.config.digest);
  if (isUnread(config)) return `${config.digest}: ${config.why}`;
  const chainIds = chainIdsOf(scope.context.host, config.diffIds);
  const sizes = chainIds.map((id) => recordedUsage(scope.snapshots(), id)?.bytes ?? null);
  if (scope.imageRules.missingLayer === 'error' && sizes.includes(null))
    return 'a layer of it is not unpacked';
  const lines: HistoryLine[] = [];
  let next = 0;
  for (const entry of config.history) {
    if (entry.emptyLayer) {
      lines.push({ entry, chainId: '', bytes: 0 });
      continue;
    }
    const chainId = chainIds[next];
    if (chainId === undefined) return 'its history has more entries with a layer than it has layers';
    lines.push({ entry, chainId, bytes: sizes[next] ?? 0 });
    next += 1;
  }
  return lines;
}

/** getBestPresentImageManifest: of the manifests that are there, attestations included, the one of the best platform; the first of equals. */
function bestPresent({ documents, context }: ContainerdScope, target: Descriptor): Descriptor | undefined {
  if (isManifestType(target.mediaType)) return target;
  const architecture = context.host.facts.architecture ?? 'amd64';
  let best: { readonly descriptor: Descriptor; readonly rank: number } | undefined;
  walkPresent(documents, target, (descriptor) => {
    if (!isManifestType(descriptor.mediaType)) return;
    const platform = descriptor.platform ?? configPlatform(documents, descriptor);
    const rank = platform === null ? Number.POSITIVE_INFINITY : platformRank(architecture, platform);
    if (best === undefined || rank < best.rank) best = { descriptor, rank };
  });
  return best?.descriptor;
}

function configPlatform(documents: Documents, { digest }: Descriptor): Platform | null {
  const manifest = documents.manifest(digest);
  const config = isUnread(manifest) ? manifest : documents.config(manifest.config.digest);
  if (isUnread(config)) return null;
  const { os, architecture, variant } = config;
  return { os, architecture, variant };
}

/**
 * The size that `image inspect` tells (moby 26-29: daemon/containerd/image_inspect.go size): the target, one manifest of it (of the platform that this
 * host prefers, else the first), its configuration and layers, as their descriptors say, whether they are there or not. Null: the engine answers with an error.
 */
export function inspectParts(
  { documents, context }: ContainerdScope,
  target: Descriptor,
): readonly Descriptor[] | null {
  const parts: Descriptor[] = [];
  const architecture = context.host.facts.architecture ?? 'amd64';
  const rank = ({ platform }: Descriptor): number =>
    platform === null
      ? Number.MAX_VALUE
      : Math.min(platformRank(architecture, platform), Number.MAX_SAFE_INTEGER);
  const walk = (descriptor: Descriptor, depth: number): boolean => {
    parts.push(descriptor);
    const children = documents.children(descriptor);
    if (isUnread(children)) return children.unread === 'not-found';
    if (!documents.mayVisit(depth)) return false;
    const sorted = [...children].sort((a, b) => rank(a) - rank(b));
    const chosen = isIndexType(descriptor.mediaType) ? sorted.slice(0, 1) : children;
    return chosen.every((child) => walk(child, depth + 1));
  };
  return walk(target, 0) ? parts : null;
}
