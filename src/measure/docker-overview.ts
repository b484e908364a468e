import { joinPath, pathText } from '../model/bytes.ts';
import type { HostReport } from '../model/reports.ts';
import { isFailure } from '../host/host.ts';
import type { MeasureContext } from './context.ts';
import { cacheThatCanGo, containersThatCanGo, sum } from './df-groups.ts';
import { problemsOf } from './docker-containers.ts';
import { measureDfStore } from './docker-df.ts';
import type { MeasuredDf } from './docker-df.ts';
import { addFigureFindings } from './explain-df-figures.ts';
import { FindingList } from './findings.ts';
import type { MeterOverview } from './meter.ts';
import type { StoreScope } from './scope.ts';

type HostStore = HostReport['stores'][number];
type Owner = HostReport['owners'][number];

/** Logs smaller than this are in the rest. */
const LOG_WORTH_NAMING = 100_000_000;

/** A classic Docker store in the host's report, where it stands at `pointer`. Walks containers and volumes. */
export async function dockerOverview(
  context: MeasureContext,
  scope: StoreScope,
  findings: FindingList,
  pointer: string,
): Promise<MeterOverview> {
  const ofStore = new FindingList();
  const measured = await measureDfStore(context, scope, ofStore, '');
  addStoreFindings(findings, ofStore, measured, pointer);
  for (const { row, size } of measured.containers) {
    if (row.engineAnswer !== -1) continue;
    findings.affectAll(problemsOf(row.name, size), `${pointer}/containersSize`, 'at-least');
  }
  return { store: hostStore(measured), owners: ownersOf(context, measured) };
}

/** Effects on a store's lists and totals, moved to the columns of its row. */
function addStoreFindings(
  findings: FindingList,
  ofStore: FindingList,
  measured: MeasuredDf,
  place: string,
): void {
  const columns = [
    'imagesSize',
    'imagesSize',
    'containersSize',
    'containersSize',
    'volumesSize',
    'volumesSize',
  ];
  const figures = new FindingList();
  addFigureFindings(figures, ofStore, measured, 0);
  findings.notes(ofStore.finish().findings.filter((finding) => finding.effects.length === 0));
  for (const { kind, subject, message, effects } of figures.finish().findings) {
    const problem = { kind, subject, message };
    for (const { pointer, bound } of effects) {
      const figure = Number(pointer.split('/')[2]);
      findings.affect(problem, `${place}/${columns[figure] ?? 'buildCacheSize'}`, bound);
    }
  }
}

function hostStore(measured: MeasuredDf): HostStore {
  const { scope, view } = measured;
  const containers = measured.containers.map(({ row }) => row);
  return {
    store: scope.store.name,
    driver: scope.store.driver,
    images: view.listed.length,
    imagesSize: measured.layersSize,
    containers: containers.length,
    containersSize: sum(containers.map((row) => row.sizeRw ?? 0)),
    volumes: measured.volumes.length,
    volumesSize: sum(measured.volumes.map(({ row }) => row.size ?? 0)),
    buildCacheSize: sum(measured.cache.filter(({ row }) => !row.shared).map(({ row }) => row.size ?? 0)),
    hidden: scope.store.hidden.map(({ driver, path, why }) => `${driver} at ${pathText(path)}: ${why}`),
  };
}

/** Who the bytes of one store belong to. The parts of a group sum to the group's column. */
function ownersOf(context: MeasureContext, measured: MeasuredDf): readonly Owner[] {
  return [
    ...imageOwners(measured),
    ...containerOwners(measured),
    ...volumeOwners(measured),
    ...cacheOwners(measured),
    ...logOwners(context, measured),
  ];
}

function imageOwners({ view, reclaim, layersSize }: MeasuredDf): readonly Owner[] {
  const rows = view.listed.map((image) => view.row(image));
  const unused = rows.filter((row) => row.containers === 0).length;
  const going = Math.min(reclaim.bytes, layersSize);
  return [
    owner(`images that stay: ${rows.length - unused} in use, and what they share`, layersSize - going, 0),
    owner(`images that nothing uses: ${unused}`, going, going),
  ];
}

function containerOwners(measured: MeasuredDf): readonly Owner[] {
  const rows = measured.containers.map(({ row }) => row);
  const going = containersThatCanGo(rows);
  const goingBytes = sum(going.map((row) => row.sizeRw ?? 0));
  const bytes = sum(rows.map((row) => row.sizeRw ?? 0));
  return [
    owner(`what running containers wrote: ${rows.length - going.length}`, bytes - goingBytes, 0),
    owner(`what stopped containers wrote: ${going.length}`, goingBytes, goingBytes),
  ];
}

function volumeOwners({ volumes }: MeasuredDf): readonly Owner[] {
  const unused = volumes.filter((volume) => volume.unused);
  const unusedBytes = sum(unused.map(({ row }) => row.size ?? 0));
  const bytes = sum(volumes.map(({ row }) => row.size ?? 0));
  return [
    owner(`volumes in use: ${volumes.length - unused.length}`, bytes - unusedBytes, 0),
    owner(`volumes that nothing refers to: ${unused.length}`, unusedBytes, unusedBytes),
  ];
}

function cacheOwners({ cache }: MeasuredDf): readonly Owner[] {
  const rows = cache.map(({ row }) => row).filter((row) => !row.shared);
  const bytes = sum(rows.map((row) => row.size ?? 0));
  const canGo = sum(cacheThatCanGo(rows).map((row) => row.size ?? 0));
  return [owner(`build cache: ${rows.length} records`, bytes, canGo)];
}

/** Container logs by their length. A log is looked at only where it lies in the store. */
function logOwners(context: MeasureContext, measured: MeasuredDf): readonly Owner[] {
  const { root } = measured.scope.store;
  const owners: Owner[] = [];
  let rest = 0;
  let count = 0;
  for (const { id, name, logPath } of measured.containerRecords) {
    if (logPath === '') continue;
    const stat = context.host.fs.lstat(joinPath(root, 'containers', id, `${id}-json.log`));
    if (isFailure(stat) || stat.kind !== 'file') continue;
    if (stat.apparentBytes >= LOG_WORTH_NAMING)
      owners.push(owner(`log of container ${name}`, stat.apparentBytes, 0));
    else {
      rest += stat.apparentBytes;
      count += 1;
    }
  }
  return [...owners, owner(`logs of ${count} containers`, rest, 0)];
}

function owner(what: string, bytes: number, canGo: number): Owner {
  return { what, bytes, canGo };
}
