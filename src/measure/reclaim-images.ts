import type { ChainId, ImageId } from '../model/ids.ts';
import type { ImageRow } from '../model/reports.ts';
import type { BuildCacheRecord, ContainerRecord, ImageRecord, Layer } from '../stores/docker/records.ts';
import type { EngineRules } from './engine-rules.ts';
import type { ImagesView } from './docker-images.ts';
import { layerChain, layerReferences, sumRecorded } from './layer-chain.ts';

/** What removing every unused image gives back, and how the engine's figure for it differs. */
export interface ImagesReclaim {
  /** Recorded bytes of the layers that would go: each once, only those that nothing keeps. */
  readonly bytes: number;
  readonly layers: readonly Layer[];
  /** The engine's RECLAIMABLE minus `bytes`, by reason; the items sum to that difference. None is 0. */
  readonly differences: readonly { readonly why: string; readonly bytes: number }[];
}

interface Held {
  readonly byImages: ReadonlySet<ChainId>;
  readonly byMounts: ReadonlySet<ChainId>;
  readonly byCache: ReadonlySet<ChainId>;
}

/** Sum of the layers that some image holds which has a name or no child (moby 20.10-29: daemon/images/service.go getLayerRefs): `LayersSize`. */
export function layersSize(view: ImagesView): number {
  const referenced = layerReferences(view.listed, view.snapshot.layers);
  return sumRecorded([...view.snapshot.layers.values()].filter((layer) => referenced.has(layer.chainId)));
}

/** The exact set: an image is used when any container record, in any state, names it; a layer stays while a kept image, a container's mount or the cache holds it. */
export function reclaimImages(
  view: ImagesView,
  containers: readonly ContainerRecord[],
  cache: readonly BuildCacheRecord[],
  rules: EngineRules,
): ImagesReclaim {
  const { layers } = view.snapshot;
  const used = keptImages(view.records, containers);
  const held: Held = {
    byImages: chainsOf(
      layers,
      view.records.filter((image) => used.has(image.id)).map((image) => image.topChainId),
    ),
    byMounts: chainsOf(
      layers,
      [...view.snapshot.rwLayers.values()].map((rwLayer) => rwLayer.parent),
    ),
    byCache: chainsOf(
      layers,
      cache.map((record) => record.chainId),
    ),
  };
  const unused = chainsOf(
    layers,
    view.records.filter((image) => !used.has(image.id)).map((image) => image.topChainId),
  );
  const going = [...layers.values()].filter(({ chainId }) => unused.has(chainId) && !isHeld(held, chainId));
  return {
    bytes: sumRecorded(going),
    layers: going,
    differences: differences(view, rules, held, new Set(going.map((layer) => layer.chainId))),
  };
}

/** Images that a container was made from, and the images that those were built on: an engine refuses to remove either. */
function keptImages(
  images: readonly ImageRecord[],
  containers: readonly ContainerRecord[],
): ReadonlySet<ImageId> {
  const byId = new Map(images.map((image) => [image.id, image]));
  const kept = new Set<ImageId>();
  for (const { imageId } of containers) {
    let next = imageId;
    while (next !== null && !kept.has(next)) {
      kept.add(next);
      next = byId.get(next)?.parent ?? null;
    }
  }
  return kept;
}

function chainsOf(
  layers: ReadonlyMap<ChainId, Layer>,
  tops: readonly (ChainId | null)[],
): ReadonlySet<ChainId> {
  const set = new Set<ChainId>();
  for (const top of tops) for (const layer of layerChain(layers, top)) set.add(layer.chainId);
  return set;
}

function isHeld(held: Held, chainId: ChainId): boolean {
  return held.byImages.has(chainId) || held.byMounts.has(chainId) || held.byCache.has(chainId);
}

/** Layer by layer: what the engine's formula makes of it less what is true of it, gathered by reason. */
function differences(
  view: ImagesView,
  rules: EngineRules,
  held: Held,
  going: ReadonlySet<ChainId>,
): ImagesReclaim['differences'] {
  const counts = engineCounts(view, rules);
  const byReason = new Map<string, number>();
  for (const layer of view.snapshot.layers.values()) {
    const exact = going.has(layer.chainId) ? 1 : 0;
    const bytes = (counts(layer.chainId) - exact) * layer.recordedBytes;
    if (bytes === 0) continue;
    const shared = (view.references.get(layer.chainId) ?? 0) > 1;
    const why = exact === 1 ? reasonOfGoing(bytes) : reasonOfStaying(held, layer.chainId, bytes, shared);
    byReason.set(why, (byReason.get(why) ?? 0) + bytes);
  }
  return [...byReason]
    .map(([why, bytes]) => ({ why, bytes }))
    .sort((a, b) => Math.abs(b.bytes) - Math.abs(a.bytes));
}

/** How many times the engine's formula adds a layer to RECLAIMABLE. */
function engineCounts(view: ImagesView, rules: EngineRules): (chainId: ChainId) => number {
  const { layers } = view.snapshot;
  const inTotal = layerReferences(view.listed, layers);
  const rows = new Map<ImageRecord, ImageRow>(view.listed.map((image) => [image, view.row(image)]));
  const uniqueTo = (wantUsed: boolean): ReadonlyMap<ChainId, number> =>
    layerReferences(
      view.listed.filter((image) => (rows.get(image)?.containers ?? 0) > 0 === wantUsed),
      layers,
    );
  const subtracted = uniqueTo(rules.imagesReclaimable === 'layers-less-used');
  return (chainId) => {
    const unique = (view.references.get(chainId) ?? 0) <= 1 ? (subtracted.get(chainId) ?? 0) : 0;
    if (rules.imagesReclaimable === 'unused-unique') return unique;
    return (inTotal.has(chainId) ? 1 : 0) - unique;
  };
}

function reasonOfGoing(bytes: number): string {
  return bytes < 0 ? 'layers of unused images that the engine does not count' : 'layers counted twice';
}

function reasonOfStaying(held: Held, chainId: ChainId, bytes: number, shared: boolean): string {
  if (held.byImages.has(chainId)) {
    if (bytes < 0) return 'layers of images in use, subtracted though they are not in the total';
    return shared
      ? 'layers of images in use, counted as reclaimable because several images share them'
      : 'layers of images in use, which this version counts as reclaimable';
  }
  if (held.byMounts.has(chainId)) return 'layers that only a container still holds';
  if (held.byCache.has(chainId)) return 'layers of unused images that the build cache holds';
  return 'layers that no image holds';
}
