import type { BytePath } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import type { ChainId, ContainerId, DiffId, Digest, DriverId, ImageId } from '../../model/ids.ts';
import type { DriverName } from '../../drivers/driver.ts';

/** A layer that the engine's loader accepts: diff, size and cache-id readable and its whole parent chain loaded (engines.md 1.2). */
export interface Layer {
  readonly chainId: ChainId;
  readonly diffId: DiffId;
  readonly cacheId: DriverId;
  readonly parent: ChainId | null;
  /** The `size` file: what the driver answered when the layer came in. */
  readonly recordedBytes: number;
}

/** A container's RW layer: the files of `layerdb/mounts/<container ID>`. */
export interface RwLayer {
  readonly containerId: ContainerId;
  readonly mountId: DriverId;
  readonly initId: DriverId | null;
  /** Top layer of the image; null for an image without layers. */
  readonly parent: ChainId | null;
}

/** One consistent look at a layer store. */
export interface LayerStoreSnapshot {
  readonly layers: ReadonlyMap<ChainId, Layer>;
  readonly rwLayers: ReadonlyMap<ContainerId, RwLayer>;
  /** `<hex>-<random>-removing` directories and tmp transactions left over. */
  readonly leftovers: readonly BytePath[];
  readonly problems: readonly Problem[];
}

/** One entry of an image's history, in the order of its configuration (oldest first). */
export interface HistoryEntry {
  readonly created: string | null;
  readonly createdBy: string;
  readonly comment: string;
  readonly emptyLayer: boolean;
}

/** An image that the engine's loader accepts: its configuration's digest verifies and its top layer is loaded. */
export interface ImageRecord {
  readonly id: ImageId;
  /** `<name>:<tag>` and `<name>@<digest>`, familiar names as in repositories.json, sorted as the engine sorts them. */
  readonly tags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly diffIds: readonly DiffId[];
  /** null for an image without layers. */
  readonly topChainId: ChainId | null;
  readonly history: readonly HistoryEntry[];
  /** As written in the configuration (RFC 3339), null when absent or the zero time. */
  readonly created: string | null;
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
  readonly labels: Readonly<Record<string, string>>;
  /** From imagedb metadata (`parent`), not from the configuration. */
  readonly parent: ImageId | null;
}

/** A container as its `config.v2.json` describes it, in bytes and words of the engine. */
export interface ContainerRecord {
  readonly id: ContainerId;
  /** Without the leading slash. */
  readonly name: string;
  readonly imageId: ImageId | null;
  /** The image as the user wrote it (Config.Image). */
  readonly imageName: string;
  /** Engine's words: created, running, paused, restarting, removing, exited, dead. */
  readonly state: string;
  readonly created: string | null;
  /** Graph driver or snapshotter the container was made with. */
  readonly driver: string;
  readonly os: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Named volumes it mounts, in any state. */
  readonly volumeNames: readonly string[];
  readonly logPath: string;
}

/** A named volume. */
export interface VolumeRecord {
  readonly name: string;
  readonly driver: string;
  /** Driver options are set: the engine leaves it out of df. */
  readonly hasOptions: boolean;
  readonly dataDirectory: BytePath;
  readonly labels: Readonly<Record<string, string>>;
  readonly created: string | null;
}

/** One record of BuildKit's cache as `GET /system/df` shows it. */
export interface BuildCacheRecord {
  readonly id: string;
  readonly parents: readonly string[];
  readonly type: string;
  readonly description: string;
  readonly inUse: boolean;
  /** The snapshot is an image layer too. */
  readonly shared: boolean;
  /** What the engine reports; null when it would have to be measured and could not be. */
  readonly bytes: number | null;
  readonly createdAt: string | null;
  readonly lastUsedAt: string | null;
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
  readonly kind: 'docker';
  /** Canonical. For a userns root the `<uid>.<gid>` directory. */
  readonly root: BytePath;
  readonly driver: DriverName;
  /** `docker:<root>#<driver>`, as reports name it. */
  readonly name: string;
  /** Set where the store's layers belong to another operating system than Linux. */
  readonly foreignOs: string | null;
  readonly layers: () => LayerStoreSnapshot;
  readonly images: () => { readonly records: readonly ImageRecord[]; readonly problems: readonly Problem[] };
  readonly containers: () => {
    readonly records: readonly ContainerRecord[];
    readonly problems: readonly Problem[];
  };
  readonly volumes: () => {
    readonly records: readonly VolumeRecord[];
    readonly problems: readonly Problem[];
  };
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
  readonly problems: readonly Problem[];
}
