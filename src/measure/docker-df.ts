import type { DfStore } from '../model/reports.ts';
import type { BuildCacheRecord, ContainerRecord } from '../stores/docker/records.ts';
import { measureBuildCache } from './build-cache.ts';
import type { MeasuredCache } from './build-cache.ts';
import { measureAll, ownContainers } from './docker-containers.ts';
import type { MeasuredContainer } from './docker-containers.ts';
import type { MeasureContext } from './context.ts';
import {
  cacheColumns,
  cacheThatCanGo,
  containerColumns,
  containersThatCanGo,
  imageColumns,
  sum,
  volumeColumns,
} from './df-groups.ts';
import { dfDifferences } from './df-differences.ts';
import { diskOfCache, diskOfContainers, diskOfLayers } from './disk-usage.ts';
import type { FindingList } from './findings.ts';
import { imageProblems, viewImages } from './docker-images.ts';
import type { ImagesView } from './docker-images.ts';
import { isLoaded } from './layer-chain.ts';
import { compareRows } from './order.ts';
import { layersSize, reclaimImages } from './reclaim-images.ts';
import type { ImagesReclaim } from './reclaim-images.ts';
import type { StoreScope } from './scope.ts';
import { noteStoreProblems } from './store-problems.ts';
import { measureVolumes } from './volumes.ts';
import type { MeasuredVolume } from './volumes.ts';

/** All that `system df` of one store is made from. */
export interface MeasuredDf {
  readonly scope: StoreScope;
  readonly view: ImagesView;
  readonly containerRecords: readonly ContainerRecord[];
  readonly containers: readonly MeasuredContainer[];
  readonly volumes: readonly MeasuredVolume[];
  readonly cache: readonly MeasuredCache[];
  readonly reclaim: ImagesReclaim;
  readonly layersSize: number;
}

/** Reads and walks one store. */
export async function measureDfStore(
  context: MeasureContext,
  scope: StoreScope,
  findings: FindingList,
  pointer: string,
): Promise<MeasuredDf> {
  const { store, rules } = scope;
  noteStoreProblems(findings, imageProblems(scope), `${pointer}/details/images`);
  const view = viewImages(scope);
  const containerRecords = ownContainers(scope, findings, `${pointer}/details/containers`);
  const containers = await measureAll(
    context,
    containerRecords.map((record) => ({ scope, record })),
    findings,
  );
  const volumeRecords = store.volumes();
  noteStoreProblems(findings, volumeRecords.problems, `${pointer}/details/volumes`);
  const loaded = containerRecords.filter((record) => isLoaded(record, view.snapshot, store.driver, rules));
  const references = { loaded, all: store.containers().records };
  const volumes = await measureVolumes(context, volumeRecords.records, references);
  const cacheRecords = store.buildCache();
  noteStoreProblems(findings, cacheRecords.problems, `${pointer}/details/buildCache`);
  const cache = await measureBuildCache(context, scope, cacheRecords.records, view.snapshot);
  const reclaim = reclaimImages(view, containerRecords, cacheRecords.records, rules);
  return {
    scope,
    view,
    containerRecords,
    containers,
    volumes,
    cache,
    reclaim,
    layersSize: layersSize(view),
  };
}

/** `system df` of one measured store. */
export async function dfStore(
  context: MeasureContext,
  measured: MeasuredDf,
  disk: boolean,
): Promise<DfStore> {
  const { scope, view } = measured;
  const images = view.listed.map((image) => view.row(image)).sort(compareRows);
  const containers = measured.containers.map(({ row }) => row);
  const volumes = measured.volumes.map(({ row }) => row);
  const buildCache = measured.cache.map(({ row }) => row);
  const groups = {
    images: {
      ...imageColumns(images, measured.layersSize, scope.rules),
      exactReclaimable: measured.reclaim.bytes,
      exactReclaimableDisk: disk ? await diskOfLayers(context, scope, measured.reclaim.layers) : null,
    },
    containers: {
      ...containerColumns(containers),
      exactReclaimable: sum(containersThatCanGo(containers).map((row) => row.sizeRw ?? 0)),
      exactReclaimableDisk: disk ? await diskOfContainers(context, measured) : null,
    },
    volumes: {
      ...volumeColumns(volumes, scope.rules),
      exactReclaimable: unusedVolumes(measured, (volume) => volume.row.size),
      exactReclaimableDisk: unusedVolumes(measured, (volume) => volume.diskBytes),
    },
    buildCache: {
      ...cacheColumns(buildCache, scope.rules),
      exactReclaimable: sum(cacheThatCanGo(buildCache).map((row) => row.size ?? 0)),
      exactReclaimableDisk: disk ? await diskOfCache(context, scope, recordsThatCanGo(measured)) : null,
    },
  };
  return {
    store: scope.store.name,
    driver: scope.store.driver,
    engineVersion: scope.used.engineVersion,
    layersSize: measured.layersSize,
    ...groups,
    differences: dfDifferences(measured, groups),
    details: { images, containers, volumes, buildCache },
  };
}

function unusedVolumes(measured: MeasuredDf, bytes: (volume: MeasuredVolume) => number | null): number {
  return sum(measured.volumes.filter((volume) => volume.unused).map((volume) => bytes(volume) ?? 0));
}

function recordsThatCanGo(measured: MeasuredDf): readonly BuildCacheRecord[] {
  return measured.cache.filter(({ row }) => cacheThatCanGo([row]).length > 0).map(({ record }) => record);
}
