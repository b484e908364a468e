import type { ContainerdStore, DockerContainerdStore } from './containerd/records.ts';
import type { PodmanStore } from './containers-storage/records.ts';
import type { DockerStore } from './docker/records.ts';

/**
 * An opened store of any kind. A further kind joins by its type here (an `OpenedStore` with its own `kind` and records), by its way in
 * `open-named.ts` and `find-stores.ts`, and by a `StoreMeter` in `measure/meter.ts`.
 */
export type AnyStore = DockerStore | DockerContainerdStore | ContainerdStore | PodmanStore;
