import type { ExplainedFigure, Step } from '../model/step.ts';
import type { MeasuredDf } from './docker-df.ts';
import { containerReason } from './df-differences.ts';
import { addDfFindings } from './df-findings.ts';
import {
  cacheColumns,
  containerColumns,
  containersThatCanGo,
  imageColumns,
  isActive,
  sum,
  volumeColumns,
} from './df-groups.ts';
import { ruleSource } from './engine-rules.ts';
import type { EngineRules } from './engine-rules.ts';
import type { FindingList } from './findings.ts';
import { layerReferences, sumRecorded } from './layer-chain.ts';
import { compareRows } from './order.ts';

const WITH_EXACT = 'what would really go';

/** The figures of one store, in this order; `addFigureFindings` knows their places. */
const FIGURES = [
  'images size',
  'images reclaimable',
  'containers size',
  'containers reclaimable',
  'volumes size',
  'volumes reclaimable',
  'build cache size',
  'build cache reclaimable',
] as const;

export function dfFigures(measured: MeasuredDf): readonly ExplainedFigure[] {
  return [
    imagesSize(measured),
    imagesReclaimable(measured),
    ...containerFigures(measured),
    ...volumeFigures(measured),
    ...cacheFigures(measured),
  ].map((figure, index) => ({ ...figure, name: FIGURES[index] ?? figure.name }));
}

/** Carries a store's findings over, with their effects moved from the totals of `weigh df` to the figures. `first` is this store's first figure. */
export function addFigureFindings(
  findings: FindingList,
  ofStore: FindingList,
  measured: MeasuredDf,
  first: number,
): void {
  addDfFindings(ofStore, measured, '');
  const places: Readonly<Record<string, number>> = {
    '/containers/size': 2,
    '/containers/reclaimable': 3,
    '/volumes/size': 4,
    '/volumes/reclaimable': 5,
    '/buildCache/size': 6,
    '/buildCache/reclaimable': 7,
    '/details/images': 0,
    '/details/containers': 2,
    '/details/volumes': 4,
    '/details/buildCache': 6,
  };
  for (const { kind, subject, message, effects } of ofStore.finish().findings) {
    const problem = { kind, subject, message };
    for (const { pointer, bound } of effects) {
      const place = places[pointer];
      if (place !== undefined) findings.affect(problem, `/figures/${first + place}/bytes`, bound);
    }
  }
}

function imagesSize(measured: MeasuredDf): ExplainedFigure {
  const { view } = measured;
  const references = layerReferences(view.listed, view.snapshot.layers);
  const layers = [...view.snapshot.layers.values()];
  const of = (holds: (count: number) => boolean): typeof layers =>
    layers.filter((layer) => holds(references.get(layer.chainId) ?? 0));
  const source = 'moby 20.10-29: daemon/images/service.go LayerDiskUsage, getLayerRefs';
  const one = of((count) => count === 1);
  const several = of((count) => count > 1);
  const none = of((count) => count === 0);
  const step = (text: string, bytes?: number): Step => ({
    rule: 'LayersSize',
    subject: '',
    ...(bytes === undefined ? {} : { bytes }),
    text,
    source,
  });
  const left = `left out: ${counted(none.length, 'layer')} that no listed image holds (containers or the build cache may)`;
  return {
    name: '',
    bytes: measured.layersSize,
    steps: [
      step(`${counted(one.length, 'layer')} that one image holds`, sumRecorded(one)),
      step(`${counted(several.length, 'layer')} that several images hold, each once`, sumRecorded(several)),
      ...(none.length > 0 ? [step(left)] : []),
    ],
    compare: [],
  };
}

function imagesReclaimable(measured: MeasuredDf): ExplainedFigure {
  const { scope, view, reclaim } = measured;
  const rows = view.listed.map((image) => view.row(image)).sort(compareRows);
  const rule = scope.rules.imagesReclaimable;
  const source = ruleSource(scope.used.engineVersion, 'imagesReclaimable');
  const ofUsed = rule === 'layers-less-used';
  const sign = rule === 'unused-unique' ? 1 : -1;
  const counting = rows.filter((row) => row.containers > 0 === ofUsed);
  const without = counting.filter((row) => row.uniqueSize === 0).length;
  const steps: Step[] = counting
    .filter((row) => row.uniqueSize !== 0)
    .map((row) => ({
      rule: 'UniqueSize',
      subject: row.names[0] ?? row.id.slice(7, 19),
      bytes: sign * row.uniqueSize,
      text: `${sign < 0 ? 'less the' : 'the'} unique size of ${row.names[0] ?? row.id.slice(7, 19)}, ${row.containers > 0 ? 'in use' : 'not in use'}`,
      source,
    }));
  if (without > 0) {
    const text = `${counted(without, 'more image')} without a layer that is unique`;
    steps.push({ rule: 'UniqueSize', subject: '', text, source });
  }
  const total: Step = {
    rule: 'LayersSize',
    subject: '',
    bytes: measured.layersSize,
    text: 'all layers of images',
    source,
  };
  return {
    name: '',
    bytes: imageColumns(rows, measured.layersSize, scope.rules).reclaimable,
    steps: [reclaimRule(scope.rules, source), ...(sign < 0 ? [total] : []), ...steps],
    compare: [
      {
        with: WITH_EXACT,
        bytes: reclaim.bytes,
        items: reclaim.differences.map(({ why, bytes }) => ({ why, bytes: -bytes })),
      },
    ],
  };
}

