import type { Bound, Finding } from './finding.ts';
import type { ExplainedFigure } from './step.ts';

/** Common to every report. `complete` is false as soon as a finding has an effect. Byte counts are raw; null is unknown. */
export interface ReportHead<S extends string> {
  /** Name and version of the report's shape. */
  readonly schema: S;
  /** False as soon as some number is not exact. */
  readonly complete: boolean;
  /** What went wrong, and which numbers it touches. */
  readonly findings: readonly Finding[];
}

/** Which engine's rules a store was measured by and how weigh knew. */
export interface RulesUsed {
  /** `kind:realpath#driver`. */
  readonly store: string;
  /** The graph driver. */
  readonly driver: string;
  /** e.g. "28.5". */
  readonly engineVersion: string;
  /** How it is known: told, answered by the engine, seen in the store's files, or the newest engine that writes such a store. */
  readonly engineVersionFrom: 'option' | 'engine' | 'store' | 'newest';
  /** Whether the engine's overlay2 uses its native diff; null for drivers without the choice. */
  readonly nativeDiff: boolean | null;
  /** How it is known: told, answered by the engine, derived from this host, or no question for this driver. */
  readonly nativeDiffFrom: 'option' | 'engine' | 'host' | 'driver';
}

/** One container. Sizes in bytes as the engine counts them. */
export interface ContainerRow {
  /** `kind:realpath#driver`. */
  readonly store: string;
  /** Full ID, 64 hex digits. */
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  /** The image as the user wrote it. */
  readonly image: string;
  /** `sha256:…`, null where the record names none. */
  readonly imageId: string | null;
  /** The engine's word: created, running, paused, restarting, removing, exited, dead. */
  readonly state: string;
  /** RFC 3339 UTC. */
  readonly created: string | null;
  /** What the container wrote; null where the engine does not answer a size or it is not known. */
  readonly sizeRw: number | null;
  /** The image's recorded layers and `sizeRw` together; 0 without image layers. */
  readonly sizeRootFs: number | null;
  /** The graph driver's code path: its own directory walked, two trees compared, a snapshotter's usage, nothing to measure, or a driver that cannot be read here. */
  readonly path: 'native' | 'naive' | 'snapshot' | 'none' | 'unsupported';
  /** Only where the engine's answer is not a size. */
  readonly engineAnswer?: -1 | 'error' | 'not listed' | 'unknown';
}

/** `weigh containers`. */
export interface ContainersReport extends ReportHead<'weigh.containers/1'> {
  /** One entry a store. */
  readonly rules: readonly RulesUsed[];
  /** By store, then newest first, then ID. */
  readonly containers: readonly ContainerRow[];
}

/** One image. Sizes are sums of what the store recorded for its layers, in bytes. */
export interface ImageRow {
  /** `kind:realpath#driver`. */
  readonly store: string;
  /** `sha256:…` of its configuration. */
  readonly id: string;
  /** `name:tag`, as the engine sorts them; empty for a dangling image. */
  readonly names: readonly string[];
  /** `name@digest`. */
  readonly repoDigests: readonly string[];
  /** All its layers. */
  readonly size: number;
  /** The layers that other images use too, by the rule of the engine's version. */
  readonly sharedSize: number;
  /** `size` minus `sharedSize`. */
  readonly uniqueSize: number;
  /** Containers made from it that the engine loads, in any state. */
  readonly containers: number;
  /** RFC 3339, as its configuration says. */
  readonly created: string | null;
}

/** `weigh images`. */
export interface ImagesReport extends ReportHead<'weigh.images/1'> {
  /** One entry a store. */
  readonly rules: readonly RulesUsed[];
  /** By store, then newest first, then ID. */
  readonly images: readonly ImageRow[];
}

