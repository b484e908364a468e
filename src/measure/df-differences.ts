import type { DfGroup, DfStore } from '../model/reports.ts';
import type { MeasuredDf } from './docker-df.ts';

type GroupName = DfStore['differences'][number]['group'];
type Groups = Readonly<Record<GroupName, DfGroup>>;

/** For each line of `system df` whose two reclaimable figures differ: the exact one less the engine's, and why, in one sentence. */
export function dfDifferences(measured: MeasuredDf, groups: Groups): DfStore['differences'] {
  const sentences: Readonly<Record<GroupName, () => string>> = {
    images: () => imageReason(measured),
    containers: () => containerReason(measured),
    volumes: () => 'volumes that only a container refers to which the engine does not load',
    buildCache: () => 'records whose size is not known',
  };
  const names: readonly GroupName[] = ['images', 'containers', 'volumes', 'buildCache'];
  return names.flatMap((group) => {
    const { reclaimable, exactReclaimable } = groups[group];
    if (reclaimable === null || exactReclaimable === null || reclaimable === exactReclaimable) return [];
    return [{ group, bytes: exactReclaimable - reclaimable, why: sentences[group]() }];
  });
}

/** The items with their bytes; a single one needs none. */
function imageReason(measured: MeasuredDf): string {
  const [first, ...others] = measured.reclaim.differences;
  if (first === undefined) return 'nothing that can be named';
  if (others.length === 0) return first.why;
  const items = [first, ...others].map(({ why, bytes }) => `${plainCount(Math.abs(bytes))} bytes are ${why}`);
  return items.join('; ');
}

/** Digits in groups of three. */
export function plainCount(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** Why the engine's figure for containers is not the exact one. */
export function containerReason(measured: MeasuredDf): string {
  const listed = measured.containers.filter(({ row }) => row.engineAnswer !== 'not listed');
  const failed = listed.filter(({ row }) => row.engineAnswer === -1).length;
  const removing = listed.filter(({ row }) => row.state === 'removing').length;
  const parts = [
    ...(removing > 0 ? [`${removing} being removed already, which the engine counts`] : []),
    ...(failed > 0 ? [`${failed} whose size the engine answers as -1, which it adds up as it is`] : []),
  ];
  return parts.length > 0 ? parts.join('; ') : 'containers in a state that the engine does not know';
}
