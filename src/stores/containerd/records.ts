import type {
  MetaBlob,
  MetaContainer,
  MetaImage,
  MetaLease,
  MetaNamespace,
} from '../../formats/containerd-meta.ts';
import type { SnapshotKind } from '../../formats/containerd-snapshots.ts';
import type { Malformed } from '../../formats/malformed.ts';
import type { Failure } from '../../host/host.ts';
import type { BytePath } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import type { ContainerRecord, VolumeRecord } from '../docker/records.ts';
import type { OpenedStore } from '../opened-store.ts';

/** A snapshot of one namespace, joined with what its snapshotter knows of it. */
export interface Snapshot {
  /** What its namespace calls it. */
  readonly key: string;
  /** The key of the one below it; '' for none. */
  readonly parent: string;
  readonly labels: ReadonlyMap<string, string>;
  /** What its snapshotter recorded; null where it records nothing of that name (the engine answers "not found"). */
  readonly backend: {
    readonly id: number;
    readonly kind: SnapshotKind;
    /** Written down when it was committed. */
    readonly bytes: number | null;
    /** The one below it in the snapshotter's own records, whatever the namespace says. */
    readonly parent: { readonly id: number; readonly bytes: number | null } | null;
    /** The snapshotter names one below it that it does not have. */
    readonly parentMissing: boolean;
  } | null;
}

/** The snapshots of one namespace in one snapshotter. */
export interface Snapshots {
  /** Name of the snapshotter, e.g. `overlayfs`. */
  readonly snapshotter: string;
  /** Its directory. */
  readonly root: BytePath;
  /** In the order of the keys' bytes. */
  readonly byKey: ReadonlyMap<string, Snapshot>;
  /** What could not be read, and why: without it no number of this snapshotter is known. */
  readonly problems: readonly Problem[];
  /** Whether the snapshotter's own records could be read. */
  readonly known: boolean;
}

/** The content of one namespace. */
export interface Content {
  /** What the namespace records for a digest; undefined where it has none (the engine answers "not found"). */
  info(digest: string): MetaBlob | undefined;
  /** Every blob that the namespace records, by digest. */
  readonly blobs: ReadonlyMap<string, MetaBlob>;
  /** Whether a blob is recorded and its file is there. */
  exists(digest: string): boolean;
  /** The bytes of a small blob, a document. */
  read(digest: string): Buffer | Failure | Malformed;
}

/** One namespace of a containerd root. */
export interface Namespace {
  readonly name: string;
  /** In the order of the names' bytes. */
  readonly images: ReadonlyMap<string, MetaImage>;
  readonly containers: ReadonlyMap<string, MetaContainer>;
  readonly leases: ReadonlyMap<string, MetaLease>;
  readonly content: Content;
  /** Names of snapshotters in which the namespace has snapshots. */
  readonly snapshotters: readonly string[];
  /** The snapshots of one snapshotter, read at the first call. */
  readonly snapshots: (snapshotter: string) => Snapshots;
  /** What could not be read of it. */
  readonly problems: readonly Problem[];
}

/** A containerd root: `/var/lib/containerd`, or the one that a Docker daemon runs in its own data root. */
export interface ContainerdRoot {
  /** Canonical. */
  readonly root: BytePath;
  readonly namespaces: ReadonlyMap<string, MetaNamespace>;
  /** Undefined where there is none of this name. */
  readonly namespace: (name: string) => Namespace | undefined;
}

/** A Docker data root whose engine keeps images and containers with containerd. */
export interface DockerContainerdStore extends OpenedStore {
  readonly kind: 'docker-containerd';
  /** The snapshotter, e.g. `overlayfs`. */
  readonly driver: string;
  /** Where its containerd keeps its files: below the data root, or elsewhere. */
  readonly containerdRoot: BytePath;
  readonly namespace: Namespace;
  readonly snapshots: () => Snapshots;
  /** Containers of this snapshotter that the engine can parse, loaded or not. */
  readonly containers: () => {
    readonly records: readonly ContainerRecord[];
    readonly problems: readonly Problem[];
  };
  readonly volumes: () => {
    readonly records: readonly VolumeRecord[];
    readonly problems: readonly Problem[];
  };
}

/** One namespace of a containerd, as its own clients see it. */
export interface ContainerdStore extends OpenedStore {
  readonly kind: 'containerd';
  /** The snapshotter of most of its snapshots. */
  readonly driver: string;
  readonly namespace: Namespace;
}
