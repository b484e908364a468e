import type { Problem } from '../model/finding.ts';
import type { ChainId, ContainerId, ImageId } from '../model/ids.ts';
import type { ContainerRecord, ImageRecord, Layer, LayerStoreSnapshot } from '../stores/docker/records.ts';
import type { EngineRules } from './engine-rules.ts';

/** More layers than any engine stacks; a chain in damaged records ends here. */
const MAX_CHAIN = 4096;

/** The layers below and including `top`, base first. Empty for null. */
export function layerChain(layers: ReadonlyMap<ChainId, Layer>, top: ChainId | null): readonly Layer[] {
  const chain: Layer[] = [];
  let next = top;
  while (next !== null && chain.length < MAX_CHAIN) {
    const layer = layers.get(next);
    if (layer === undefined) break;
    chain.push(layer);
    next = layer.parent;
  }
  return chain.toReversed();
}

/** Sum of the sizes that the store recorded for these layers when they came in. */
export function sumRecorded(chain: Iterable<Layer>): number {
  let bytes = 0;
  for (const layer of chain) bytes = addBytes(bytes, layer.recordedBytes);
  return bytes;
}

/** The sum, or the largest number that is still exact. Engines count to 2^63; only forged records get here. */
export function addBytes(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

/** The problem of a sum that stopped at 2^53-1; none below. */
export function tooLarge(subject: string, bytes: number | null): readonly Problem[] {
  if (bytes === null || bytes < Number.MAX_SAFE_INTEGER) return [];
  return [{ kind: 'limit', subject, message: 'the sizes recorded for it add up to 2^53 bytes or more' }];
}

/**
 * Whether the engine loads a container's record: made with this driver, and its RW layer loaded
 * (moby 20.10-29: daemon/daemon.go restore). One that it does not load is in no list and no count.
 */
export function isLoaded(
  container: ContainerRecord,
  snapshot: LayerStoreSnapshot,
  driver: string,
  rules: EngineRules,
): boolean {
  return isOfDriver(container, driver, rules) && snapshot.rwLayers.has(container.id);
}

/** Whether a container was made with this graph driver. */
export function isOfDriver(container: ContainerRecord, driver: string, rules: EngineRules): boolean {
  if (container.driver === '') return rules.unnamedDriver === driver;
  return container.driver === driver;
}

/** The containers of each image, by the image's ID. */
export function containersByImage(
  containers: readonly ContainerRecord[],
): ReadonlyMap<ImageId, readonly ContainerId[]> {
  const users = new Map<ImageId, ContainerId[]>();
  for (const container of containers) {
    if (container.imageId === null) continue;
    const list = users.get(container.imageId);
    if (list === undefined) users.set(container.imageId, [container.id]);
    else list.push(container.id);
  }
  return users;
}

/**
 * The images that `docker images` lists: those with a name or digest, and of the others those that no image has as its parent
 * (moby 20.10-29: daemon/images Images).
 */
export function listedImages(images: readonly ImageRecord[]): readonly ImageRecord[] {
  const parents = new Set(images.map((image) => image.parent));
  return images.filter(
    (image) => image.tags.length > 0 || image.repoDigests.length > 0 || !parents.has(image.id),
  );
}

/** How many of these images hold each layer. */
export function layerReferences(
  images: readonly ImageRecord[],
  layers: ReadonlyMap<ChainId, Layer>,
): ReadonlyMap<ChainId, number> {
  const references = new Map<ChainId, number>();
  for (const image of images) {
    for (const { chainId } of layerChain(layers, image.topChainId)) {
      references.set(chainId, (references.get(chainId) ?? 0) + 1);
    }
  }
  return references;
}
