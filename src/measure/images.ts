import type { Problem } from '../model/finding.ts';
import type { ImageRow, ImagesReport } from '../model/reports.ts';
import type { ChainId } from '../model/ids.ts';
import type { ImageRecord, LayerStoreSnapshot } from '../stores/docker/records.ts';
import type { MeasureContext } from './context.ts';
import { FindingList } from './findings.ts';
import {
  addBytes,
  containersByImage,
  isLoaded,
  layerChain,
  layerReferences,
  listedImages,
  tooLarge,
} from './layer-chain.ts';
import { compareRows } from './order.ts';
import { findImage, notFound } from './resolve-name.ts';
import { openScopes } from './scope.ts';
import type { StoreScope } from './scope.ts';
import { noteStoreProblems } from './store-problems.ts';

/** What `measureImages` is to list. */
export interface ImagesOptions {
  /** References, full IDs or ID prefixes; absent or empty: those that `docker images` lists. */
  readonly names?: readonly string[] | undefined;
  /** Hidden intermediate images too, as `docker images -a`. */
  readonly all?: boolean | undefined;
}

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

/**
 * The images of all stores with the sizes that the engine gives them. Reads records only: no directory is walked.
 *
 * @throws WeighError NOT_FOUND or AMBIGUOUS for a name; USAGE for a wrong engine version.
 */
export async function measureImages(
  context: MeasureContext,
  options: ImagesOptions = {},
): Promise<ImagesReport> {
  const scopes = await openScopes(context);
  const findings = new FindingList();
  for (const scope of scopes) noteStoreProblems(findings, imageProblems(scope), '/images');
  const views = scopes.map(viewImages);
  const images = chooseImages(views, options).sort(compareRows);
  images.forEach((row, index) => addImageFindings(findings, row, `/images/${index}`));
  return {
    schema: 'weigh.images/1',
    ...findings.finish(),
    rules: scopes.map((scope) => scope.used),
    images,
  };
}

function chooseImages(views: readonly ImagesView[], options: ImagesOptions): ImageRow[] {
  const names = options.names ?? [];
  if (names.length === 0) {
    return views.flatMap((view) =>
      (options.all === true ? view.records : view.listed).map((image) => view.row(image)),
    );
  }
  const rows = new Map<ImageRecord, ImageRow>();
  for (const name of names) {
    let found = false;
    for (const view of views) {
      for (const image of matchingImages(view.records, name)) {
        rows.set(image, view.row(image));
        found = true;
      }
    }
    if (!found) {
      const known = views.flatMap((view) => view.records.flatMap((image) => image.tags));
      throw notFound('image', name, views.length, known);
    }
  }
  return [...rows.values()];
}

/** A word names one image, or all tags of a repository, as `docker images REPOSITORY` does. */
function matchingImages(records: readonly ImageRecord[], word: string): readonly ImageRecord[] {
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