function reclaimRule(rules: EngineRules, source: string): Step {
  const text = {
    'layers-less-used': 'this version takes the unique size of each image in use off the total',
    'layers-less-unused': 'this version takes the unique size of each image NOT in use off the total',
    'unused-unique': 'this version adds up the unique sizes of images that are not in use',
  }[rules.imagesReclaimable];
  return { rule: 'Reclaimable', subject: '', text, source };
}

function containerFigures(measured: MeasuredDf): readonly ExplainedFigure[] {
  const rows = measured.containers.map(({ row }) => row);
  const listed = rows.filter((row) => row.engineAnswer !== 'not listed');
  const columns = containerColumns(rows);
  const source = 'moby 20.10-29: daemon/disk_usage.go; docker/cli: cli/command/formatter/disk_usage.go';
  const step = (row: (typeof rows)[number]): Step => ({
    rule: 'SizeRw',
    subject: row.name,
    ...(row.engineAnswer === 'unknown' ? {} : { bytes: row.sizeRw ?? -1 }),
    text: `${row.name}, ${row.state}${row.engineAnswer === -1 ? ': the engine answers -1 and adds it as it is' : ''}`,
    source,
  });
  const exact = sum(containersThatCanGo(rows).map((row) => row.sizeRw ?? 0));
  return [
    { name: '', bytes: columns.size, steps: listed.map(step), compare: [] },
    {
      name: '',
      bytes: columns.reclaimable,
      steps: listed.filter((row) => !isActive(row.state)).map(step),
      compare: exactly(columns.reclaimable, exact, containerReason(measured)),
    },
  ];
}

function exactly(engine: number | null, exact: number, why: string): ExplainedFigure['compare'] {
  if (engine === null || engine === exact) return [];
  return [{ with: WITH_EXACT, bytes: exact, items: [{ why, bytes: exact - engine }] }];
}

function volumeFigures(measured: MeasuredDf): readonly ExplainedFigure[] {
  const rows = measured.volumes.map(({ row }) => row);
  const columns = volumeColumns(rows, measured.scope.rules);
  const source = 'moby 20.10-29: volume/service LocalVolumesSize, directory.Size';
  const step = (row: (typeof rows)[number]): Step => ({
    rule: 'directory.Size',
    subject: row.name,
    ...(row.size === null ? {} : { bytes: row.size }),
    text: `${row.name}, ${row.refCount === 0 ? 'nobody refers to it' : counted(row.refCount, 'container')}${row.engineAnswer === -1 ? ': the engine answers -1 and leaves it out' : ''}`,
    source,
  });
  const unused = measured.volumes.filter((volume) => volume.unused);
  const exact = sum(unused.map((volume) => volume.row.size ?? 0));
  return [
    { name: '', bytes: columns.size, steps: rows.map(step), compare: [] },
    {
      name: '',
      bytes: columns.reclaimable,
      steps: rows.filter((row) => row.refCount === 0).map(step),
      compare: exactly(
        columns.reclaimable,
        exact,
        'volumes of containers that the engine does not load: they still refer to them',
      ),
    },
  ];
}

function cacheFigures(measured: MeasuredDf): readonly ExplainedFigure[] {
  const rows = measured.cache.map(({ row }) => row);
  const { rules, used } = measured.scope;
  const columns = cacheColumns(rows, rules);
  const source = ruleSource(used.engineVersion, 'buildCacheSize');
  const group = (inUse: boolean, shared: boolean): readonly Step[] => {
    const of = rows.filter((row) => row.inUse === inUse && row.shared === shared);
    const text = `${counted(of.length, 'record')} ${inUse ? 'in use' : 'not in use'}${shared ? ', image layers too' : ''}`;
    const bytes = sum(of.map((row) => row.size ?? 0));
    return of.length === 0 ? [] : [{ rule: 'DiskUsage', subject: '', bytes, text, source }];
  };
  const shared = rows.filter((row) => row.shared).length;
  const left: Step = {
    rule: 'DiskUsage',
    subject: '',
    text: `left out: ${counted(shared, 'record')} that are image layers too`,
    source,
  };
  const rest = rules.buildCacheSize === 'all' ? [...group(true, true), ...group(false, true)] : [left];
  return [
    {
      name: '',
      bytes: columns.size,
      steps: [...group(true, false), ...group(false, false), ...(shared > 0 ? rest : [])],
      compare: [],
    },
    { name: '', bytes: columns.reclaimable, steps: group(false, false), compare: [] },
  ];
}

function counted(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
