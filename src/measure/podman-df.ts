import type { DfGroup, DfStore } from '../model/reports.ts';
import type { StoredLayer } from '../stores/containers-storage/records.ts';
import { sum } from './df-groups.ts';
import type { EngineColumns } from './df-groups.ts';
import type { FindingList } from './findings.ts';
import { addBytes } from './layer-chain.ts';
import { compareRows } from './order.ts';
import {
  addPodmanContainerFindings,
  listedContainers,
  measurePodmanContainer,
  noteContainerProblems,
} from './podman-containers.ts';
import type { MeasuredPodmanContainer } from './podman-containers.ts';
import { bigDataOf, layerOfImage } from './podman-image-size.ts';
import { addPodmanImageFindings, recordedOrMeasured, viewPodmanImages } from './podman-images.ts';
import type { PodmanImagesView, ViewedImage } from './podman-images.ts';
import { imageLayers } from './podman-layers.ts';
import type { PodmanScope } from './podman-scope.ts';
import { measurePodmanVolumes } from './podman-volumes.ts';
import type { MeasuredVolume } from './volumes.ts';

/** All that `podman system df` of one store is made from. */
export interface MeasuredPodmanDf {
  readonly scope: PodmanScope;
  readonly view: PodmanImagesView;
  readonly containers: readonly MeasuredPodmanContainer[];
  readonly volumes: readonly MeasuredVolume[];
  readonly images: EngineColumns;
  readonly reclaim: PodmanReclaim;
}

/** What removing every image that no container uses gives back. */
export interface PodmanReclaim {
  readonly bytes: number;
  /** Layers that nothing stands on any more. */
  readonly layers: readonly StoredLayer[];
}

/** Reads and walks one store. Problems go to the pointers below `pointer`. */
export async function measurePodmanDf(
  scope: PodmanScope,
  findings: FindingList,
  pointer: string,
): Promise<MeasuredPodmanDf> {
  noteContainerProblems(scope, findings, `${pointer}/details/containers`);
  const view = viewPodmanImages(scope);
  const listed = listedContainers(scope);
  const containers: MeasuredPodmanContainer[] = [];
  for (const [done, container] of listed.entries()) {
    const measured = await measurePodmanContainer(scope, container, findings, { done, total: listed.length });
    if (measured !== undefined) containers.push(measured);
  }
  containers.sort((a, b) => compareRows(a.row, b.row));
  const volumes = await measurePodmanVolumes(scope);
  return {
    scope,
    view,
    containers,
    volumes,
    images: imageColumns(scope, view),
    reclaim: reclaimOf(scope, view),
  };
}

/** SIZE of the images line. */
function imagesSize(scope: PodmanScope, view: PodmanImagesView): number {
  const ways = {
    rows: () => sum(view.all.map(({ row, rows }) => dfSize(row) * rows)),
    'images-less-seen-layers': () => lessSeenLayers(scope, view),
    'all-layers': () => allLayers(scope, view),
  };
  return ways[scope.rules.imagesSize]();
}

/** Every layer of the store, those of containers and of no image too, and the data items of each image. */
function allLayers(scope: PodmanScope, view: PodmanImagesView): number {
  const { layers } = scope.store.records();
  return addBytes(
    sum(layers.map((layer) => recordedOrMeasured(scope, layer))),
    sum(view.all.map(({ image }) => bigDataOf(scope, image).bytes)),
  );
}

/** What is taken off for a layer seen before is its recorded length, a -1 included. Mapped copies are never taken off. */
function lessSeenLayers(scope: PodmanScope, view: PodmanImagesView): number {
  const { layerById } = scope.store.records();
  const seen = new Set<string>();
  return sum(
    view.all.map(({ image, row }) => {
      const chain = imageLayers(layerById, { topLayer: image.topLayer, mappedLayers: [] }).layers;
      const again = chain.filter(({ id }) => seen.has(id));
      for (const { id } of chain) seen.add(id);
      return row.size - sum(again.map((layer) => layer.diffSize));
    }),
  );
}

/** SIZE of a row of `df -v`: what is shared and unique together. */
function dfSize(row: ViewedImage['row']): number {
  return row.sharedSize + row.uniqueSize;
}

