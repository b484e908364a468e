/** A container's `config.v2.json` (moby container/container.go Container, container/state.go State). */
import { isContainerId, isDigest } from '../model/ids.ts';
import type { ContainerId, Digest, ImageId } from '../model/ids.ts';
import { flagAt, objectAt, objectEntriesAt, parseRecord, refuse, textAt, textMapAt, timeAt } from './json.ts';
import type { JsonObject } from './json.ts';
import type { Malformed } from './malformed.ts';

export interface ContainerConfig {
  readonly id: ContainerId;
  /** Without the leading slash. */
  readonly name: string;
  readonly imageId: ImageId | null;
  readonly imageName: string;
  readonly state: string;
  readonly created: string | null;
  readonly driver: string;
  readonly os: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly volumeNames: readonly string[];
  readonly logPath: string;
  /** `ImageManifest`: the manifest of its platform; only engines on the containerd image store write it. */
  readonly imageManifest?: Digest;
}

const NO_LABELS: Readonly<Record<string, string>> = Object.freeze(
  Object.create(null) as Record<string, string>,
);

/** The order of moby container/state.go StateString. `removing` is never written down (RemovalInProgress is not in the file). */
function stateWord(state: JsonObject | null): string {
  if (state === null) return 'created';
  const running = flagAt(state, 'Running');
  const paused = flagAt(state, 'Paused');
  const restarting = flagAt(state, 'Restarting');
  const dead = flagAt(state, 'Dead');
  const started = timeAt(state, 'StartedAt');
  if (running) return paused ? 'paused' : restarting ? 'restarting' : 'running';
  if (dead) return 'dead';
  return started === null ? 'created' : 'exited';
}

/** Names that count as references of a volume: mount points with a volume driver (moby daemon/mounts.go, lazyInitializeVolume). */
function volumesOf(record: JsonObject): readonly string[] {
  const names = new Set<string>();
  for (const [, point] of objectEntriesAt(record, 'MountPoints')) {
    const name = textAt(point, 'Name');
    if (textAt(point, 'Driver') !== '' && name !== '') names.add(name);
  }
  return [...names].sort();
}

function readContainer(record: JsonObject): ContainerConfig {
  const id = textAt(record, 'ID');
  if (!isContainerId(id)) return refuse('its "ID" is not a container ID');
  const image = textAt(record, 'Image');
  const config = objectAt(record, 'Config');
  const manifest = objectAt(record, 'ImageManifest');
  const manifestDigest = manifest === null ? '' : textAt(manifest, 'digest');
  return {
    id,
    name: textAt(record, 'Name').replace(/^\//, ''),
    imageId: isDigest(image) ? (image as ImageId) : null,
    imageName: config === null ? '' : textAt(config, 'Image'),
    state: stateWord(objectAt(record, 'State')),
    created: timeAt(record, 'Created'),
    driver: textAt(record, 'Driver'),
    os: textAt(record, 'OS') || 'linux',
    labels: config === null ? NO_LABELS : textMapAt(config, 'Labels'),
    volumeNames: volumesOf(record),
    logPath: textAt(record, 'LogPath'),
    ...(isDigest(manifestDigest) ? { imageManifest: manifestDigest } : {}),
  };
}

export function parseContainerConfig(bytes: Buffer): ContainerConfig | Malformed {
  return parseRecord(bytes, readContainer, { stream: true });
}

/** `hostconfig.json`: the engine does not load a container whose file is there and does not parse. */
export function parseHostConfig(bytes: Buffer): true | Malformed {
  return parseRecord(bytes, () => true as const, { stream: true });
}
