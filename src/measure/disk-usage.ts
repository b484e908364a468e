import type { DriverId } from '../model/ids.ts';
import type { BuildCacheRecord, Layer } from '../stores/docker/records.ts';
import type { MeasureContext } from './context.ts';
import { checkInterrupted } from './context.ts';
import type { MeasuredDf } from './docker-df.ts';
import { containersThatCanGo } from './df-groups.ts';
import type { StoreScope } from './scope.ts';

/** Allocated bytes of the directories of these layers; null when one of them cannot be walked. */
export async function diskOfLayers(
  context: MeasureContext,
  scope: StoreScope,
  layers: readonly Layer[],
): Promise<number | null> {
  return diskOfIds(
    context,
    scope,
    layers.map((layer) => layer.cacheId),
  );
}

/** Allocated bytes of the RW and init layers of the containers that can go. */
export async function diskOfContainers(
  context: MeasureContext,
  measured: MeasuredDf,
): Promise<number | null> {
  const going = new Set(containersThatCanGo(measured.containers.map(({ row }) => row)).map((row) => row.id));
  const ids: DriverId[] = [];
  for (const { containerId, mountId, initId } of measured.view.snapshot.rwLayers.values()) {
    if (going.has(containerId)) ids.push(mountId, ...(initId === null ? [] : [initId]));
  }
  return diskOfIds(context, measured.scope, ids);
}

/** Allocated bytes of the directories of these build cache records. */
export async function diskOfCache(
  context: MeasureContext,
  scope: StoreScope,
  records: readonly BuildCacheRecord[],
): Promise<number | null> {
  const ids = records.flatMap((record) => (record.driverId === null ? [] : [record.driverId]));
  return diskOfIds(context, scope, ids);
}

async function diskOfIds(
  context: MeasureContext,
  scope: StoreScope,
  ids: readonly DriverId[],
): Promise<number | null> {
  if (ids.length === 0) return 0;
  const driver = await scope.driver();
  let bytes = 0;
  let known = true;
  for (const id of new Set(ids)) {
    checkInterrupted(context.signal);
    const tally = await context.host.walker.directorySize(driver.layerDirectory(id), {
      signal: context.signal,
    });
    // A directory that is not there frees nothing.
    if (tally.failure !== undefined && tally.failure.errno !== 'ENOENT') known = false;
    bytes += tally.diskBytes;
  }
  return known ? bytes : null;
}