/** Podman counts rows, one a name: TOTAL in every version, ACTIVE and RECLAIMABLE up to 4.3. */
function imageColumns(scope: PodmanScope, view: PodmanImagesView): EngineColumns {
  const { rules } = scope;
  const size = imagesSize(scope, view);
  const used = view.all.filter(({ row }) => row.containers > 0);
  const unused = view.all.filter(({ row }) => row.containers === 0);
  return {
    count: sum(view.all.map(({ rows }) => rows)),
    active: rules.imagesActive === 'rows' ? sum(used.map(({ rows }) => rows)) : used.length,
    size,
    reclaimable:
      rules.imagesReclaimable === 'unused-rows'
        ? sum(unused.map(({ row, rows }) => dfSize(row) * rows))
        : size - sum(used.map(({ row }) => row.uniqueSize)),
  };
}

/** Layers stay while an image in use or any container stands on them. Read-only images cannot be removed. */
function reclaimOf(scope: PodmanScope, view: PodmanImagesView): PodmanReclaim {
  const { layerById, containers } = scope.store.records();
  const goes = ({ row, image }: ViewedImage): boolean => row.containers === 0 && !image.readOnly;
  const stays = new Set<StoredLayer>();
  const keep = (topLayer: string, mappedLayers: readonly string[]): void => {
    for (const layer of imageLayers(layerById, { topLayer, mappedLayers }).layers) stays.add(layer);
  };
  for (const viewed of view.all) if (!goes(viewed)) keep(viewed.image.topLayer, viewed.image.mappedLayers);
  for (const { layerId } of containers) keep(layerId, []);
  const going = view.all.filter(goes);
  const layers = new Set(going.flatMap(({ image }) => imageLayers(layerById, image).layers));
  const freed = [...layers].filter((layer) => !stays.has(layer));
  const bytes = addBytes(
    sum(freed.map((layer) => layerOfImage(scope, layer).bytes)),
    sum(going.map(({ image }) => bigDataOf(scope, image).bytes)),
  );
  return { bytes, layers: freed };
}

/** Only a running container is active: a paused one counts as reclaimable. */
export function podmanContainerColumns(containers: readonly MeasuredPodmanContainer[]): EngineColumns {
  const rows = containers.map(({ row }) => row);
  const idle = rows.filter(({ state }) => state !== 'running');
  return {
    count: rows.length,
    active: rows.length - idle.length,
    size: sum(rows.map((row) => row.sizeRw ?? 0)),
    reclaimable: sum(idle.map((row) => row.sizeRw ?? 0)),
  };
}

/** ACTIVE is the sum of the volumes' users. */
export function podmanVolumeColumns(volumes: readonly MeasuredVolume[]): EngineColumns {
  const free = volumes.filter(({ row }) => row.refCount === 0);
  return {
    count: volumes.length,
    active: sum(volumes.map(({ row }) => row.refCount)),
    size: sum(volumes.map(({ row }) => row.size ?? 0)),
    reclaimable: sum(free.map(({ row }) => row.size ?? 0)),
  };
}

/** Containers that `podman rm` takes without force. */
const CAN_GO: ReadonlySet<string> = new Set(['created', 'exited', 'stopped', 'initialized']);

/** What removing every container that can go gives back. */
export function podmanContainersThatCanGo(
  containers: readonly MeasuredPodmanContainer[],
): readonly MeasuredPodmanContainer[] {
  return containers.filter(({ row }) => CAN_GO.has(row.state));
}

const NO_CACHE: DfGroup = {
  count: 0,
  active: 0,
  size: 0,
  reclaimable: 0,
  exactReclaimable: 0,
  exactReclaimableDisk: 0,
};

async function diskOf(scope: PodmanScope, layers: readonly StoredLayer[]): Promise<number | null> {
  let bytes = 0;
  for (const layer of layers) {
    const directory = scope.layerDirectory(layer);
    if (directory === null) return null;
    const { signal, host } = scope.context;
    const tally = await host.walker.directorySize(directory, { signal });
    if (tally.failure !== undefined) return null;
    bytes = addBytes(bytes, tally.diskBytes);
  }
  return bytes;
}

function containerLayers(
  scope: PodmanScope,
  containers: readonly MeasuredPodmanContainer[],
): readonly StoredLayer[] {
  const { layerById } = scope.store.records();
  return containers.flatMap(({ container }) => layerById.get(container.record.layerId) ?? []);
}

