import type { EngineColumns } from '../df-groups.ts';
import type { MeasuredDf } from './df.ts';

/** The engine's columns of images. An image whose containers it cannot tell counts as one in use when SIZE is reduced by those. */
export function imageColumns({ view, total, scope }: MeasuredDf): EngineColumns {
  const { listed } = view;
  const count = listed.length;
  const active = listed.filter(({ engineContainers }) => engineContainers > 0).length;
  if (total.bytes === null) return { count, active, size: null, reclaimable: null };
  const unique = (of: (containers: number) => boolean): number =>
    listed.reduce((sum, { row, engineContainers }) => sum + (of(engineContainers) ? row.uniqueSize : 0), 0);
  const size = total.bytes;
  const reclaimable = {
    'layers-less-used': () => size - unique((containers) => containers !== 0),
    'layers-less-unused': () => size - unique((containers) => containers === 0),
    'unused-unique': () => unique((containers) => containers === 0),
  }[scope.rules.imagesReclaimable]();
  return { count, active, size, reclaimable };
}
