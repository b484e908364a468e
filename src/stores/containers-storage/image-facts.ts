import type { BytePath } from '../../model/bytes.ts';
import { joinPath } from '../../model/bytes.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import { bigDataFileName } from '../../formats/containers-storage.ts';
import { objectAt, objectsAt, memberOf, parseRecord, textAt, textsAt, timeAt } from '../../formats/json.ts';
import type { JsonObject } from '../../formats/json.ts';
import { isMalformed } from '../../formats/malformed.ts';
import { MAX_JSON } from '../docker/read-record.ts';
import type { ImageFacts, StoredImage } from './records.ts';

/** Where a data item of an image lies. */
export function imageDataPath(driver: string, image: StoredImage, key: string): BytePath {
  const name = Buffer.from(bigDataFileName(key), 'utf8').toString('latin1');
  return joinPath(image.home, `${driver}-images`, image.id, name);
}

function readData(host: Host, driver: string, image: StoredImage, key: string): Buffer | null {
  if (!image.bigDataNames.includes(key)) return null;
  const bytes = host.fs.readFile(imageDataPath(driver, image, key), MAX_JSON);
  return isFailure(bytes) ? null : bytes;
}

/** What two entries must have in common to be the same one (libimage/oci.go historiesMatch). */
function historyText(entry: JsonObject): string {
  return JSON.stringify([
    timeAt(entry, 'created'),
    textAt(entry, 'created_by'),
    textAt(entry, 'author'),
    textAt(entry, 'comment'),
    memberOf(entry, 'empty_layer') === true,
  ]);
}

function factsIn(record: JsonObject): ImageFacts {
  const rootfs = objectAt(record, 'rootfs');
  return {
    diffIds: rootfs === null ? [] : textsAt(rootfs, 'diff_ids'),
    history: objectsAt(record, 'history').map(historyText),
    created: timeAt(record, 'created'),
  };
}

/** The digest of the configuration: the image's own ID, or what its manifest names. */
function configKeys(host: Host, driver: string, image: StoredImage): readonly string[] {
  const own = `sha256:${image.id}`;
  if (image.bigDataNames.includes(own)) return [own];
  const manifest = readData(host, driver, image, 'manifest');
  const named =
    manifest === null
      ? null
      : parseRecord(manifest, (record) => textAt(objectAt(record, 'config') ?? {}, 'digest'));
  return typeof named === 'string' && named !== '' ? [named] : [];
}

/** An image's configuration; null where there is none (a manifest list) or it cannot be read. */
export function readImageFacts(host: Host, driver: string, image: StoredImage): ImageFacts | null {
  for (const key of configKeys(host, driver, image)) {
    const bytes = readData(host, driver, image, key);
    const facts = bytes === null ? null : parseRecord(bytes, factsIn);
    if (facts !== null && !isMalformed(facts)) return facts;
  }
  return null;
}
