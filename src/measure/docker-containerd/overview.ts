import { pathText } from '../../model/bytes.ts';
import { containersThatCanGo, sum } from '../df-groups.ts';
import { FindingList } from '../findings.ts';
import type { MeterOverview } from '../meter.ts';
import { groupsOf, measureStore } from './df.ts';
import type { Groups, MeasuredDf } from './df.ts';
import { addDfFindings } from './df-findings.ts';
import type { ImagesView } from './images-view.ts';
import type { ContainerdScope } from './scope.ts';
import type { TotalPart } from './totals.ts';

const COLUMNS: Readonly<Record<string, string>> = {
  images: 'imagesSize',
  containers: 'containersSize',
  volumes: 'volumesSize',
  buildCache: 'buildCacheSize',
};

/** The store in the host's report, where it stands at `pointer`. Walks containers and volumes. */
export async function overview(
  scope: ContainerdScope,
  view: ImagesView,
  findings: FindingList,
  pointer: string,
): Promise<MeterOverview> {
  const ofStore = new FindingList();
  const measured = await measureStore(scope, view, ofStore, '');
  addDfFindings(ofStore, measured, '');
  moveFindings(ofStore, findings, pointer);
  const groups = await groupsOf(measured, false);
  const { store } = scope;
  return {
    store: {
      store: store.name,
      driver: store.driver,
      images: view.listed.length,
      imagesSize: groups.images.size,
      containers: measured.containers.length,
      containersSize: groups.containers.size,
      volumes: measured.volumes.length,
      volumesSize: groups.volumes.size,
      buildCacheSize: groups.buildCache.size,
      hidden: store.hidden.map(({ driver, path, why }) => `${driver} at ${pathText(path)}: ${why}`),
    },
    owners: [...imageOwners(measured), ...containerOwners(measured), ...otherOwners(measured, groups)],
  };
}

type Owners = MeterOverview['owners'];

/** Images have their layers' snapshots and their blobs; what else the engine counts among images is another owner's. */
function imageOwners({ view, total, reclaim }: MeasuredDf): Owners {
  const layers = new Set(view.all.flatMap(({ summary }) => summary.chainIds));
  const ofImages = (parts: readonly TotalPart[]): number =>
    sum(parts.filter(({ name }) => layers.has(name)).map(({ bytes }) => bytes));
  const blobs = sum(total.blobs.map(({ bytes }) => bytes));
  const going = ofImages(reclaim.snapshots) + sum(reclaim.blobs.map(({ bytes }) => bytes));
  const unused = view.listed.filter(({ row }) => row.containers === 0).length;
  const used = view.listed.length - unused;
  return [
    owner(
      `images that stay: ${used} in use, and what they share`,
      ofImages(total.snapshots) + blobs - going,
      0,
    ),
    owner(`images that nothing uses: ${unused}`, going, going),
  ];
}

function containerOwners({ containers }: MeasuredDf): Owners {
  const rows = containers.map(({ row }) => row);
  const going = containersThatCanGo(rows);
  const written = sum(rows.map((row) => row.sizeRw ?? 0));
  const goes = sum(going.map((row) => row.sizeRw ?? 0));
  return [
    owner(`what running containers wrote: ${rows.length - going.length}`, written - goes, 0),
    owner(`what stopped containers wrote: ${going.length}`, goes, goes),
  ];
}

function otherOwners({ volumes, cache }: MeasuredDf, groups: Groups): Owners {
  const unused = volumes.filter((volume) => volume.unused);
  const unusedBytes = sum(unused.map(({ row }) => row.size ?? 0));
  const held = sum(volumes.map(({ row }) => row.size ?? 0));
  const records = cache.filter(({ row }) => !row.shared);
  const cached = sum(records.map(({ row }) => row.size ?? 0));
  return [
    owner(`volumes in use: ${volumes.length - unused.length}`, held - unusedBytes, 0),
    owner(`volumes that nothing refers to: ${unused.length}`, unusedBytes, unusedBytes),
    owner(`build cache: ${records.length} records`, cached, groups.buildCache.exactReclaimable ?? 0),
  ];
}

function moveFindings(ofStore: FindingList, findings: FindingList, pointer: string): void {
  for (const { effects, ...problem } of ofStore.finish().findings) {
    if (effects.length === 0) findings.note(problem);
    for (const effect of effects) {
      const [, first = '', second = '', third] = effect.pointer.split('/');
      const group = first === 'details' ? second : first;
      const isTotal = first === 'details' ? third === undefined : second === 'size';
      const column = COLUMNS[group];
      if (column !== undefined && isTotal) findings.affect(problem, `${pointer}/${column}`, effect.bound);
    }
  }
}

function owner(what: string, bytes: number, canGo: number): MeterOverview['owners'][number] {
  return { what, bytes, canGo };
}
