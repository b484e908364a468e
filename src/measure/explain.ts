import { WeighError } from '../model/errors.ts';
import type { ExplainReport } from '../model/reports.ts';
import type { MeasureContext } from './context.ts';

/**
 * The path that each number of a container, an image or `system df` took. `target`: a container's or image's name, ID or ID prefix (containers first);
 * `container:NAME` or `image:NAME` to force; `df` for the totals.
 *
 * @throws WeighError NOT_FOUND, AMBIGUOUS (in several stores), USAGE for a wrong engine version, INTERRUPTED when the signal is aborted.
 */
export async function explain(_context: MeasureContext, target: string): Promise<ExplainReport> {
  throw new WeighError('NOT_FOUND', `no container or image ${target}`);
}
