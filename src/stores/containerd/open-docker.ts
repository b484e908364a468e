/**
 * A Docker data root whose engine keeps images with containerd (moby 24-29 daemon/containerd, cmd/dockerd/daemon.go):
 *
 *     <data root>/containers/<id>/config.v2.json    `Driver` names the snapshotter, `ImageManifest` the platform's manifest
 *     <data root>/volumes/                          as with a graph driver
 *     <data root>/containerd/daemon/                the root of the containerd that the engine runs itself, or
 *     /var/lib/containerd                           that of the system's, when it ran before the engine
 *
 * Names are in the namespace `moby`; a container's snapshot has the container's ID, that of its init layer `<id>-init` (25.0 and later).
 */
import type { BytePath } from '../../model/bytes.ts';
import { joinPath, pathText } from '../../model/bytes.ts';
import { WeighError } from '../../model/errors.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import { readContainers } from '../docker/container-store.ts';
import { readVolumes } from '../docker/volume-store.ts';
import { once } from '../once.ts';
import { isContainerdRoot, openContainerdRoot } from './open-root.ts';
import type { DockerContainerdStore, Namespace } from './records.ts';

/** The namespace of an engine that is not told another. */
export const DOCKER_NAMESPACE = 'moby';
const OWN_CONTAINERD = 'containerd/daemon';
/** What the engine takes when it is told nothing (moby 24-29). */
const DEFAULT_SNAPSHOTTER = 'overlayfs';

export interface OpenDockerContainerd {
  /** The data root. */
  readonly root: BytePath;
  /** Root of its containerd; absent: the one below the data root. */
  readonly containerd?: BytePath | undefined;
  /** Default `moby`. */
  readonly namespace?: string | undefined;
  /** Absent: the one that the namespace uses. */
  readonly snapshotter?: string | undefined;
}

/** Where the containerd that an engine runs itself keeps its files. */
export function ownContainerd(root: BytePath): BytePath {
  return joinPath(root, OWN_CONTAINERD);
}

/** Whether an engine that ran its own containerd has kept images or containers there. */
export function holdsContainerdImages(host: Host, root: BytePath): boolean {
  const path = ownContainerd(root);
  return isContainerdRoot(host, path) && !isFailure(host.fs.lstat(joinPath(path, CONTENT)));
}

const CONTENT = 'io.containerd.content.v1.content/blobs/sha256';

/**
 * Opens a data root of an engine on the containerd image store.
 *
 * @throws WeighError when there is none, or its names cannot be read.
 */
export function openDockerContainerd(host: Host, options: OpenDockerContainerd): DockerContainerdStore {
  const root = host.fs.realPath(options.root);
  if (isFailure(root)) {
    const what = root.errno === 'ENOENT' ? 'NOT_FOUND' : 'UNREADABLE';
    throw new WeighError(what, `cannot read ${pathText(options.root)} (${root.errno})`);
  }
  const containerd = openContainerdRoot(host, options.containerd ?? ownContainerd(root));
  const name = options.namespace ?? DOCKER_NAMESPACE;
  const namespace = containerd.namespace(name);
  if (namespace === undefined) {
    const there = [...containerd.namespaces.keys()].join(', ') || 'none';
    throw new WeighError('NOT_FOUND', `${pathText(containerd.root)} has no namespace ${name}`, {
      hint: `Namespaces there: ${there}.`,
    });
  }
  const driver = options.snapshotter ?? snapshotterOf(namespace);
  return {
    kind: 'docker-containerd',
    root,
    driver,
    name: `docker:${pathText(root)}#${driver}`,
    containerdRoot: containerd.root,
    namespace,
    snapshots: () => namespace.snapshots(driver),
    containers: once(() => readContainers(host, root, driver)),
    volumes: once(() => readVolumes(host, root)),
    hidden: [],
    problems: namespace.problems,
  };
}

function snapshotterOf(namespace: Namespace): string {
  const { snapshotters } = namespace;
  return snapshotters.includes(DEFAULT_SNAPSHOTTER)
    ? DEFAULT_SNAPSHOTTER
    : (snapshotters[0] ?? DEFAULT_SNAPSHOTTER);
}
