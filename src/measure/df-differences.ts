import type { DfGroup, DfStore } from '../model/reports.ts';
import type { MeasuredDf } from './df.ts';

type GroupName = DfStore['differences'][number]['group'];
type Groups = Readonly<Record<GroupName, DfGroup>>;

/** For each line of `system df` whose two reclaimable figures differ: the engine's less the exact one, and why, in one sentence. */
export function dfDifferences(measured: MeasuredDf, groups: Groups): DfStore['differences'] {
  const sentences: Readonly<Record<GroupName, () => string>> = {
    images: () => measured.reclaim.differences.map(({ why, bytes }) => `${bytes} B: ${why}`).join('; '),
    containers: () => containerReason(measured),
    volumes: () => 'volumes that only a container refers to which the engine does not load',
    buildCache: () => 'records whose size is not known',
  };
  const names: readonly GroupName[] = ['images', 'containers', 'volumes', 'buildCache'];
  return names.flatMap((group) => {
    const { reclaimable, exactReclaimable } = groups[group];
    if (reclaimable === null || exactReclaimable === null || reclaimable === exactReclaimable) return [];
    return [{ group, bytes: reclaimable - exactReclaimable, why: sentences[group]() }];
  });
}

function containerReason(measured: MeasuredDf): string {
  const listed = measured.containers.filter(({ row }) => row.engineAnswer !== 'not listed');
  const failed = listed.filter(({ row }) => row.engineAnswer === -1).length;
  const removing = listed.filter(({ row }) => row.state === 'removing').length;
  const parts = [
    ...(removing > 0 ? [`${removing} being removed already, which the engine counts`] : []),
    ...(failed > 0 ? [`${failed} whose size the engine answers as -1, which it adds up as it is`] : []),
  ];
  return parts.length > 0 ? parts.join('; ') : 'containers in a state that the engine does not know';
}
