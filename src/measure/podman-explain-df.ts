import type { ExplainedFigure, Step } from '../model/step.ts';
import { FindingList } from './findings.ts';
import {
  addPodmanDfFindings,
  measurePodmanDf,
  podmanContainerColumns,
  podmanContainersThatCanGo,
  podmanDfStore,
  podmanVolumeColumns,
} from './podman-df.ts';
import type { MeasuredPodmanDf } from './podman-df.ts';
import { podmanRuleSource } from './podman-rules.ts';
import type { PodmanScope } from './podman-scope.ts';

/** Pointers into `df` and the figures that they concern, in the order of `podmanDfFigures`. */
const PLACES = [
  '/images/size',
  '/images/reclaimable',
  '/containers/size',
  '/containers/reclaimable',
  '/volumes/size',
  '/volumes/reclaimable',
] as const;
const EXACT = 'what would really go';

/** The figures of one store's `system df`; its first one stands at `/figures/<first>`. */
export async function podmanDfFigures(
  scope: PodmanScope,
  findings: FindingList,
  first: number,
): Promise<readonly ExplainedFigure[]> {
  const own = new FindingList();
  const measured = await measurePodmanDf(scope, own, '');
  addPodmanDfFindings(own, measured, '');
  movePodmanFindings(own, findings, (place) => `/figures/${first + place}/bytes`);
  const store = await podmanDfStore(measured, false);
  const figures = [
    imagesSize(measured),
    imagesReclaimable(measured),
    ...containerFigures(measured),
    ...volumeFigures(measured),
  ];
  const exact = [null, store.images, null, store.containers, null, store.volumes];
  return figures.map((figure, index) => {
    const group = exact[index] ?? null;
    const bytes = group?.exactReclaimable ?? null;
    if (bytes === null || figure.bytes === null || bytes === figure.bytes) return figure;
    const why =
      store.differences.find(({ group: name }) => PLACES[index]?.startsWith(`/${name}/`))?.why ?? '';
    return { ...figure, compare: [{ with: EXACT, bytes, items: [{ why, bytes: bytes - figure.bytes }] }] };
  });
}

/** Carries findings over; effects on totals of `df` become effects on what stands at `pointerOf(place)`, others are left behind. */
export function movePodmanFindings(
  own: FindingList,
  findings: FindingList,
  pointerOf: (place: number) => string,
): void {
  for (const { effects, ...problem } of own.finish().findings) {
    const moved = effects.flatMap(({ pointer, bound }) => {
      const list = /^\/details\/(containers|images|volumes)$/.exec(pointer)?.[1];
      const place = PLACES.findIndex((one) => one === (list === undefined ? pointer : `/${list}/size`));
      return place < 0 ? [] : [{ pointer: pointerOf(place), bound }];
    });
    if (moved.length === 0) findings.note(problem);
    for (const { pointer, bound } of moved) findings.affect(problem, pointer, bound);
  }
}

function imagesSize({ scope, view, images }: MeasuredPodmanDf): ExplainedFigure {
  const source = podmanRuleSource(scope.used.engineVersion, 'imagesSize');
  const step = { rule: 'DiskUsage', subject: '', source };
  if (scope.rules.imagesSize === 'rows') {
    const rows = view.all.map(({ row, rows: names }) => ({
      ...step,
      subject: row.id,
      bytes: (row.sharedSize + row.uniqueSize) * names,
      text: `${row.names[0] ?? row.id.slice(7, 19)}${names > 1 ? `, once for each of its ${names} names` : ''}`,
    }));
    return { name: 'images size', bytes: images.size, steps: rows, compare: [] };
  }
  const text =
    scope.rules.imagesSize === 'all-layers'
      ? 'all layers of the store once, those without an image too, and the data items of each image'
      : 'each image once, less the layers that an image before it has';
  return {
    name: 'images size',
    bytes: images.size,
    steps: [{ ...step, bytes: images.size ?? 0, text }],
    compare: [],
  };
}

function imagesReclaimable({ scope, view, images }: MeasuredPodmanDf): ExplainedFigure {
  const source = podmanRuleSource(scope.used.engineVersion, 'imagesReclaimable');
  const step = { rule: 'Reclaimable', source };
  const ofRows = scope.rules.imagesReclaimable === 'unused-rows';
  const counting = view.all.filter(({ row }) => (row.containers === 0) === ofRows);
  const total: Step = { ...step, subject: '', bytes: images.size ?? 0, text: 'images size' };
  const steps = counting.map(({ row, rows }): Step => {
    const name = row.names[0] ?? row.id.slice(7, 19);
    return ofRows
      ? {
          ...step,
          subject: row.id,
          bytes: (row.sharedSize + row.uniqueSize) * rows,
          text: `${name}, not in use`,
        }
      : { ...step, subject: row.id, bytes: -row.uniqueSize, text: `less the unique size of ${name}, in use` };
  });
  return {
    name: 'images reclaimable',
    bytes: images.reclaimable,
    steps: ofRows ? steps : [total, ...steps],
    compare: [],
  };
}

function containerFigures({ containers }: MeasuredPodmanDf): readonly ExplainedFigure[] {
  const columns = podmanContainerColumns(containers);
  const source = 'podman 4.3-5.8: cmd/podman/system/df.go printSummary';
  const steps = (of: typeof containers): readonly Step[] =>
    of.map(({ row }) => ({
      rule: 'RWSize',
      subject: row.name,
      ...(row.sizeRw === null ? {} : { bytes: row.sizeRw }),
      text: `${row.name}, ${row.state}`,
      source,
    }));
  return [
    { name: 'containers size', bytes: columns.size, steps: steps(containers), compare: [] },
    {
      name: 'containers reclaimable',
      bytes: columns.reclaimable,
      steps: steps(containers.filter(({ row }) => row.state !== 'running')),
      compare: [],
    },
  ];
}

function volumeFigures({ scope, volumes }: MeasuredPodmanDf): readonly ExplainedFigure[] {
  const columns = podmanVolumeColumns(volumes);
  const source = podmanRuleSource(scope.used.engineVersion, 'volumeSize');
  const steps = (of: typeof volumes): readonly Step[] =>
    of.map(({ row }) => ({
      rule: 'SizeOfPath',
      subject: row.name,
      ...(row.size === null ? {} : { bytes: row.size }),
      text: `${row.name}, ${row.refCount === 0 ? 'no container mounts it' : `mounted by ${row.refCount}`}`,
      source,
    }));
  return [
    { name: 'volumes size', bytes: columns.size, steps: steps(volumes), compare: [] },
    {
      name: 'volumes reclaimable',
      bytes: columns.reclaimable,
      steps: steps(volumes.filter(({ row }) => row.refCount === 0)),
      compare: [],
    },
  ];
}

/** How many containers can go, and what they wrote. */
export function goingContainers(measured: MeasuredPodmanDf): {
  readonly count: number;
  readonly bytes: number;
} {
  const going = podmanContainersThatCanGo(measured.containers);
  return { count: going.length, bytes: going.reduce((total, { row }) => total + (row.sizeRw ?? 0), 0) };
}
