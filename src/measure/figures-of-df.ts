import type { DfStore } from '../model/reports.ts';
import type { ExplainedFigure, Step } from '../model/step.ts';
import { FindingList } from './findings.ts';

const GROUPS = [
  ['images', 'images'],
  ['containers', 'containers'],
  ['volumes', 'volumes'],
  ['buildCache', 'build cache'],
] as const;

/** What a detail's row is called and weighs. */
interface Item {
  readonly name: string;
  readonly bytes: number | null;
}

/**
 * The figures of `explain df` from a store's `df` alone: size and reclaimable of each of its four lines, with the rows that make them up. The engine's
 * reclaimable is compared with what would really go. `measure` is `StoreMeter.df`; the first figure stands at `/figures/<first>`.
 */
export async function figuresOfDf(
  measure: (findings: FindingList, pointer: string) => Promise<DfStore>,
  findings: FindingList,
  first: number,
): Promise<readonly ExplainedFigure[]> {
  const ofStore = new FindingList();
  const df = await measure(ofStore, '');
  moveFindings(ofStore, findings, first);
  return GROUPS.flatMap(([group, words]): readonly ExplainedFigure[] => {
    const { size, reclaimable, exactReclaimable } = df[group];
    const difference = df.differences.find((one) => one.group === group);
    const compare =
      difference === undefined || exactReclaimable === null
        ? []
        : [
            {
              with: 'what would really go',
              bytes: exactReclaimable,
              items: [{ why: difference.why, bytes: difference.bytes }],
            },
          ];
    return [
      { name: `${words} size`, bytes: size, steps: size === null ? [] : stepsOf(df, group), compare: [] },
      { name: `${words} reclaimable`, bytes: reclaimable, steps: [], compare },
    ];
  });
}

function stepsOf(df: DfStore, group: (typeof GROUPS)[number][0]): readonly Step[] {
  const items: Readonly<Record<typeof group, () => readonly Item[]>> = {
    images: () => [],
    containers: () => df.details.containers.map(({ name, sizeRw }) => ({ name, bytes: sizeRw })),
    volumes: () => df.details.volumes.map(({ name, size }) => ({ name, bytes: size })),
    buildCache: () => df.details.buildCache.map(({ id, size }) => ({ name: id, bytes: size })),
  };
  return items[group]().map(({ name, bytes }) => ({
    rule: 'DiskUsage',
    subject: name,
    ...(bytes === null ? {} : { bytes }),
    text: bytes === null ? `${name}, left out: it has no size` : name,
    source: '',
  }));
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
