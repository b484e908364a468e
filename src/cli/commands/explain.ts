import { explain } from '../../measure/explain.ts';
import type { CliContext } from '../context.ts';
import type { CommonFlags } from '../flags.ts';
import { deliver } from '../output.ts';
import { withStores } from '../session.ts';
import type { Session } from '../session.ts';
import { outputSettings } from '../settings.ts';

export async function explainCommand(context: CliContext, flags: CommonFlags, name: string): Promise<void> {
  // Whole bytes: here the numbers must be seen to add up.
  const settings = outputSettings(flags, context.io, { units: 'bytes' });
  const work = async ({ measure, withFound }: Session): Promise<() => void> => {
    const report = withFound(await explain(measure, name));
    return () => deliver(context, report, settings);
  };
  await withStores(context, flags, settings, work, name === 'df' ? [] : [name]);
}
