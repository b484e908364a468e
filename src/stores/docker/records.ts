import type { BytePath } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import type { ChainId, ContainerId, DiffId, Digest, DriverId, ImageId } from '../../model/ids.ts';
import type { DriverName } from '../../drivers/driver.ts';

/** A layer that the engine's loader accepts: diff, size and cache-id readable and its whole parent chain loaded (engines.md 1.2). */
export interface Layer {
  /** Identity of this layer on those below it; the key of the layer store. */
  readonly chainId: ChainId;
  /** Digest of its uncompressed tar. */
  readonly diffId: DiffId;
  /** Name of its directory in the graph driver's area. */
  readonly cacheId: DriverId;
  /** The layer below; null for a base. */
  readonly parent: ChainId | null;
  /** The `size` file: what the driver answered when the layer came in. */
  readonly recordedBytes: number;
}

/** A container's RW layer: the files of `layerdb/mounts/<container ID>`. */
export interface RwLayer {
  /** Its container. */
  readonly containerId: ContainerId;
  /** Name of its directory in the graph driver's area. */
  readonly mountId: DriverId;
  /** The layer between image and container, made before it started; null when there is none. */
  readonly initId: DriverId | null;
  /** Top layer of the image; null for an image without layers. */
  readonly parent: ChainId | null;
}

/** One consistent look at a layer store. */
export interface LayerStoreSnapshot {
  /** By chain ID. */
  readonly layers: ReadonlyMap<ChainId, Layer>;
  /** By container ID. */
  readonly rwLayers: ReadonlyMap<ContainerId, RwLayer>;
  /** `<hex>-<random>-removing` directories and tmp transactions left over. */
  readonly leftovers: readonly BytePath[];
  /** Records that could not be used, and why. */
  readonly problems: readonly Problem[];
}

/** One entry of an image's history, in the order of its configuration (oldest first). */
export interface HistoryEntry {
  /** RFC 3339. */
  readonly created: string | null;
  /** The command. */
  readonly createdBy: string;
  /** Free text; BuildKit writes `buildkit.dockerfile.v0`. */
  readonly comment: string;
  /** It made no layer. */
  readonly emptyLayer: boolean;
}

/** An image that the engine's loader accepts: its configuration's digest verifies and its top layer is loaded. */
export interface ImageRecord {
  /** Digest of its configuration. */
  readonly id: ImageId;
  /** `<name>:<tag>` and `<name>@<digest>`, familiar names as in repositories.json, sorted as the engine sorts them. */
  readonly tags: readonly string[];
  /** `<name>@<digest>`. */
  readonly repoDigests: readonly string[];
  /** Digests of its layers' uncompressed tars, base first. */
  readonly diffIds: readonly DiffId[];
  /** null for an image without layers. */
  readonly topChainId: ChainId | null;
  /** Oldest first. */
  readonly history: readonly HistoryEntry[];
  /** As written in the configuration (RFC 3339), null when absent or the zero time. */
  readonly created: string | null;
  /** e.g. `linux`. */
  readonly os: string;
  /** e.g. `amd64`. */
  readonly architecture: string;
  /** e.g. `v8`; empty when there is none. */
  readonly variant: string;
  /** From its configuration. */
  readonly labels: Readonly<Record<string, string>>;
  /** From imagedb metadata (`parent`), not from the configuration. */
  readonly parent: ImageId | null;
}

/** A container as its `config.v2.json` describes it, in bytes and words of the engine. */
export interface ContainerRecord {
  /** Full ID; also the name of its directory. */
  readonly id: ContainerId;
  /** Without the leading slash. */
  readonly name: string;
  /** The image it was made from; it may be gone by now. */
  readonly imageId: ImageId | null;
  /** The image as the user wrote it (Config.Image). */
  readonly imageName: string;
  /** Engine's words: created, running, paused, restarting, removing, exited, dead. */
  readonly state: string;
  /** RFC 3339. */
  readonly created: string | null;
  /** Graph driver or snapshotter the container was made with. */
  readonly driver: string;
  /** Operating system of its image. */
  readonly os: string;
  /** As the user and the image set them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Named volumes it mounts, in any state. */
  readonly volumeNames: readonly string[];
  /** Where its log driver writes, as the record says; never followed. */
  readonly logPath: string;
  /** The manifest of its platform; only engines on the containerd image store write it. */
  readonly imageManifest?: Digest;
}

