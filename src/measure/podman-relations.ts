import type { ImageFacts, PodmanStore, StoredImage } from '../stores/containers-storage/records.ts';

/** Which image was made from which, as Podman works it out from layers and histories (common libimage/layer_tree.go). */
export interface ImageRelations {
  /** The image that this one was made from; the first that fits. */
  parentOf(image: StoredImage): StoredImage | null;
  hasChildren(image: StoredImage): boolean;
}

/** The child has all diff IDs of the parent, and one entry of history more. */
function areParentAndChild(parent: ImageFacts | null, child: ImageFacts | null): boolean {
  if (parent === null || child === null) return false;
  if (parent.diffIds.length > child.diffIds.length) return false;
  if (!parent.diffIds.every((diffId, index) => child.diffIds[index] === diffId)) return false;
  if (parent.history.length + 1 !== child.history.length) return false;
  return parent.history.every((entry, index) => child.history[index] === entry);
}

/** Candidates come from the same top layer and the one below it (above it, for children). Configurations are read only for those. */
export function imageRelations(store: PodmanStore): ImageRelations {
  const { images, layerById, layers } = store.records();
  const byTop = new Map<string, StoredImage[]>();
  for (const image of images) byTop.set(image.topLayer, [...(byTop.get(image.topLayer) ?? []), image]);
  const childLayers = new Map<string, string[]>();
  for (const { id, parent } of layers) {
    if (parent !== '') childLayers.set(parent, [...(childLayers.get(parent) ?? []), id]);
  }
  const on = (layer: string): readonly StoredImage[] => byTop.get(layer) ?? [];
  const isChild = (parent: StoredImage, child: StoredImage): boolean =>
    parent.id !== child.id && areParentAndChild(store.factsOf(parent), store.factsOf(child));
  const knows = ({ topLayer }: StoredImage): boolean => topLayer === '' || layerById.has(topLayer);
  return {
    parentOf(image) {
      if (!knows(image)) return null;
      const below = image.topLayer === '' ? '' : (layerById.get(image.topLayer)?.parent ?? '');
      const candidates = [...on(image.topLayer), ...(below === '' ? [] : on(below))];
      return candidates.find((parent) => isChild(parent, image)) ?? null;
    },
    hasChildren(image) {
      if (!knows(image)) return false;
      const above = image.topLayer === '' ? [] : (childLayers.get(image.topLayer) ?? []);
      return [...above.flatMap(on), ...on(image.topLayer)].some((child) => isChild(image, child));
    },
  };
}
