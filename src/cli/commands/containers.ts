import { measureContainers } from '../../measure/containers.ts';
import { selectContainers } from '../../report/select.ts';
import type { CliContext } from '../context.ts';
import type { ListFlags } from '../flags.ts';
import { deliver } from '../output.ts';
import { containerSelection } from '../rows.ts';
import { withStores } from '../session.ts';
import type { Session } from '../session.ts';
import { outputSettings } from '../settings.ts';

export async function containersCommand(
  context: CliContext,
  flags: ListFlags,
  names: readonly string[],
): Promise<void> {
  const settings = outputSettings(flags, context.io);
  const selection = containerSelection(flags);
  const work = async ({ measure, withFound }: Session): Promise<() => void> => {
    const report = withFound(await measureContainers(measure, { names }));
    return () => deliver(context, selectContainers(report, selection), settings);
  };
  await withStores(context, flags, settings, work, names);
}
