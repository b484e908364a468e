import type { Problem } from '../../model/finding.ts';
import type { DfGroup, DfStore } from '../../model/reports.ts';
import {
  cacheColumns,
  cacheThatCanGo,
  containerColumns,
  containersThatCanGo,
  sum,
  volumeColumns,
} from '../df-groups.ts';
import type { FindingList } from '../findings.ts';
import { compareRows } from '../order.ts';
import { noteStoreProblems } from '../store-problems.ts';
import { measureVolumes } from '../volumes.ts';
import type { MeasuredVolume } from '../volumes.ts';
import { measureCache } from './build-cache.ts';
import type { MeasuredCache } from './build-cache.ts';
import { measureContainer } from './containers.ts';
import type { MeasuredContainer } from './containers.ts';
import { imageColumns } from './df-images.ts';
import { addDfFindings } from './df-findings.ts';
import { imageProblems } from './images-view.ts';
import type { ImagesView } from './images-view.ts';
import { diskOf, reclaimImages } from './reclaim.ts';
import type { ImagesReclaim } from './reclaim.ts';
import { loadedContainers } from './scope.ts';
import type { ContainerdScope } from './scope.ts';
import { imagesTotal } from './totals.ts';
import type { ImagesTotal } from './totals.ts';

/** All that `system df` of one store is made from. */
export interface MeasuredDf {
  readonly scope: ContainerdScope;
  readonly view: ImagesView;
  readonly containers: readonly MeasuredContainer[];
  readonly volumes: readonly MeasuredVolume[];
  readonly cache: readonly MeasuredCache[];
  readonly total: ImagesTotal;
  readonly reclaim: ImagesReclaim;
  /** What keeps the engine from answering about containers. */
  readonly containersFail: readonly Problem[];
}

/** Reads and walks one store. Problems of whole lists go to the lists' places below `pointer`. */
export async function measureStore(
  scope: ContainerdScope,
  view: ImagesView,
  findings: FindingList,
  pointer: string,
): Promise<MeasuredDf> {
  const { store } = scope;
  noteStoreProblems(findings, imageProblems(scope, view), `${pointer}/details/images`);
  const { records, problems } = store.containers();
  noteStoreProblems(findings, problems, `${pointer}/details/containers`);
  const containers: MeasuredContainer[] = [];
  for (const [done, record] of records.entries()) {
    const one = await measureContainer(scope, record, findings, { done, total: records.length });
    if (one !== undefined) containers.push(one);
  }
  containers.sort((a, b) => compareRows(a.row, b.row));
  const volumeRecords = store.volumes();
  noteStoreProblems(findings, volumeRecords.problems, `${pointer}/details/volumes`);
  const references = { loaded: loadedContainers(scope), all: records };
  const volumes = await measureVolumes(scope.context, volumeRecords.records, references);
  const cache = await measureCache(scope);
  noteStoreProblems(findings, cache.problems, `${pointer}/details/buildCache`);
  const total = await imagesTotal(scope);
  return {
    scope,
    view,
    containers,
    volumes,
    cache: cache.records,
    total,
    reclaim: reclaimImages(scope, view, total),
    containersFail: failures(containers),
  };
}

/** One container that has no size makes the engine's whole list fail. */
function failures(containers: readonly MeasuredContainer[]): readonly Problem[] {
  return containers
    .filter(({ row }) => row.engineAnswer === 'error')
    .map(({ row, rw }) => ({
      kind: 'engine-fails',
      subject: row.name,
      message: `the engine answers with an error to system df: ${rw.reason ?? 'a container has no size'}`,
    }));
}

/** `system df` of one store. */
export async function measureDf(
  scope: ContainerdScope,
  view: ImagesView,
  findings: FindingList,
  pointer: string,
  disk: boolean,
): Promise<DfStore> {
  const measured = await measureStore(scope, view, findings, pointer);
  addDfFindings(findings, measured, pointer);
  const groups = await groupsOf(measured, disk);
  return {
    store: scope.store.name,
    driver: scope.store.driver,
    engineVersion: scope.used.engineVersion,
    layersSize: sum([...measured.total.snapshots, ...measured.total.blobs].map(({ bytes }) => bytes)),
    ...groups,
    differences: differencesOf(measured, groups),
    details: {
      images: view.listed.map(({ row }) => row).sort(compareRows),
      containers: measured.containers.map(({ row }) => row),
      volumes: measured.volumes.map(({ row }) => row),
      buildCache: measured.cache.map(({ row }) => row),
    },
  };
}

