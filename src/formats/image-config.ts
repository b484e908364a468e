/**
 * An image's configuration as the graph driver stores keep it (imagedb/content/sha256/<image ID>; moby image/image.go NewFromJSON).
 * The same words serve for OCI configurations.
 */
import { isDigest } from '../model/ids.ts';
import type { DiffId } from '../model/ids.ts';
import {
  flagAt,
  objectAt,
  objectsAt,
  parseRecord,
  refuse,
  textAt,
  textMapAt,
  textsAt,
  timeAt,
} from './json.ts';
import type { JsonObject } from './json.ts';
import type { Malformed } from './malformed.ts';

export interface ConfigHistory {
  readonly created: string | null;
  readonly createdBy: string;
  readonly comment: string;
  readonly emptyLayer: boolean;
}

export interface ImageConfig {
  readonly diffIds: readonly DiffId[];
  /** Whether each entry of rootfs.diff_ids is a sha256 digest. The engine looks such an image's layer up and finds none. */
  readonly diffIdsValid: boolean;
  readonly history: readonly ConfigHistory[];
  readonly created: string | null;
  /** '' when not given: the engine takes its own. */
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
  readonly labels: Readonly<Record<string, string>>;
}

const NO_LABELS: Readonly<Record<string, string>> = Object.freeze(
  Object.create(null) as Record<string, string>,
);

function readHistory(entry: JsonObject): ConfigHistory {
  return {
    created: timeAt(entry, 'created'),
    createdBy: textAt(entry, 'created_by'),
    comment: textAt(entry, 'comment'),
    emptyLayer: flagAt(entry, 'empty_layer'),
  };
}

function readConfig(record: JsonObject): ImageConfig {
  const rootfs = objectAt(record, 'rootfs') ?? refuse('it has no "rootfs"');
  const diffIds = textsAt(rootfs, 'diff_ids');
  const config = objectAt(record, 'config');
  return {
    diffIds: diffIds as readonly DiffId[],
    diffIdsValid: diffIds.every(isDigest),
    history: objectsAt(record, 'history').map(readHistory),
    created: timeAt(record, 'created'),
    os: textAt(record, 'os'),
    architecture: textAt(record, 'architecture'),
    variant: textAt(record, 'variant'),
    labels: config === null ? NO_LABELS : textMapAt(config, 'Labels'),
  };
}

export function parseImageConfig(bytes: Buffer): ImageConfig | Malformed {
  return parseRecord(bytes, readConfig);
}
