/** `volumes/metadata.db` (moby volume/service/db.go): bucket `volumes`, a JSON record per volume. */
import { bucketNamed } from './bbolt/bolt-file.ts';
import type { BoltBucket } from './bbolt/bolt-file.ts';
import { parseRecord, textAt, textMapAt } from './json.ts';
import { isMalformed } from './malformed.ts';

export interface VolumeMetadata {
  readonly name: string;
  /** '' in records of very old engines: any driver. */
  readonly driver: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
}

export interface VolumeMetadataList {
  readonly volumes: readonly VolumeMetadata[];
  /** Keys of records that do not parse: the engine logs and skips them. */
  readonly damaged: readonly string[];
}

export function readVolumeMetadata(root: BoltBucket): VolumeMetadataList {
  const volumes: VolumeMetadata[] = [];
  const damaged: string[] = [];
  for (const { key, value } of bucketNamed(root, 'volumes')?.entries() ?? []) {
    if (value === null || value.length === 0) continue;
    const record = parseRecord(value, (json) => ({
      name: textAt(json, 'Name'),
      driver: textAt(json, 'Driver'),
      labels: textMapAt(json, 'Labels'),
      options: textMapAt(json, 'Options'),
    }));
    if (isMalformed(record)) damaged.push(key.toString('utf8'));
    else volumes.push(record);
  }
  return { volumes, damaged };
}
