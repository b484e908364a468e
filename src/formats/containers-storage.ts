/**
 * Records of containers/storage (storage 1.43-1.62 layers.go, images.go, containers.go): lists of JSON objects, members with a zero value
 * left out. One record that does not parse makes its whole file unreadable, in the library as here.
 */
import { integerAt, memberOf, objectAt, parseRecordList, refuse, textAt, textsAt, timeAt } from './json.ts';
import type { JsonObject } from './json.ts';
import type { Malformed } from './malformed.ts';

/** One layer of `layers.json` or `volatile-layers.json`. */
export interface StorageLayer {
  /** Names its directory, too. */
  readonly id: string;
  readonly names: readonly string[];
  /** '' for a base. */
  readonly parent: string;
  /** Digest of the uncompressed tar; '' where it is not known (a container's layer, a partially pulled one). */
  readonly diffDigest: string;
  /** Length of the uncompressed tar stream; -1: not known; 0 where nothing was recorded. */
  readonly diffSize: number;
  /** Digest of the table of contents that a partial pull was made by; '' without one. */
  readonly tocDigest: string;
  /** Digest of the blob as it came; '' without one. */
  readonly compressedDigest: string;
  /** Length of the blob as it came. */
  readonly compressedSize: number;
  /** RFC 3339. */
  readonly created: string | null;
  /** Being made or removed when its process ended; the library removes it at the next write. */
  readonly incomplete: boolean;
  /** Its files belong to other users than those that its containers see. */
  readonly idMapped: boolean;
}

/** What images and containers share: data items of their own, by name. */
export interface BigData {
  readonly bigDataNames: readonly string[];
  /** Sizes as recorded; a name without one is looked up on disk. */
  readonly bigDataSizes: ReadonlyMap<string, number>;
}

/** One image of `images.json`. */
export interface StorageImage extends BigData {
  /** 64 hex digits in most stores: the digest of its configuration. */
  readonly id: string;
  /** Digest of its manifest; '' without one. */
  readonly digest: string;
  /** `registry/name:tag` or `registry/name@digest`. */
  readonly names: readonly string[];
  /** '' for an image without layers. */
  readonly topLayer: string;
  /** Copies of the top layer for other ID mappings. */
  readonly mappedLayers: readonly string[];
  /** JSON of the library above: sizes of signatures. */
  readonly metadata: string;
  /** RFC 3339. */
  readonly created: string | null;
}

/** One container of `containers.json` or `volatile-containers.json`. */
export interface StorageContainer extends BigData {
  readonly id: string;
  readonly names: readonly string[];
  /** '' for one that was made from no image. */
  readonly imageId: string;
  /** Its RW layer. */
  readonly layerId: string;
  /** JSON of the engine: `image-name`, `name`, `pod-name`. */
  readonly metadata: string;
  /** RFC 3339. */
  readonly created: string | null;
}

function numbersAt(record: JsonObject, name: string): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const [key, value] of Object.entries(objectAt(record, name) ?? {})) {
    if (!Number.isSafeInteger(value)) refuse(`"${name}" holds more than whole numbers`);
    numbers.set(key, Number(value));
  }
  return numbers;
}

function idAt(record: JsonObject): string {
  const id = textAt(record, 'id');
  return id === '' ? refuse('a record has no "id"') : id;
}

function bigDataOf(record: JsonObject): BigData {
  return {
    bigDataNames: textsAt(record, 'big-data-names'),
    bigDataSizes: numbersAt(record, 'big-data-sizes'),
  };
}

function hasEntries(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function layerOf(record: JsonObject): StorageLayer {
  const flags = objectAt(record, 'flags');
  return {
    id: idAt(record),
    names: textsAt(record, 'names'),
    parent: textAt(record, 'parent'),
    diffDigest: textAt(record, 'diff-digest'),
    diffSize: integerAt(record, 'diff-size') ?? 0,
    tocDigest: textAt(record, 'toc-digest'),
    compressedDigest: textAt(record, 'compressed-diff-digest'),
    compressedSize: integerAt(record, 'compressed-size') ?? 0,
    created: timeAt(record, 'created'),
    incomplete: flags !== null && flags['incomplete'] === true,
    idMapped: hasEntries(memberOf(record, 'uidmap')) || hasEntries(memberOf(record, 'gidmap')),
  };
}

function imageOf(record: JsonObject): StorageImage {
  return {
    id: idAt(record),
    digest: textAt(record, 'digest'),
    names: textsAt(record, 'names'),
    topLayer: textAt(record, 'layer'),
    mappedLayers: textsAt(record, 'mapped-layers'),
    metadata: textAt(record, 'metadata'),
    created: timeAt(record, 'created'),
    ...bigDataOf(record),
  };
}

function containerOf(record: JsonObject): StorageContainer {
  return {
    id: idAt(record),
    names: textsAt(record, 'names'),
    imageId: textAt(record, 'image'),
    layerId: textAt(record, 'layer'),
    metadata: textAt(record, 'metadata'),
    created: timeAt(record, 'created'),
    ...bigDataOf(record),
  };
}

/** An empty file is an empty list, as the library reads it. */
function listOf<T>(bytes: Buffer, read: (record: JsonObject) => T): readonly T[] | Malformed {
  return bytes.length === 0 ? [] : parseRecordList(bytes, read);
}

/** `layers.json`. */
export function parseStorageLayers(bytes: Buffer): readonly StorageLayer[] | Malformed {
  return listOf(bytes, layerOf);
}

/** `images.json`. */
export function parseStorageImages(bytes: Buffer): readonly StorageImage[] | Malformed {
  return listOf(bytes, imageOf);
}

/** `containers.json`. */
export function parseStorageContainers(bytes: Buffer): readonly StorageContainer[] | Malformed {
  return listOf(bytes, containerOf);
}

const PLAIN_KEY = /^[.0-9a-z]*$/;

/** File name of a data item (storage store.go makeBigDataBaseName): the key itself, or `=` and its base64 coding. */
export function bigDataFileName(key: string): string {
  return PLAIN_KEY.test(key) ? key : `=${Buffer.from(key, 'utf8').toString('base64')}`;
}
