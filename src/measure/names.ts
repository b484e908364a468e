import type { MeasureContext } from './context.ts';
import { FindingList } from './findings.ts';
import { openMeters } from './meter.ts';

/** What can be asked about in one store. */
export interface StoreNames {
  /** The store's name. */
  readonly store: string;
  /** Names of containers, then of images. */
  readonly names: readonly string[];
}

/** The names of all containers and images, store by store. Asks no engine and walks nothing. */
export async function namesIn(context: MeasureContext): Promise<readonly StoreNames[]> {
  const meters = await openMeters({ ...context, askEngine: false });
  return meters.map((meter) => {
    const unused = new FindingList();
    const containers = meter.containers(unused, '').map(({ name }) => name);
    return { store: meter.store.name, names: [...containers, ...meter.images(unused, '').names] };
  });
}
