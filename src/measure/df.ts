import type { DfReport, DfStore } from '../model/reports.ts';
import type { MeasureContext } from './context.ts';
import { FindingList } from './findings.ts';
import { openMeters } from './meter.ts';

/** What `measureDf` is to find out beyond the engine's own figures. */
export interface DfOptions {
  /** Also walk what would go and give its allocated blocks (`exactReclaimableDisk`); without it that is known for volumes only. */
  readonly disk?: boolean | undefined;
}

/**
 * `docker system df -v` of all stores: the engine's own figures, and beside them the exact ones. Walks containers and volumes.
 *
 * @throws WeighError USAGE for a wrong engine version; INTERRUPTED when the signal is aborted.
 */
export async function measureDf(context: MeasureContext, options: DfOptions = {}): Promise<DfReport> {
  const meters = await openMeters(context);
  const findings = new FindingList();
  const stores: DfStore[] = [];
  for (const meter of meters) {
    stores.push(await meter.df(findings, `/stores/${stores.length}`, options.disk === true));
  }
  return {
    schema: 'weigh.df/1',
    ...findings.finish(),
    rules: meters.map((meter) => meter.used),
    stores,
  };
}
