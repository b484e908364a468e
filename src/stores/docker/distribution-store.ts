import type { BytePath } from '../../model/bytes.ts';
import { joinPath } from '../../model/bytes.ts';
import { digestHex, isDigest } from '../../model/ids.ts';
import type { DiffId } from '../../model/ids.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import { isMalformed } from '../../formats/malformed.ts';
import { parseBlobSources } from '../../formats/v2-metadata.ts';
import { readParsed } from './read-record.ts';
import type { DockerStore } from './records.ts';

/** Blobs by which a layer came from or went to a registry. The engine takes these records as hints: unreadable ones are none. Lengths are not in them. */
export function blobsOf(host: Host, imageRoot: BytePath, diffId: DiffId): ReturnType<DockerStore['blobsOf']> {
  if (!isDigest(diffId)) return [];
  const path = joinPath(imageRoot, 'distribution/v2metadata-by-diffid/sha256', digestHex(diffId));
  const sources = readParsed(host, path, parseBlobSources);
  if (isFailure(sources) || isMalformed(sources)) return [];
  return sources.map(({ digest, repository }) => ({ digest, bytes: null, source: repository }));
}
