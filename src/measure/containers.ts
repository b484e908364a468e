import type { ContainersReport } from '../model/reports.ts';
import type { MeasureContext } from './context.ts';
import { FindingList } from './findings.ts';
import type { MeterContainer } from './meter.ts';
import { openMeters } from './meter.ts';
import { compareRows } from './order.ts';
import { notFound } from './resolve-name.ts';
import type { StoreMeter } from './meter.ts';

/** What `measureContainers` is to list. */
export interface ContainersOptions {
  /** Names, full IDs or ID prefixes; absent or empty: all. */
  readonly names?: readonly string[] | undefined;
}

/**
 * The containers of all stores with the sizes that the engine gives them, as `docker ps -as` shows them. Walks each container's RW layer.
 *
 * @throws WeighError NOT_FOUND or AMBIGUOUS for a name; USAGE for a wrong engine version; INTERRUPTED when the signal is aborted.
 */
export async function measureContainers(
  context: MeasureContext,
  options: ContainersOptions = {},
): Promise<ContainersReport> {
  const meters = await openMeters(context);
  const findings = new FindingList();
  const stores = meters.map((meter) => ({ meter, containers: meter.containers(findings, '/containers') }));
  const chosen = choose(stores, options.names ?? []);
  const total = chosen.length;
  const measured = [];
  for (const [done, container] of chosen.entries()) {
    const one = await container.measure(findings, { done, total });
    if (one !== undefined) measured.push(one);
  }
  measured.sort((a, b) => compareRows(a.row, b.row));
  measured.forEach(({ addFindings }, index) => addFindings(findings, `/containers/${index}`));
  return {
    schema: 'weigh.containers/1',
    ...findings.finish(),
    rules: meters.map((meter) => meter.used),
    containers: measured.map(({ row }) => row),
  };
}

interface StoreContainers {
  readonly meter: StoreMeter;
  readonly containers: readonly MeterContainer[];
}

/**
 * The containers that the names choose, in all stores; all of them when there are no names.
 *
 * @throws WeighError NOT_FOUND for a name that no store holds; AMBIGUOUS for an ID prefix of several containers of one store.
 */
function choose(stores: readonly StoreContainers[], names: readonly string[]): readonly MeterContainer[] {
  const all = stores.flatMap(({ containers }) => containers);
  if (names.length === 0) return all;
  const chosen = new Set<MeterContainer>();
  for (const name of names) {
    const found = stores.flatMap(({ meter, containers }) => meter.findContainer(containers, name) ?? []);
    if (found.length === 0) {
      const known = all.map((container) => container.name);
      throw notFound('container', name, stores.length, known);
    }
    for (const container of found) chosen.add(container);
  }
  return all.filter((container) => chosen.has(container));
}
