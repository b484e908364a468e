import type { Bound, Finding } from './finding.ts';
import type { ExplainedFigure } from './step.ts';

/** Common to every report. `complete` is false as soon as a finding has an effect. Byte counts are raw; null is unknown. */
export interface ReportHead<S extends string> {
  readonly schema: S;
  readonly complete: boolean;
  readonly findings: readonly Finding[];
}

/** Which engine's rules a store was measured by and how weigh knew. */
export interface RulesUsed {
  readonly store: string;
  readonly driver: string;
  /** e.g. "28.5". */
  readonly engineVersion: string;
  readonly engineVersionFrom: 'option' | 'engine' | 'store' | 'newest';
  readonly nativeDiff: boolean | null;
  readonly nativeDiffFrom: 'option' | 'engine' | 'host' | 'driver';
}

export interface ContainerRow {
  readonly store: string;
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string | null;
  readonly state: string;
  readonly created: string | null;
  readonly sizeRw: number | null;
  readonly sizeRootFs: number | null;
  readonly path: 'native' | 'naive' | 'none' | 'unsupported';
  /** Only where the engine's answer is not a size. */
  readonly engineAnswer?: -1 | 'error' | 'not listed' | 'unknown';
}

export interface ContainersReport extends ReportHead<'weigh.containers/1'> {
  readonly rules: readonly RulesUsed[];
  readonly containers: readonly ContainerRow[];
}

export interface ImageRow {
  readonly store: string;
  readonly id: string;
  readonly names: readonly string[];
  readonly repoDigests: readonly string[];
  readonly size: number;
  readonly sharedSize: number;
  readonly uniqueSize: number;
  readonly containers: number;
  readonly created: string | null;
}

export interface ImagesReport extends ReportHead<'weigh.images/1'> {
  readonly rules: readonly RulesUsed[];
  readonly images: readonly ImageRow[];
}

/** `size`, `reclaimable`, `active`, `count`: what the engine's own `system df` prints, raw. The exact ones are weigh's. */
export interface DfGroup {
  readonly count: number;
  readonly active: number;
  readonly size: number | null;
  readonly reclaimable: number | null;
  readonly exactReclaimable: number | null;
  readonly exactReclaimableDisk: number | null;
}

export interface DfStore {
  readonly store: string;
  readonly driver: string;
  readonly engineVersion: string;
  readonly layersSize: number;
  readonly images: DfGroup;
  readonly containers: DfGroup;
  readonly volumes: DfGroup;
  readonly buildCache: DfGroup;
  /** One sentence a group whose two reclaimable figures differ: why. */
  readonly differences: readonly {
    readonly group: 'images' | 'containers' | 'volumes' | 'buildCache';
    readonly bytes: number;
    readonly why: string;
  }[];
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

export interface DfReport extends ReportHead<'weigh.df/1'> {
  readonly rules: readonly RulesUsed[];
  readonly stores: readonly DfStore[];
}

export interface ExplainReport extends ReportHead<'weigh.explain/1'> {
  readonly rules: readonly RulesUsed[];
  readonly subject: {
    readonly kind: 'container' | 'image' | 'df';
    readonly store: string;
    readonly id: string;
    readonly name: string;
  };
  readonly figures: readonly ExplainedFigure[];
}

export interface HostReport extends ReportHead<'weigh.host/1'> {
  readonly rules: readonly RulesUsed[];
  readonly fileSystems: readonly {
    readonly mount: string;
    readonly source: string;
    readonly totalBytes: number;
    readonly freeBytes: number;
  }[];
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
  readonly owners: readonly {
    readonly what: string;
    readonly bytes: number | null;
    readonly canGo: number | null;
    readonly bound?: Bound;
  }[];
}
