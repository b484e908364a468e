/**
 * Podman's own records of containers and volumes (podman 4.3-5.8 libpod: ContainerConfig, ContainerState, VolumeConfig), the same JSON in
 * its bbolt and its SQLite database.
 */
import { integerAt, memberOf, objectsAt, parseRecord, textAt, textMapAt, timeAt } from './json.ts';
import type { JsonObject } from './json.ts';
import type { Malformed } from './malformed.ts';

/** What a container was made from. */
export interface LibpodContainer {
  readonly id: string;
  readonly name: string;
  /** As the user wrote it, resolved; '' with a root of its own. */
  readonly imageName: string;
  readonly imageId: string;
  /** Path of a root file system that is no image (`--rootfs`); '' otherwise. */
  readonly rootfs: string;
  /** RFC 3339. */
  readonly created: string | null;
  /** Named volumes that it mounts. */
  readonly volumeNames: readonly string[];
  /** The oldest Podman that writes a record with such members. */
  readonly writtenSince: string;
}

/** A named volume. */
export interface LibpodVolume {
  readonly name: string;
  /** '' and `local` are the built-in one. */
  readonly driver: string;
  /** Where its data lies; '' while it is not mounted. */
  readonly mountPoint: string;
  /** RFC 3339. */
  readonly created: string | null;
  readonly options: Readonly<Record<string, string>>;
}

/** podman libpod/define/containerstate.go ContainerStatus String, by its number. */
const STATES = [
  'unknown',
  'created',
  'initialized',
  'running',
  'stopped',
  'paused',
  'exited',
  'removing',
  'stopping',
] as const;

/** Members that every record has from a version on, newest first (podman libpod/container_config.go ContainerConfig). */
const MEMBERS: readonly (readonly [member: string, since: string])[] = [
  ['defaultPause', '5.5'],
  ['use_image_hosts', '5.3'],
  ['readWriteTmpfs', '4.7'],
  ['kubeExitCodePropagation', '4.6'],
  ['label_nested', '4.5'],
];
const OLDEST = '4.3';

/** ContainerConfig. */
export function parseLibpodContainer(bytes: Buffer): LibpodContainer | Malformed {
  return parseRecord(bytes, (record: JsonObject) => ({
    id: textAt(record, 'id'),
    name: textAt(record, 'name'),
    imageName: textAt(record, 'rootfsImageName'),
    imageId: textAt(record, 'rootfsImageID'),
    rootfs: textAt(record, 'rootfs'),
    created: timeAt(record, 'createdTime'),
    volumeNames: objectsAt(record, 'namedVolumes').map((volume) => textAt(volume, 'volumeName')),
    writtenSince: MEMBERS.find(([member]) => memberOf(record, member) !== undefined)?.[1] ?? OLDEST,
  }));
}

/** The state's word in ContainerState; `bad state` for a number that no version writes. */
export function parseLibpodState(bytes: Buffer): string | Malformed {
  return parseRecord(bytes, (record: JsonObject) => STATES[integerAt(record, 'state') ?? 0] ?? 'bad state');
}

/** VolumeConfig. */
export function parseLibpodVolume(bytes: Buffer): LibpodVolume | Malformed {
  return parseRecord(bytes, (record: JsonObject) => ({
    name: textAt(record, 'name'),
    driver: textAt(record, 'volumeDriver'),
    mountPoint: textAt(record, 'mountPoint'),
    created: timeAt(record, 'createdAt'),
    options: textMapAt(record, 'volumeOptions'),
  }));
}

/** VolumeState: where a volume with a driver or mount options is mounted now. */
export function parseLibpodVolumeState(bytes: Buffer): string | Malformed {
  return parseRecord(bytes, (record: JsonObject) => textAt(record, 'mountPoint'));
}
