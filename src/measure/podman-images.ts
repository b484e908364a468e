import type { Bound, Problem } from '../model/finding.ts';
import type { ImageRow } from '../model/reports.ts';
import type { StoredImage, StoredLayer } from '../stores/containers-storage/records.ts';
import type { FindingList } from './findings.ts';
import { addBytes, tooLarge } from './layer-chain.ts';
import { bigDataOf, podmanImageSize } from './podman-image-size.ts';
import type { PodmanSum } from './podman-image-size.ts';
import { imageLayers } from './podman-layers.ts';
import { imageRelations } from './podman-relations.ts';
import type { ImageRelations } from './podman-relations.ts';
import type { PodmanScope } from './podman-scope.ts';

/** One image with its numbers. */
export interface ViewedImage {
  readonly image: StoredImage;
  readonly row: ImageRow;
  /** Rows of `podman images` and `system df`: one a name, one for an image without. */
  readonly rows: number;
  /** How `size` came about. */
  readonly size: PodmanSum;
  readonly bound?: Bound;
  readonly problems: readonly Problem[];
}

/** The images of one store as Podman sees them. */
export interface PodmanImagesView {
  readonly all: readonly ViewedImage[];
  /** Without the intermediate ones: those without a name that others were made from. */
  readonly listed: readonly ViewedImage[];
  readonly relations: ImageRelations;
  /** How many images stand on each layer. */
  readonly layerUsers: ReadonlyMap<StoredLayer, number>;
}

/** A layer's part in what `df` of Podman 5.5 and newer adds up: its recorded length, measured where that is -1. */
export function recordedOrMeasured(scope: PodmanScope, layer: StoredLayer): number {
  return layer.diffSize === -1 ? (scope.measured.get(layer.id)?.bytes ?? 0) : layer.diffSize;
}

function countUsers(scope: PodmanScope): ReadonlyMap<StoredLayer, number> {
  const { images, layerById } = scope.store.records();
  const users = new Map<StoredLayer, number>();
  for (const image of images) {
    for (const layer of imageLayers(layerById, image).layers) users.set(layer, (users.get(layer) ?? 0) + 1);
  }
  return users;
}

interface Shares {
  readonly size: number;
  readonly shared: number;
  readonly unique: number;
}

/** The columns of `system df -v`, which is where Podman tells shared from unique (`podman images` leaves SharedSize at 0). */
type SharesOf = (image: StoredImage, size: number) => Shares;

/** Podman 5.4 and older: an image with children shares all of it; else what its parent has; the rest, maybe less than 0, is unique. */
function byRelatives(scope: PodmanScope, relations: ImageRelations): SharesOf {
  return (image, size) => {
    if (relations.hasChildren(image)) return { size, shared: size, unique: 0 };
    const parent = relations.parentOf(image);
    const shared = parent === null ? 0 : podmanImageSize(scope, parent).bytes;
    return { size, shared, unique: size - shared };
  };
}

/** Podman 5.5 and newer: layers that several images stand on are shared, everything else is unique. */
function byLayers(scope: PodmanScope, users: ReadonlyMap<StoredLayer, number>): SharesOf {
  const { layerById } = scope.store.records();
  return (image) => {
    let shared = 0;
    let unique = bigDataOf(scope, image).bytes;
    for (const layer of imageLayers(layerById, image).layers) {
      const bytes = recordedOrMeasured(scope, layer);
      if ((users.get(layer) ?? 0) > 1) shared = addBytes(shared, bytes);
      else unique = addBytes(unique, bytes);
    }
    return { size: shared + unique, shared, unique };
  };
}

function repositoryOf(name: string): string {
  const bare = name.includes('@') ? name.slice(0, name.indexOf('@')) : name;
  const colon = bare.lastIndexOf(':');
  return colon > bare.lastIndexOf('/') ? bare.slice(0, colon) : bare;
}

