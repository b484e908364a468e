/**
 * The library's records (storage 1.43-1.62 store.go, layers.go, images.go, containers.go), P being the driver's name:
 *
 *     <root>/P-layers/layers.json, volatile-layers.json       RW layers; all layers without an image store
 *     <root>/P-images/images.json                             images
 *     <root>/P-containers/containers.json, volatile-containers.json
 *     <image store>/P-layers/layers.json, P-images/images.json        in its place, for images and their layers
 *     <run root>/P-layers/volatile-layers.json, P-containers/volatile-containers.json      of a transient store
 *     <further store>/P-layers/layers.json, P-images/images.json      searched last, never written to
 *
 * Files are replaced by renaming, so each is whole; they may be of different moments.
 */
import type { BytePath } from '../../model/bytes.ts';
import { joinPath, pathText } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import {
  parseStorageContainers,
  parseStorageImages,
  parseStorageLayers,
} from '../../formats/containers-storage.ts';
import { isMalformed } from '../../formats/malformed.ts';
import type { Malformed } from '../../formats/malformed.ts';
import { failureProblem, problem, readParsed } from '../docker/read-record.ts';
import type { StorageRecords, StoredContainer, StoredImage, StoredLayer } from './records.ts';

/** Where the records of one store lie. */
export interface RecordPlaces {
  readonly root: BytePath;
  readonly driver: string;
  readonly runRoot: BytePath | null;
  readonly imageStore: BytePath | null;
  readonly additionalStores: readonly BytePath[];
}

interface Reading {
  readonly host: Host;
  readonly driver: string;
  readonly problems: Problem[];
}

type Parse<T> = (bytes: Buffer) => readonly T[] | Malformed;

/** Nothing where there is no such file: the library starts with an empty list. */
function readList<T>(reading: Reading, path: BytePath, parse: Parse<T>): readonly T[] {
  const list = readParsed(reading.host, path, parse);
  if (isFailure(list)) {
    if (list.errno !== 'ENOENT')
      reading.problems.push(failureProblem(list, pathText(path), 'what it names is left out'));
    return [];
  }
  if (!isMalformed(list)) return list;
  const message = `${list.malformed}, so that no engine can open this store`;
  reading.problems.push(problem('damaged-record', pathText(path), message));
  return [];
}

function area(reading: Reading, root: BytePath, kind: string): BytePath {
  return joinPath(root, `${reading.driver}-${kind}`);
}

function layersIn(reading: Reading, home: BytePath, file: string, readOnly: boolean): readonly StoredLayer[] {
  const path = joinPath(area(reading, home, 'layers'), file);
  return readList(reading, path, parseStorageLayers).map((layer) => ({ ...layer, home, readOnly }));
}

/** The first of equal IDs stays. */
function distinct<T extends { readonly id: string }>(items: readonly T[]): readonly T[] {
  const seen = new Set<string>();
  return items.filter((item) => !seen.has(item.id) && seen.add(item.id) !== undefined);
}

/** A transient store keeps its volatile records with what does not outlive a restart. */
function volatileHomes(places: RecordPlaces): readonly BytePath[] {
  return places.runRoot === null ? [places.root] : [places.root, places.runRoot];
}

function readLayers(reading: Reading, places: RecordPlaces): readonly StoredLayer[] {
  const { root, imageStore } = places;
  const own = distinct([
    ...layersIn(reading, root, 'layers.json', false),
    ...(imageStore === null ? [] : layersIn(reading, imageStore, 'layers.json', false)),
    ...volatileHomes(places).flatMap((home) =>
      layersIn(reading, home, 'volatile-layers.json', false).map((layer) => ({ ...layer, home: root })),
    ),
  ]);
  const further = places.additionalStores.flatMap((home) => layersIn(reading, home, 'layers.json', true));
  return [...own, ...further];
}

function readImages(reading: Reading, places: RecordPlaces): readonly StoredImage[] {
  const { root, imageStore, additionalStores } = places;
  const homes = imageStore === null ? [root] : [imageStore, root];
  return [...homes, ...additionalStores].flatMap((home) => {
    const readOnly = !homes.includes(home);
    const path = joinPath(area(reading, home, 'images'), 'images.json');
    return readList(reading, path, parseStorageImages).map((image) => ({ ...image, home, readOnly }));
  });
}

function readContainers(reading: Reading, places: RecordPlaces): readonly StoredContainer[] {
  const inFile = (home: BytePath, file: string, volatile: boolean): readonly StoredContainer[] => {
    const path = joinPath(area(reading, home, 'containers'), file);
    return readList(reading, path, parseStorageContainers).map((container) => ({ ...container, volatile }));
  };
  return distinct([
    ...inFile(places.root, 'containers.json', false),
    ...volatileHomes(places).flatMap((home) => inFile(home, 'volatile-containers.json', true)),
  ]);
}

/** Whether some record names another that is not there, as happens when the files are of different moments. */
function hasGaps(records: StorageRecords): boolean {
  const { layerById, images, containers } = records;
  const names = [
    ...images.map((image) => image.topLayer),
    ...containers.map((container) => container.layerId),
    ...[...layerById.values()].map((layer) => layer.parent),
  ];
  return names.some((id) => id !== '' && !layerById.has(id));
}

function readOnce(host: Host, places: RecordPlaces): StorageRecords {
  const problems: Problem[] = [];
  const reading: Reading = { host, driver: places.driver, problems };
  const containers = readContainers(reading, places);
  const images = readImages(reading, places);
  const layers = readLayers(reading, places);
  const layerById = new Map(distinct(layers).map((layer) => [layer.id, layer]));
  return { layers, layerById, images, containers, problems };
}

/** Records that name each other, where they do at one of a few looks. */
export function readStorageRecords(host: Host, places: RecordPlaces): StorageRecords {
  const first = readOnce(host, places);
  return hasGaps(first) ? readOnce(host, places) : first;
}