/** A named volume. */
export interface VolumeRecord {
  /** Its name. */
  readonly name: string;
  /** Volume driver; `local` is the built-in one. */
  readonly driver: string;
  /** Driver options are set: the engine leaves it out of df. */
  readonly hasOptions: boolean;
  /** What a container sees of it. */
  readonly dataDirectory: BytePath;
  /** As the user set them. */
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly created: string | null;
}

/** One record of BuildKit's cache as `GET /system/df` shows it. */
export interface BuildCacheRecord {
  /** BuildKit's own ID. */
  readonly id: string;
  /** IDs of the records that it was built on. */
  readonly parents: readonly string[];
  /** e.g. `regular`, `source.local`, `exec.cachemount`. */
  readonly type: string;
  /** What made it, e.g. the Dockerfile line. */
  readonly description: string;
  /** A build holds it now. */
  readonly inUse: boolean;
  /** The snapshot is an image layer too. */
  readonly shared: boolean;
  /** What the engine reports; null when it would have to be measured and could not be. */
  readonly bytes: number | null;
  /** RFC 3339. */
  readonly createdAt: string | null;
  /** RFC 3339; null when it was never used again. */
  readonly lastUsedAt: string | null;
  /** How often builds used it. */
  readonly usageCount: number;
  /** Layers of the layer store that this record keeps alive. */
  readonly chainId: ChainId | null;
  /** Directory of the graph driver that holds it, for a record that is not a layer. */
  readonly driverId: DriverId | null;
  /** Directory that the driver compares `driverId` with where `bytes` is null; null: with nothing. */
  readonly parentDriverId?: DriverId | null;
  /** Compressed blob that BuildKit keeps for the record: already in `bytes`, to be added where `bytes` is null. */
  readonly blobBytes?: number;
}

/** Everything that one Docker data root of one graph driver holds, read once. */
export interface DockerStore {
  /** The kind of store. */
  readonly kind: 'docker';
  /** Canonical. For a userns root the `<uid>.<gid>` directory. */
  readonly root: BytePath;
  /** The graph driver whose records these are. */
  readonly driver: DriverName;
  /** `docker:<root>#<driver>`, as reports name it. */
  readonly name: string;
  /** Set where the store's layers belong to another operating system than Linux. */
  readonly foreignOs: string | null;
  /** Layers and RW layers. */
  readonly layers: () => LayerStoreSnapshot;
  /** Images that the engine loads. */
  readonly images: () => { readonly records: readonly ImageRecord[]; readonly problems: readonly Problem[] };
  /** Containers of this driver that the engine can parse, loaded or not. */
  readonly containers: () => {
    readonly records: readonly ContainerRecord[];
    readonly problems: readonly Problem[];
  };
  /** Named volumes. */
  readonly volumes: () => {
    readonly records: readonly VolumeRecord[];
    readonly problems: readonly Problem[];
  };
  /** Records of BuildKit. */
  readonly buildCache: () => {
    readonly records: readonly BuildCacheRecord[];
    readonly problems: readonly Problem[];
  };
  /** Compressed digests known for a layer (distribution metadata), for later use. */
  readonly blobsOf: (
    diffId: DiffId,
  ) => readonly { readonly digest: Digest; readonly bytes: number | null; readonly source: string }[];
  /** Other graph drivers' or a containerd store's data under the same root. */
  readonly hidden: readonly { readonly driver: string; readonly path: BytePath; readonly why: string }[];
  /** What went wrong when the store was opened. */
  readonly problems: readonly Problem[];
}
