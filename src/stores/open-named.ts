import { bytePath } from '../model/bytes.ts';
import type { Host } from '../host/host.ts';
import type { AnyStore } from './any-store.ts';
import { openContainerd } from './containerd/open-containerd.ts';
import { openNamedPodman } from './containers-storage/find-podman-stores.ts';
import { openDockerAt } from './open-docker.ts';

/** A store that the caller names. */
export interface NamedStore {
  /** The kind of store. */
  readonly kind: 'docker' | 'containerd' | 'podman';
  /** Its root, as text. */
  readonly path: string;
  /** Absent: by the engine's own rule of choice. */
  readonly driver?: string | undefined;
  /** docker: root of the containerd that holds its images; absent: the one below the data root. */
  readonly containerd?: string | undefined;
  /** docker: the engine's namespace in its containerd; absent: `moby`. containerd: only this namespace; absent: all. */
  readonly namespace?: string | undefined;
  /** podman: where the library keeps what does not outlive a restart. */
  readonly runRoot?: string | undefined;
  /** podman: where images are kept when not in the root. */
  readonly imageStore?: string | undefined;
}

/**
 * Opens the stores at a place that the caller names. Each kind has a function of its own here.
 *
 * @throws WeighError when there is none of this kind, or nothing of it can be read.
 */
export function openNamed(host: Host, named: NamedStore): readonly AnyStore[] {
  if (named.kind === 'containerd') {
    const { path, namespace, driver: snapshotter } = named;
    return openContainerd(host, { root: bytePath(path), namespace, snapshotter });
  }
  return named.kind === 'podman' ? [openNamedPodman(host, named)] : openDocker(host, named);
}

function openDocker(host: Host, { path, driver, containerd, namespace }: NamedStore): readonly AnyStore[] {
  return openDockerAt(host, {
    root: bytePath(path),
    driver,
    namespace,
    ...(containerd === undefined ? {} : { containerd: bytePath(containerd) }),
  });
}