/** `system df` of one measured store. */
export async function podmanDfStore(measured: MeasuredPodmanDf, disk: boolean): Promise<DfStore> {
  const { scope, view, containers, volumes, reclaim } = measured;
  const going = podmanContainersThatCanGo(containers);
  const free = volumes.filter(({ unused }) => unused);
  const groups = {
    images: {
      ...measured.images,
      exactReclaimable: reclaim.bytes,
      exactReclaimableDisk: disk ? await diskOf(scope, reclaim.layers) : null,
    },
    containers: {
      ...podmanContainerColumns(containers),
      exactReclaimable: sum(going.map(({ row }) => row.sizeRw ?? 0)),
      exactReclaimableDisk: disk ? await diskOf(scope, containerLayers(scope, going)) : null,
    },
    volumes: {
      ...podmanVolumeColumns(volumes),
      exactReclaimable: sum(free.map(({ row }) => row.size ?? 0)),
      exactReclaimableDisk: sum(free.map(({ diskBytes }) => diskBytes ?? 0)),
    },
    buildCache: NO_CACHE,
  };
  return {
    store: scope.store.name,
    driver: scope.store.driver,
    engineVersion: scope.used.engineVersion,
    layersSize: distinctLayers(scope, view),
    ...groups,
    differences: differencesOf(scope, groups),
    details: {
      images: view.all.map(({ row }) => ({ ...row, size: dfSize(row) })).sort(compareRows),
      containers: containers.map(({ row }) => row),
      volumes: volumes.map(({ row }) => row),
      buildCache: [],
    },
  };
}

/** Recorded bytes of the layers of all images, each once. */
function distinctLayers(scope: PodmanScope, view: PodmanImagesView): number {
  return sum([...view.layerUsers.keys()].map((layer) => layerOfImage(scope, layer).bytes));
}

const IMAGE_REASONS = {
  rows: 'this version adds up whole images, one for each name, whatever they share and whatever containers still need',
  'images-less-seen-layers':
    "this version takes off only what it calls unique to images in use; the layers that they share with others, and those of images' parents, stay in",
  'all-layers':
    'this version takes off only what is unique to images in use; layers that they share, and those that no image names, stay in',
} as const;

function differencesOf(
  scope: PodmanScope,
  groups: Readonly<Record<'images' | 'containers' | 'volumes', DfGroup>>,
): DfStore['differences'] {
  const why = {
    images: IMAGE_REASONS[scope.rules.imagesSize],
    containers: 'containers that are paused, being removed or in an unknown state count as reclaimable',
    volumes: 'volumes whose size is not known',
  };
  return (['images', 'containers', 'volumes'] as const).flatMap((group) => {
    const { reclaimable, exactReclaimable } = groups[group];
    if (reclaimable === null || exactReclaimable === null || reclaimable === exactReclaimable) return [];
    return [{ group, bytes: exactReclaimable - reclaimable, why: why[group] }];
  });
}

/** Marks every number of a store in a `df` report that is not exact. */
export function addPodmanDfFindings(
  findings: FindingList,
  measured: MeasuredPodmanDf,
  pointer: string,
): void {
  const { view, containers, volumes } = measured;
  const rows = view.all.map((viewed) => ({ viewed, ...viewed.row })).sort(compareRows);
  rows.forEach(({ viewed }, index) => {
    addPodmanImageFindings(findings, viewed, `${pointer}/details/images/${index}`);
    if (viewed.bound !== undefined) {
      for (const field of ['size', 'reclaimable', 'exactReclaimable'])
        findings.affectAll(viewed.problems, `${pointer}/images/${field}`, 'unknown');
      findings.affectAll(viewed.problems, `${pointer}/layersSize`, 'at-least');
    }
  });
  containers.forEach((container, index) => {
    addPodmanContainerFindings(findings, container, `${pointer}/details/containers/${index}`);
    const { sizeRw } = container.size;
    if (sizeRw.outcome === 'size' && sizeRw.bound === undefined) return;
    const fields = container.row.state === 'running' ? ['size'] : ['size', 'reclaimable', 'exactReclaimable'];
    for (const field of fields)
      findings.affectAll(sizeRw.problems, `${pointer}/containers/${field}`, 'at-least');
  });
  volumes.forEach(({ row, problems }, index) => {
    findings.affectAll(problems, `${pointer}/details/volumes/${index}/size`, 'unknown');
    if (problems.length === 0) return;
    const fields =
      row.refCount === 0 ? ['size', 'reclaimable', 'exactReclaimable', 'exactReclaimableDisk'] : ['size'];
    for (const field of fields) findings.affectAll(problems, `${pointer}/volumes/${field}`, 'at-least');
  });
}
