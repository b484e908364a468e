/** `distribution/v2metadata-by-diffid/sha256/<hex>`: blobs that are known to hold a layer (moby distribution/metadata/v2_metadata_service.go). */
import { isDigest } from '../model/ids.ts';
import type { Digest } from '../model/ids.ts';
import { parseRecord, refuse, textAt } from './json.ts';
import type { JsonObject } from './json.ts';
import type { Malformed } from './malformed.ts';

export interface BlobSource {
  readonly digest: Digest;
  /** e.g. `docker.io/library/busybox`; '' when it is not known. */
  readonly repository: string;
}

/** The engine keeps the newest 50. */
const MAX_SOURCES = 1000;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function parseBlobSources(bytes: Buffer): readonly BlobSource[] | Malformed {
  // A list, not an object: wrapped, so that the one reader of records serves.
  const wrapped = Buffer.concat([Buffer.from('{"list":'), bytes, Buffer.from('}')]);
  return parseRecord(wrapped, (record) => {
    const list = record['list'];
    if (list === null) return [];
    if (!Array.isArray(list)) return refuse('it is not a list');
    return list.slice(0, MAX_SOURCES).flatMap((entry: unknown) => {
      const source = isObject(entry) ? entry : refuse('it holds more than objects');
      const digest = textAt(source, 'Digest');
      return isDigest(digest) ? [{ digest, repository: textAt(source, 'SourceRepository') }] : [];
    });
  });
}