/** Each name's repository with each digest of the image's manifests (libimage/image.go RepoDigests). */
function repoDigestsOf(image: StoredImage): readonly string[] {
  const manifests = image.bigDataNames.flatMap((key) =>
    key.startsWith('manifest-sha256:') ? [key.slice('manifest-'.length)] : [],
  );
  const digests = new Set([...manifests, ...(image.digest === '' ? [] : [image.digest])]);
  const all = image.names.flatMap((name) => [...digests].map((digest) => `${repositoryOf(name)}@${digest}`));
  return [...new Set(all)].toSorted();
}

/** Reads a store's images once. Walks nothing. */
export function viewPodmanImages(scope: PodmanScope): PodmanImagesView {
  const { store, rules } = scope;
  const { images, containers } = store.records();
  const relations = imageRelations(store);
  const layerUsers = countUsers(scope);
  const sharesOf =
    rules.imagesShared === 'layers' ? byLayers(scope, layerUsers) : byRelatives(scope, relations);
  const users = new Map<string, number>();
  for (const { imageId } of containers) users.set(imageId, (users.get(imageId) ?? 0) + 1);
  const view = (image: StoredImage): ViewedImage => {
    const size = podmanImageSize(scope, image);
    const { shared, unique } = sharesOf(image, size.bytes);
    const large = tooLarge(image.names[0] ?? image.id, size.bytes);
    const bound = large.length > 0 ? 'at-least' : size.bound;
    const row: ImageRow = {
      store: store.name,
      id: `sha256:${image.id}`,
      names: image.names.filter((name) => !name.includes('@')),
      repoDigests: repoDigestsOf(image),
      size: size.bytes,
      sharedSize: shared,
      uniqueSize: unique,
      containers: users.get(image.id) ?? 0,
      created: image.created,
    };
    return {
      image,
      row,
      rows: Math.max(1, image.names.length),
      size,
      ...(bound === undefined ? {} : { bound }),
      problems: [...size.problems, ...large],
    };
  };
  const all = images.map(view);
  const listed = all.filter(({ image }) => image.names.length > 0 || !relations.hasChildren(image));
  return { all, listed, relations, layerUsers };
}

/** Puts an image's problems into the findings, with the numbers at `pointer` that they touch. */
export function addPodmanImageFindings(
  findings: FindingList,
  { bound, problems }: ViewedImage,
  pointer: string,
): void {
  if (bound === undefined) {
    findings.notes(problems);
    return;
  }
  findings.affectAll(problems, `${pointer}/size`, bound);
  findings.affectAll(problems, `${pointer}/sharedSize`, 'unknown');
  findings.affectAll(problems, `${pointer}/uniqueSize`, 'unknown');
}

/** What a word on the command line may name: an ID or its beginning, a name with or without registry and tag, a repository. */
export function matchingPodmanImages(view: PodmanImagesView, word: string): readonly ViewedImage[] {
  const hex = word.replace(/^sha256:/, '');
  const named = view.all.filter(({ image }) => image.names.some((name) => isNamed(name, word)));
  if (named.length > 0) return named;
  const ofRepository = view.all.filter(({ image }) =>
    image.names.some((name) => isNamed(`${repositoryOf(name)}:latest`, word) && !/[:@]/.test(word)),
  );
  if (ofRepository.length > 0) return ofRepository;
  const digests = view.all.filter(({ row }) => row.repoDigests.includes(word));
  if (digests.length > 0) return digests;
  return /^[0-9a-f]{4,64}$/.test(hex) ? view.all.filter(({ image }) => image.id.startsWith(hex)) : [];
}

/** `app`, `app:latest`, `localhost/app` and the full name all name `localhost/app:latest`; one of `docker.io/library` likewise. */
function isNamed(name: string, word: string): boolean {
  const tagged =
    word.includes('@') || word.lastIndexOf(':') > word.lastIndexOf('/') ? word : `${word}:latest`;
  return (
    name === tagged ||
    ['localhost/', 'docker.io/library/', 'docker.io/'].some((prefix) => name === prefix + tagged) ||
    name.endsWith(`/${tagged}`)
  );
}
