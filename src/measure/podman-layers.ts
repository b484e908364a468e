import type { StoredLayer } from '../stores/containers-storage/records.ts';

/** The part of an image or container that says which layers it stands on. */
interface Standing {
  readonly topLayer: string;
  readonly mappedLayers: readonly string[];
}

/** Layers that an image stands on, its mapped tops included, each once; and the IDs that no record explains. */
export interface ImageLayers {
  /** Top first. */
  readonly layers: readonly StoredLayer[];
  readonly missing: readonly string[];
}

/** Every layer of an image once, circles in damaged records included (storage store.go ImageSize, libimage walkImageLayers). */
export function imageLayers(layerById: ReadonlyMap<string, StoredLayer>, image: Standing): ImageLayers {
  const visited = new Set<string>();
  const layers: StoredLayer[] = [];
  const missing: string[] = [];
  for (const top of [image.topLayer, ...image.mappedLayers]) {
    for (let id = top; id !== '' && !visited.has(id);) {
      visited.add(id);
      const layer = layerById.get(id);
      if (layer === undefined) missing.push(id);
      else layers.push(layer);
      id = layer?.parent ?? '';
    }
  }
  return { layers, missing };
}