/** `size`, `reclaimable`, `active`, `count`: what the engine's own `system df` prints, raw. The exact ones are weigh's. */
export interface DfGroup {
  /** TOTAL of the engine. */
  readonly count: number;
  /** ACTIVE of the engine. */
  readonly active: number;
  /** SIZE of the engine, bytes. */
  readonly size: number | null;
  /** RECLAIMABLE of the engine, bytes; may be negative. */
  readonly reclaimable: number | null;
  /** What removing everything unused would take off, in the same unit, shared layers once. */
  readonly exactReclaimable: number | null;
  /** The same in allocated blocks; null when it was not asked for or cannot be walked. */
  readonly exactReclaimableDisk: number | null;
}

/** `system df` of one store. */
export interface DfStore {
  /** `kind:realpath#driver`. */
  readonly store: string;
  /** The graph driver. */
  readonly driver: string;
  /** Whose rules were used. */
  readonly engineVersion: string;
  /** Recorded bytes of the layers of all images, each once. */
  readonly layersSize: number;
  /** Images line. */
  readonly images: DfGroup;
  /** Containers line. */
  readonly containers: DfGroup;
  /** Local Volumes line. */
  readonly volumes: DfGroup;
  /** Build Cache line. */
  readonly buildCache: DfGroup;
  /** One sentence a group whose two reclaimable figures differ: why. `bytes` is the exact one minus the engine's. */
  readonly differences: readonly {
    readonly group: 'images' | 'containers' | 'volumes' | 'buildCache';
    readonly bytes: number;
    readonly why: string;
  }[];
  /** The rows of `system df -v`, with those that the engine leaves out marked. */
  readonly details: {
    readonly images: readonly ImageRow[];
    readonly containers: readonly ContainerRow[];
    readonly volumes: readonly {
      readonly name: string;
      readonly size: number | null;
      readonly refCount: number;
      readonly engineAnswer?: -1 | 'not listed' | 'unknown';
    }[];
    readonly buildCache: readonly {
      readonly id: string;
      readonly type: string;
      readonly description: string;
      readonly size: number | null;
      readonly inUse: boolean;
      readonly shared: boolean;
      readonly createdAt: string | null;
      readonly lastUsedAt: string | null;
      readonly usageCount: number;
    }[];
  };
}

/** `weigh df`. */
export interface DfReport extends ReportHead<'weigh.df/1'> {
  /** One entry a store. */
  readonly rules: readonly RulesUsed[];
  /** By store. */
  readonly stores: readonly DfStore[];
}

/** `weigh explain`. */
export interface ExplainReport extends ReportHead<'weigh.explain/1'> {
  /** One entry a store. */
  readonly rules: readonly RulesUsed[];
  /** What was explained. */
  readonly subject: {
    readonly kind: 'container' | 'image' | 'df';
    readonly store: string;
    readonly id: string;
    readonly name: string;
  };
  /** The numbers, each with its steps. */
  readonly figures: readonly ExplainedFigure[];
}

/** `weigh` alone: the host. */
export interface HostReport extends ReportHead<'weigh.host/1'> {
  /** One entry a store. */
  readonly rules: readonly RulesUsed[];
  /** The file systems that hold the stores. */
  readonly fileSystems: readonly {
    readonly mount: string;
    readonly source: string;
    readonly totalBytes: number;
    readonly freeBytes: number;
  }[];
  /** What each store holds, bytes as its engine counts them. */
  readonly stores: readonly {
    readonly store: string;
    readonly driver: string;
    readonly images: number;
    readonly imagesSize: number | null;
    readonly containers: number;
    readonly containersSize: number | null;
    readonly volumes: number;
    readonly volumesSize: number | null;
    readonly buildCacheSize: number | null;
    readonly hidden: readonly string[];
  }[];
  /** Who the bytes belong to, largest first, and how many of them can go. */
  readonly owners: readonly {
    readonly what: string;
    readonly bytes: number | null;
    readonly canGo: number | null;
    readonly bound?: Bound;
  }[];
}
