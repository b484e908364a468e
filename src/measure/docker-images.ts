import type { Problem } from '../model/finding.ts';
import type { ImageRow } from '../model/reports.ts';
import type { ChainId } from '../model/ids.ts';
import type { ImageRecord, LayerStoreSnapshot } from '../stores/docker/records.ts';
import type { FindingList } from './findings.ts';
import {
  addBytes,
  containersByImage,
  isLoaded,
  layerChain,
  layerReferences,
  listedImages,
  tooLarge,
} from './layer-chain.ts';
import { findImage } from './resolve-name.ts';
import type { StoreScope } from './scope.ts';

/** The images of one store as its engine sees them. */
export interface ImagesView {
  readonly snapshot: LayerStoreSnapshot;
  readonly records: readonly ImageRecord[];
  /** Those that the engine lists without being asked for all. */
  readonly listed: readonly ImageRecord[];
  /** How many images hold each layer, by the rule of this engine version. */
  readonly references: ReadonlyMap<ChainId, number>;
  readonly row: (image: ImageRecord) => ImageRow;
}

/** A word names one image, or all tags of a repository, as `docker images REPOSITORY` does. */
export function matchingImages(records: readonly ImageRecord[], word: string): readonly ImageRecord[] {
  const ofRepository = records.filter((image) =>
    image.tags.some((tag) => tag.slice(0, tag.lastIndexOf(':')) === word),
  );
  if (ofRepository.length > 0) return ofRepository;
  const image = findImage(records, word);
  return image === undefined ? [] : [image];
}

/** Marks the sizes of an image whose sum is too large to be exact. */
export function addImageFindings(findings: FindingList, row: ImageRow, pointer: string): void {
  const problems = tooLarge(row.names[0] ?? row.id, row.size);
  if (problems.length === 0) return;
  findings.affectAll(problems, `${pointer}/size`, 'at-least');
  findings.affectAll(problems, `${pointer}/sharedSize`, 'at-least');
  findings.affectAll(problems, `${pointer}/uniqueSize`, 'unknown');
}

/** What went wrong while the records behind a store's images were read. */
export function imageProblems({ store }: StoreScope): readonly Problem[] {
  return [
    ...store.problems,
    ...store.layers().problems,
    ...store.images().problems,
    ...store.containers().problems,
  ];
}

/** Reads a store's images once and prepares what their rows need. */
export function viewImages(scope: StoreScope): ImagesView {
  const { store, rules } = scope;
  const { records } = store.images();
  const snapshot = store.layers();
  const containers = store.containers();
  const users = containersByImage(
    containers.records.filter((container) => isLoaded(container, snapshot, store.driver, rules)),
  );
  const listed = listedImages(records);
  const references = layerReferences(rules.sharedSize === 'all-images' ? records : listed, snapshot.layers);
  const row = (image: ImageRecord): ImageRow =>
    imageRow(store.name, image, snapshot, references, users.get(image.id)?.length ?? 0);
  return { snapshot, records, listed, references, row };
}

function imageRow(
  store: string,
  image: ImageRecord,
  snapshot: LayerStoreSnapshot,
  references: ReadonlyMap<ChainId, number>,
  containers: number,
): ImageRow {
  let size = 0;
  let sharedSize = 0;
  for (const layer of layerChain(snapshot.layers, image.topChainId)) {
    size = addBytes(size, layer.recordedBytes);
    if ((references.get(layer.chainId) ?? 0) > 1) sharedSize = addBytes(sharedSize, layer.recordedBytes);
  }
  return {
    store,
    id: image.id,
    names: image.tags,
    repoDigests: image.repoDigests,
    size,
    sharedSize,
    uniqueSize: size - sharedSize,
    containers,
    created: image.created,
  };
}
