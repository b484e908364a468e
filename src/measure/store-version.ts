import { joinPath } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import { isFailure } from '../host/host.ts';
import type { Host } from '../host/host.ts';
import { isMalformed } from '../formats/malformed.ts';
import { memberOf, objectAt, parseRecord } from '../formats/json.ts';
import type { DockerStore } from '../stores/docker/records.ts';

/** What a version is seen by. */
type VersionedStore = Pick<DockerStore, 'root' | 'containers'>;

/** A container's configuration is smaller; a larger one tells nothing. */
const MAX_CONFIG = 4 * 1024 * 1024;
/** Containers whose records are looked at for the one written last. */
const MAX_CONTAINERS = 1000;
/** Directories that every engine makes at its start: a root without them is a partial copy. */
const MADE_AT_START = ['containers', 'volumes', 'tmp', 'runtimes'];

/**
 * The newest engine version that a store's files allow, or null where they allow the newest there is.
 *
 * An engine writes the configuration of each of its containers anew when it starts (moby 20.10-29: daemon/daemon.go restore, checkpointAndSave), with
 * every member that its own type has (container/container.go Container; daemon/network/settings.go Settings): `ImageManifest` since 24.0, `ImagePlatform`
 * since 28.0, `HairpinMode` until 28. Since 23.0 it keeps `engine-id` in its root (daemon/daemon.go NewDaemon, loadOrCreateID).
 */
export function versionShownBy(host: Host, store: VersionedStore): string | null {
  const config = newestConfig(host, store);
  const members = config === null ? null : membersOf(host, config);
  if (members === null) return hasNoEngineId(host, store.root) ? '20.10' : null;
  if (members.imagePlatform) return members.hairpinMode ? '28.5' : null;
  if (members.imageManifest) return '27.5';
  return isFailure(host.fs.lstat(joinPath(store.root, 'engine-id'))) ? '20.10' : '23.0';
}

function hasNoEngineId(host: Host, root: BytePath): boolean {
  const id = host.fs.lstat(joinPath(root, 'engine-id'));
  if (!isFailure(id) || id.errno !== 'ENOENT') return false;
  return MADE_AT_START.every((name) => !isFailure(host.fs.lstat(joinPath(root, name))));
}

/** The container record of this driver that was written last: an engine of another driver leaves it as it was. */
function newestConfig(host: Host, store: VersionedStore): BytePath | null {
  let newest: BytePath | null = null;
  let written = Number.NEGATIVE_INFINITY;
  for (const { id } of store.containers().records.slice(0, MAX_CONTAINERS)) {
    const path = joinPath(store.root, 'containers', id, 'config.v2.json');
    const stat = host.fs.lstat(path);
    if (isFailure(stat) || stat.mtimeSeconds <= written) continue;
    newest = path;
    written = stat.mtimeSeconds;
  }
  return newest;
}

interface Members {
  readonly imageManifest: boolean;
  readonly imagePlatform: boolean;
  readonly hairpinMode: boolean;
}

/** Null where the record does not tell: not readable, or without network settings. */
function membersOf(host: Host, path: BytePath): Members | null {
  const bytes = host.fs.readFile(path, MAX_CONFIG);
  if (isFailure(bytes)) return null;
  const members = parseRecord(bytes, (record): Members | null => {
    const network = objectAt(record, 'NetworkSettings');
    if (network === null) return null;
    return {
      imageManifest: memberOf(record, 'ImageManifest') !== undefined,
      imagePlatform: memberOf(record, 'ImagePlatform') !== undefined,
      hairpinMode: memberOf(network, 'HairpinMode') !== undefined,
    };
  });
  return isMalformed(members) ? null : members;
}
