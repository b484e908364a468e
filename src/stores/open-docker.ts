import type { BytePath } from '../model/bytes.ts';
import { bytePath, joinPath, pathText } from '../model/bytes.ts';
import { WeighError, isWeighError } from '../model/errors.ts';
import { isFailure } from '../host/host.ts';
import type { Host } from '../host/host.ts';
import {
  DOCKER_NAMESPACE,
  holdsContainerdImages,
  openDockerContainerd,
  ownContainerd,
} from './containerd/open-docker.ts';
import { isContainerdRoot, openContainerdRoot } from './containerd/open-root.ts';
import { isSnapshotterName } from './containerd/snapshotters.ts';
import type { DockerContainerdStore } from './containerd/records.ts';
import { isDriverName } from './docker/choose-driver.ts';
import { dockerStoresAt } from './docker/docker-stores-at.ts';
import type { DockerStore } from './docker/records.ts';

/** A Docker store of either kind. */
export type AnyDockerStore = DockerStore | DockerContainerdStore;

export interface DockerAt {
  readonly root: BytePath;
  /** A graph driver or a snapshotter; absent: by the engine's own rule of choice. */
  readonly driver?: string | undefined;
  /** Root of the containerd that holds its images. */
  readonly containerd?: BytePath | undefined;
  /** The engine's namespace there. */
  readonly namespace?: string | undefined;
  /** The engine is configured to keep images with containerd. */
  readonly prefersContainerd?: boolean | undefined;
  /** Where the system's containerd is, which an engine uses that runs none of its own. */
  readonly systemContainerd?: BytePath | undefined;
}

/**
 * The stores of a data root. An engine works with graph drivers or with containerd, and sees nothing of what the other one left: the one that its
 * configuration names; else a graph driver that has data (moby 24-29: daemon/image_store_choice.go determineImageStoreChoice); else containerd.
 *
 * @throws WeighError when there is none, or nothing can be read; USAGE for a driver that does not exist.
 */
export function openDockerAt(host: Host, at: DockerAt): readonly AnyDockerStore[] {
  const { root, driver } = at;
  if (at.containerd !== undefined || at.namespace !== undefined) return [onContainerd(host, at)];
  if (driver !== undefined && isDriverName(driver)) return dockerStoresAt(host, root, driver);
  if (driver !== undefined) {
    if (isSnapshotterName(driver)) return [onContainerd(host, at)];
    throw new WeighError('USAGE', `${driver} is no graph driver that weigh knows`);
  }
  if (at.prefersContainerd === true && containerdOf(host, at) !== null) return [onContainerd(host, at)];
  try {
    return dockerStoresAt(host, root);
  } catch (error) {
    if (!isWeighError(error) || error.code !== 'NOT_A_STORE' || containerdOf(host, at) === null) throw error;
    return [onContainerd(host, at)];
  }
}

/** The containerd that may hold a data root's images: its own, else the system's where that knows the engine's namespace. */
function containerdOf(host: Host, { root, systemContainerd }: DockerAt): BytePath | null {
  if (holdsContainerdImages(host, root)) return ownContainerd(root);
  if (systemContainerd === undefined || isFailure(host.fs.lstat(joinPath(root, 'containers')))) return null;
  if (!isContainerdRoot(host, systemContainerd)) return null;
  try {
    const { namespaces } = openContainerdRoot(host, systemContainerd);
    return namespaces.has(DOCKER_NAMESPACE) ? systemContainerd : null;
  } catch (error) {
    if (isWeighError(error)) return null;
    throw error;
  }
}

function onContainerd(host: Host, at: DockerAt): DockerContainerdStore {
  const { root, namespace, driver } = at;
  const containerd = at.containerd ?? containerdOf(host, at) ?? undefined;
  const snapshotter = driver;
  const store = openDockerContainerd(host, { root, containerd, namespace, snapshotter });
  return { ...store, hidden: classicHidden(host, store) };
}

/** What graph drivers left in the same root: an engine on containerd does not see it. */
function classicHidden(host: Host, { root, driver }: DockerContainerdStore): DockerContainerdStore['hidden'] {
  const entries = host.fs.readDirectory(joinPath(root, 'image'));
  if (isFailure(entries)) return [];
  return entries
    .filter(({ name }) => isDriverName(name))
    .map(({ name }) => ({
      driver: pathText(name),
      path: joinPath(root, name),
      why: `an engine that works with containerd (${driver}) does not see what ${pathText(name)} holds`,
    }));
}

/** Where the containerd of a system keeps its files unless it is told otherwise. */
export const SYSTEM_CONTAINERD: BytePath = bytePath('/var/lib/containerd');
