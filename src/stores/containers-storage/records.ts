import type { BytePath } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import type { StorageContainer, StorageImage, StorageLayer } from '../../formats/containers-storage.ts';
import type { LibpodContainer, LibpodVolume } from '../../formats/libpod.ts';
import type { OpenedStore } from '../opened-store.ts';

/** Graph drivers of containers/storage, by the names of their directories (`overlay2` is another name of `overlay`). */
export type StorageDriverName = 'overlay' | 'vfs' | 'btrfs' | 'zfs' | 'aufs';

/** A layer with the root that keeps its record: the graph root, the image store, or a further, read-only image store. */
export interface StoredLayer extends StorageLayer {
  /** The root whose `<driver>-layers` names it. */
  readonly home: BytePath;
  /** It is in a further image store, which the engine does not write to. */
  readonly readOnly: boolean;
}

/** An image with the root that keeps its record. */
export interface StoredImage extends StorageImage {
  /** The root whose `<driver>-images` names it. */
  readonly home: BytePath;
  /** It is in a further image store. */
  readonly readOnly: boolean;
}

/** A container of the storage library; its engine may be Podman, Buildah or CRI-O. */
export interface StoredContainer extends StorageContainer {
  /** Its record does not outlive a restart of the host. */
  readonly volatile: boolean;
}

/** One look at all records of a store. */
export interface StorageRecords {
  /** In the order in which the library lists them; the first of equal IDs is the one that it finds. */
  readonly layers: readonly StoredLayer[];
  /** By ID, the first of each. */
  readonly layerById: ReadonlyMap<string, StoredLayer>;
  /** In the order in which the library lists them. */
  readonly images: readonly StoredImage[];
  /** In the order in which the library lists them. */
  readonly containers: readonly StoredContainer[];
  /** Records that could not be used, and why. */
  readonly problems: readonly Problem[];
}

/** A container as Podman's own database tells it. */
export interface PodmanContainer extends LibpodContainer {
  /** Podman's word: created, initialized, running, stopped, paused, exited, removing, stopping, unknown. */
  readonly state: string;
}

/** A volume as Podman's own database tells it. */
export interface PodmanVolume extends LibpodVolume {
  /** Where it is mounted; '' while a volume with a driver is not: the engine leaves it out of its figures. */
  readonly mountedAt: string;
}

/** Podman's own database beside a store. */
export interface LibpodRecords {
  /** `none`: a store of CRI-O or Buildah alone, or one whose database is gone. */
  readonly database: 'bolt' | 'sqlite' | 'none';
  /** The database has the namespaces that Podman dropped with 4.5. */
  readonly hasNamespaces: boolean;
  readonly containers: readonly PodmanContainer[];
  readonly volumes: readonly PodmanVolume[];
  readonly problems: readonly Problem[];
}

/** What an image's configuration says. */
export interface ImageFacts {
  /** Digests of its layers' uncompressed tars, base first. */
  readonly diffIds: readonly string[];
  /** One text an entry, equal for equal entries; oldest first. */
  readonly history: readonly string[];
  /** RFC 3339; null when it does not say. */
  readonly created: string | null;
}

/** One root of containers/storage with one graph driver, read once: a store of Podman, Buildah or CRI-O. */
export interface PodmanStore extends OpenedStore {
  readonly kind: 'podman';
  readonly driver: StorageDriverName;
  /** Where the library keeps what does not outlive a restart; null when it is not known or not there. */
  readonly runRoot: BytePath | null;
  /** Where images and their layers are kept when not in the root. */
  readonly imageStore: BytePath | null;
  /** Further image stores that its configuration names, read-only. */
  readonly additionalStores: readonly BytePath[];
  /** Its overlays are mounted by a program in user space (fuse-overlayfs). */
  readonly mountProgram: boolean;
  /** Mount options of its configuration, '' when there are none: what names the cached answer about native diffs. */
  readonly mountOptions: string;
  /** Layers, images and containers. */
  readonly records: () => StorageRecords;
  /** Podman's containers and volumes. */
  readonly libpod: () => LibpodRecords;
  /** Whether a container is still in the records, looked at anew. */
  readonly stillHas: (containerId: string) => boolean;
  /** The configuration of an image; null when it cannot be read. */
  readonly factsOf: (image: StoredImage) => ImageFacts | null;
}
