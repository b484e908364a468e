import type { HostReport } from '../model/reports.ts';
import type { MeasureContext } from './context.ts';
import { fileSystemsOf } from './file-systems.ts';
import { FindingList } from './findings.ts';
import { openMeters } from './meter.ts';
import type { MeterOverview } from './meter.ts';

/**
 * This host at a glance: what each store holds, what nobody uses, and the file systems they are on. Walks containers and volumes.
 *
 * @throws WeighError USAGE for a wrong engine version; INTERRUPTED when the signal is aborted.
 */
export async function overview(context: MeasureContext): Promise<HostReport> {
  const meters = await openMeters(context);
  const findings = new FindingList();
  findings.notes(context.problems ?? []);
  const stores: MeterOverview[] = [];
  for (const meter of meters) stores.push(await meter.overview(findings, `/stores/${stores.length}`));
  const owners = stores.flatMap((one) => one.owners);
  return {
    schema: 'weigh.host/1',
    ...findings.finish(),
    rules: meters.map((meter) => meter.used),
    fileSystems: fileSystemsOf(
      context.host,
      meters.map(({ store }) => store.root),
    ),
    stores: stores.map(({ store }) => store),
    owners: owners.filter(({ bytes }) => bytes !== 0).sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0)),
  };
}