/** The four lines of `system df`. */
export type Groups = Pick<DfStore, 'images' | 'containers' | 'volumes' | 'buildCache'>;

/** Their columns. */
export async function groupsOf(measured: MeasuredDf, disk: boolean): Promise<Groups> {
  const { scope, reclaim } = measured;
  const containers = measured.containers.map(({ row }) => row);
  const volumes = measured.volumes.map(({ row }) => row);
  const cache = measured.cache.map(({ row }) => row);
  const going = containersThatCanGo(containers);
  const goingCache = new Set(cacheThatCanGo(cache).map(({ id }) => id));
  const goingKeys = measured.cache
    .filter(({ row }) => goingCache.has(row.id))
    .map(({ record }) => record.snapshotKey);
  const keys = reclaim.snapshots.map(({ name }) => name);
  const blobs = reclaim.blobs.map(({ name }) => name);
  const unused = measured.volumes.filter((volume) => volume.unused);
  return {
    images: {
      ...imageColumns(measured),
      exactReclaimable: reclaim.bytes,
      exactReclaimableDisk: disk ? await diskOf(scope, keys, blobs) : null,
    },
    containers: {
      ...failing(containerColumns(containers), measured.containersFail),
      exactReclaimable: sum(going.map((row) => row.sizeRw ?? 0)),
      exactReclaimableDisk: disk
        ? await diskOf(
            scope,
            ownSnapshots(
              scope,
              going.map(({ id }) => id),
            ),
            [],
          )
        : null,
    },
    volumes: {
      ...volumeColumns(volumes, scope.rules),
      exactReclaimable: sum(unused.map(({ row }) => row.size ?? 0)),
      exactReclaimableDisk: sum(unused.map(({ diskBytes }) => diskBytes ?? 0)),
    },
    buildCache: {
      ...cacheColumns(cache, scope.rules),
      exactReclaimable: sum(cacheThatCanGo(cache).map((row) => row.size ?? 0)),
      exactReclaimableDisk: disk ? await diskOf(scope, existing(scope, goingKeys), []) : null,
    },
  };
}

function failing<C extends Pick<DfGroup, 'size' | 'reclaimable'>>(columns: C, fails: readonly Problem[]): C {
  return fails.length === 0 ? columns : { ...columns, size: null, reclaimable: null };
}

/** A container's own snapshot and its init layer, unless something else stands on that. */
function ownSnapshots(scope: ContainerdScope, ids: readonly string[]): readonly string[] {
  const { byKey } = scope.snapshots();
  const going = new Set(ids);
  const held = new Set([...byKey.values()].filter(({ key }) => !going.has(key)).map(({ parent }) => parent));
  const inits = ids.map((id) => `${id}-init`).filter((key) => !held.has(key));
  return existing(scope, [...ids, ...inits]);
}

function existing(scope: ContainerdScope, keys: readonly string[]): readonly string[] {
  const { byKey } = scope.snapshots();
  return keys.filter((key) => byKey.has(key));
}

function differencesOf({ scope }: MeasuredDf, groups: Groups): DfStore['differences'] {
  const why = {
    images: imagesWhy(scope),
    containers: 'containers in a state that the engine does not know',
    volumes: 'volumes that only a container refers to which the engine does not load',
    buildCache: 'records whose size is not known',
  } as const;
  const names = ['images', 'containers', 'volumes', 'buildCache'] as const;
  return names.flatMap((group) => {
    const { reclaimable, exactReclaimable } = groups[group];
    if (reclaimable === null || exactReclaimable === null || reclaimable === exactReclaimable) return [];
    return [{ group, bytes: exactReclaimable - reclaimable, why: why[group] }];
  });
}

function imagesWhy({ imageRules, rules }: ContainerdScope): string {
  if (rules.imagesReclaimable === 'unused-unique') {
    return 'the engine leaves out what unused images share, and counts what the build cache or a container still holds';
  }
  if (imageRules.total === 'image-snapshots-and-content') {
    return 'the engine takes off only what used images have for themselves, and counts what they share as reclaimable';
  }
  return "the engine takes off only what used images have for themselves: what they share, containers' own snapshots and the build cache count as reclaimable images";
}
