import { isFailure } from '../host/host.ts';
import { isByteCount } from '../model/bytes.ts';
import type { Bound, Problem } from '../model/finding.ts';
import type { Step } from '../model/step.ts';
import { imageDataPath } from '../stores/containers-storage/image-facts.ts';
import type { StoredImage, StoredLayer } from '../stores/containers-storage/records.ts';
import { addBytes } from './layer-chain.ts';
import { imageLayers } from './podman-layers.ts';
import type { PodmanScope } from './podman-scope.ts';

/** A sum with what kept it from being exact. Its steps sum to `bytes`. */
export interface PodmanSum {
  readonly bytes: number;
  readonly bound?: Bound;
  readonly steps: readonly Step[];
  readonly problems: readonly Problem[];
}

const SOURCE = 'storage 1.43-1.62: store.go ImageSize';

/** What the engine adds for one layer of an image: the recorded length of its tar, or its difference measured now. */
export function layerOfImage(scope: PodmanScope, layer: StoredLayer): PodmanSum {
  const step = { rule: 'ImageSize', subject: layer.id, source: SOURCE };
  if (layer.diffDigest !== '' && layer.diffSize !== -1) {
    const text = 'the length of its tar, recorded when it came in';
    return { bytes: layer.diffSize, steps: [{ ...step, bytes: layer.diffSize, text }], problems: [] };
  }
  const diff = scope.measured.get(layer.id);
  const bytes = diff?.bytes ?? 0;
  const text = 'no size is recorded for it (a partial pull, or an old store): measured anew each time';
  const problems = problemsOfLayer(layer, diff?.bytes ?? null, diff?.problems ?? []);
  return {
    bytes,
    ...(diff?.bytes == null || diff.bound !== undefined
      ? { bound: diff?.bound ?? ('at-least' as const) }
      : {}),
    steps: [{ ...step, bytes, text }],
    problems,
  };
}

function problemsOfLayer(
  layer: StoredLayer,
  bytes: number | null,
  problems: readonly Problem[],
): readonly Problem[] {
  if (bytes !== null || problems.length > 0) return problems;
  return [
    { kind: 'engine-fails', subject: layer.id, message: 'its size is not recorded and cannot be measured' },
  ];
}

/** One data item of an image: its recorded size, or the length of its file. */
function dataItem(scope: PodmanScope, image: StoredImage, key: string): PodmanSum {
  const step = { rule: 'BigDataSize', subject: key, source: 'storage 1.43-1.62: images.go BigDataSize' };
  const recorded = image.bigDataSizes.get(key);
  if (recorded !== undefined)
    return { bytes: recorded, steps: [{ ...step, bytes: recorded, text: `data item ${key}` }], problems: [] };
  const stat = scope.context.host.fs.lstat(imageDataPath(scope.store.driver, image, key));
  if (!isFailure(stat) && stat.kind === 'file') {
    const bytes = stat.apparentBytes;
    return {
      bytes,
      steps: [{ ...step, bytes, text: `data item ${key}, by the length of its file` }],
      problems: [],
    };
  }
  const message = `the size of its data item ${key} is not known, so the engine lists no images at all`;
  return {
    bytes: 0,
    bound: 'at-least',
    steps: [],
    problems: [{ kind: 'engine-fails', subject: image.id, message }],
  };
}

/** Sums with their steps and problems as one. */
export function joinSums(parts: readonly PodmanSum[]): PodmanSum {
  const bounded = parts.find((part) => part.bound !== undefined);
  return {
    bytes: parts.reduce((total, part) => addBytes(total, part.bytes), 0),
    ...(bounded?.bound === undefined ? {} : { bound: bounded.bound }),
    steps: parts.flatMap((part) => part.steps),
    problems: parts.flatMap((part) => part.problems),
  };
}

/** All data items of an image: manifest (under two names), configuration, signatures. */
export function bigDataOf(scope: PodmanScope, image: StoredImage): PodmanSum {
  return joinSums(image.bigDataNames.map((key) => dataItem(scope, image, key)));
}

/** An image's size: its layers and their parents once each, and its data items. */
export function podmanImageSize(scope: PodmanScope, image: StoredImage): PodmanSum {
  const { layers, missing } = imageLayers(scope.store.records().layerById, image);
  const lost = missing.map((id): PodmanSum => {
    const message = `its layer ${id} has no record, so the engine lists no images at all`;
    return {
      bytes: 0,
      bound: 'at-least',
      steps: [],
      problems: [{ kind: 'missing-record', subject: image.id, message }],
    };
  });
  return joinSums([...layers.map((layer) => layerOfImage(scope, layer)), ...lost, bigDataOf(scope, image)]);
}

/**
 * The size that CRI-O, skopeo and Buildah give for an image (containers/image 5.23-5.39 storage_src.go getSize): its data items, the sizes of its
 * signatures and the recorded lengths along its top layer's parents; null where that is an error.
 */
export function cStorageGetSize(scope: PodmanScope, image: StoredImage): number | null {
  const { layerById } = scope.store.records();
  const { layers, missing } = imageLayers(layerById, { topLayer: image.topLayer, mappedLayers: [] });
  const unknown = layers.some(
    (layer) => layer.tocDigest === '' && (layer.diffDigest === '' || layer.diffSize < 0),
  );
  const data = bigDataOf(scope, image);
  const signatures = signatureBytes(image.metadata);
  if (unknown || missing.length > 0 || data.bound !== undefined || signatures === null) return null;
  return layers.reduce((total, layer) => total + Math.max(0, layer.diffSize), data.bytes + signatures);
}

/** Null where the record does not say: an unreadable length is no 0. */
function signatureBytes(metadata: string): number | null {
  if (metadata === '') return 0;
  try {
    const parsed: unknown = JSON.parse(metadata);
    const sizes =
      typeof parsed === 'object' && parsed !== null && 'signature-sizes' in parsed
        ? parsed['signature-sizes']
        : [];
    if (!Array.isArray(sizes) || !sizes.every(isByteCount)) return null;
    return sizes.reduce((total: number, bytes) => total + bytes, 0);
  } catch {
    return null;
  }
}
