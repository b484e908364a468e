import { pathText } from '../model/bytes.ts';
import type { HostReport } from '../model/reports.ts';
import { sum } from './df-groups.ts';
import { FindingList } from './findings.ts';
import type { MeterOverview } from './meter.ts';
import { addPodmanDfFindings, measurePodmanDf, podmanDfStore } from './podman-df.ts';
import { goingContainers, movePodmanFindings } from './podman-explain-df.ts';
import type { PodmanScope } from './podman-scope.ts';

type Owner = HostReport['owners'][number];

const COLUMNS = [
  'imagesSize',
  'imagesSize',
  'containersSize',
  'containersSize',
  'volumesSize',
  'volumesSize',
];

/** A store of containers/storage in the host's report, where it stands at `pointer`. Layers count once, whatever this Podman adds up. */
export async function podmanOverview(
  scope: PodmanScope,
  findings: FindingList,
  pointer: string,
): Promise<MeterOverview> {
  const own = new FindingList();
  own.notes(scope.store.problems);
  const measured = await measurePodmanDf(scope, own, '');
  addPodmanDfFindings(own, measured, '');
  movePodmanFindings(own, findings, (place) => `${pointer}/${COLUMNS[place] ?? 'imagesSize'}`);
  const { images, containers, volumes, layersSize } = await podmanDfStore(measured, false);
  const { store } = scope;
  return {
    store: {
      store: store.name,
      driver: store.driver,
      images: measured.view.listed.length,
      imagesSize: layersSize,
      containers: containers.count,
      containersSize: containers.size,
      volumes: volumes.count,
      volumesSize: volumes.size,
      buildCacheSize: 0,
      hidden: store.hidden.map(({ driver, path, why }) => `${driver} at ${pathText(path)}: ${why}`),
    },
    owners: ownersOf({ layersSize, imagesCanGo: images.exactReclaimable ?? 0 }, measured),
  };
}

function ownersOf(
  { layersSize, imagesCanGo }: { readonly layersSize: number; readonly imagesCanGo: number },
  measured: Parameters<typeof goingContainers>[0],
): readonly Owner[] {
  const rows = measured.view.listed.map(({ row }) => row);
  const unused = rows.filter((row) => row.containers === 0).length;
  const going = Math.min(imagesCanGo, layersSize);
  const stopped = goingContainers(measured);
  const written = sum(measured.containers.map(({ row }) => row.sizeRw ?? 0));
  const free = measured.volumes.filter((volume) => volume.unused);
  const freeBytes = sum(free.map(({ row }) => row.size ?? 0));
  const volumeBytes = sum(measured.volumes.map(({ row }) => row.size ?? 0));
  const others = measured.containers.length - stopped.count;
  return [
    {
      what: `images that stay: ${rows.length - unused} in use, and what they share`,
      bytes: layersSize - going,
      canGo: 0,
    },
    { what: `images that nothing uses: ${unused}`, bytes: going, canGo: going },
    { what: `what running containers wrote: ${others}`, bytes: written - stopped.bytes, canGo: 0 },
    { what: `what stopped containers wrote: ${stopped.count}`, bytes: stopped.bytes, canGo: stopped.bytes },
    {
      what: `volumes in use: ${measured.volumes.length - free.length}`,
      bytes: volumeBytes - freeBytes,
      canGo: 0,
    },
    { what: `volumes that nothing refers to: ${free.length}`, bytes: freeBytes, canGo: freeBytes },
  ];
}
