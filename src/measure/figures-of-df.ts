import type { DfStore } from '../model/reports.ts';
import type { ExplainedFigure, Step } from '../model/step.ts';
import { cacheThatCanGo, isActive } from './df-groups.ts';
import { FindingList } from './findings.ts';

const SOURCE = 'moby 20.10-29: daemon/disk_usage.go SystemDiskUsage';

const GROUPS = [
  ['images', 'images'],
  ['containers', 'containers'],
  ['volumes', 'volumes'],
  ['buildCache', 'build cache'],
] as const;

/** Which records make up the size of the build cache. */
export interface DfFigureOptions {
  readonly buildCacheSize: 'not-shared' | 'all';
}

/** What a detail's row is called and weighs. */
interface Item {
  readonly name: string;
  readonly bytes: number | null;
}

/**
 * The figures of `explain df` from a store's `df` alone: size and reclaimable of each of its four lines, with the rows that make them up. Those of images
 * have no steps: they are the kind's own to tell. The engine's reclaimable is compared with what would really go. `measure` is `StoreMeter.df`; the first
 * figure stands at `/figures/<first>`.
 */
export async function figuresOfDf(
  measure: (findings: FindingList, pointer: string) => Promise<DfStore>,
  findings: FindingList,
  first: number,
  options: DfFigureOptions,
): Promise<readonly ExplainedFigure[]> {
  const ofStore = new FindingList();
  const df = await measure(ofStore, '');
  moveFindings(ofStore, findings, first);
  return GROUPS.flatMap(([group, words]): readonly ExplainedFigure[] => {
    const { size, reclaimable, exactReclaimable } = df[group];
    const difference = df.differences.find((one) => one.group === group);
    const items = difference === undefined ? [] : [{ why: difference.why, bytes: difference.bytes }];
    const compare =
      items.length === 0 || exactReclaimable === null
        ? []
        : [{ with: 'what would really go', bytes: exactReclaimable, items }];
    const { held, free } = ITEMS[group](df.details, options);
    return [
      { name: `${words} size`, bytes: size, steps: size === null ? [] : held.map(stepOf), compare: [] },
      {
        name: `${words} reclaimable`,
        bytes: reclaimable,
        steps: reclaimable === null ? [] : free.map(stepOf),
        compare,
      },
    ];
  });
}

interface Items {
  readonly held: readonly Item[];
  readonly free: readonly Item[];
}

type GroupName = (typeof GROUPS)[number][0];

/** The rows behind a line's size, and those behind its reclaimable. */
const ITEMS: Readonly<Record<GroupName, (details: DfStore['details'], options: DfFigureOptions) => Items>> = {
  images: () => ({ held: [], free: [] }),
  containers: ({ containers }) => {
    const listed = containers.filter((row) => row.engineAnswer !== 'not listed');
    const items = (rows: typeof containers): readonly Item[] =>
      rows.map(({ name, sizeRw }) => ({ name, bytes: sizeRw }));
    return {
      held: items(listed),
      free: items(listed.filter(({ state }) => !isActive(state) && state !== 'unknown')),
    };
  },
  volumes: ({ volumes }) => {
    const items = (rows: typeof volumes): readonly Item[] =>
      rows.map(({ name, size }) => ({ name, bytes: size }));
    return { held: items(volumes), free: items(volumes.filter(({ refCount }) => refCount === 0)) };
  },
  buildCache: ({ buildCache }, { buildCacheSize }) => {
    const items = (rows: typeof buildCache): readonly Item[] =>
      rows.map(({ id, size }) => ({ name: id, bytes: size }));
    const counted = buildCache.filter(({ shared }) => buildCacheSize === 'all' || !shared);
    return { held: items(counted), free: items(cacheThatCanGo(buildCache)) };
  },
};

function stepOf({ name, bytes }: Item): Step {
  const rule = 'DiskUsage';
  if (bytes === null)
    return { rule, subject: name, text: `${name}, left out: it has no size`, source: SOURCE };
  return { rule, subject: name, bytes, text: name, source: SOURCE };
}

function moveFindings(ofStore: FindingList, findings: FindingList, first: number): void {
  const fields = ['size', 'reclaimable'];
  const places = new Map<string, number>();
  for (const [index, [group]] of GROUPS.entries()) {
    fields.forEach((field, at) => places.set(`/${group}/${field}`, 2 * index + at));
    places.set(`/details/${group}`, 2 * index);
  }
  for (const { effects, ...problem } of ofStore.finish().findings) {
    if (effects.length === 0) findings.note(problem);
    for (const { pointer, bound } of effects) {
      const place = places.get(pointer);
      if (place !== undefined) findings.affect(problem, `/figures/${first + place}/bytes`, bound);
    }
  }
}
