import { measureDf } from '../../measure/df.ts';
import { dfText } from '../../report/df.ts';
import type { CliContext } from '../context.ts';
import type { CommonFlags } from '../flags.ts';
import { deliver } from '../output.ts';
import { withStores } from '../session.ts';
import { outputSettings } from '../settings.ts';

export async function dfCommand(
  context: CliContext,
  flags: CommonFlags & { readonly verbose?: boolean },
): Promise<void> {
  const settings = outputSettings(flags, context.io);
  await withStores(context, flags, settings, async ({ measure, withFound }) => {
    // Blocks of what can go take a walk of image layers: only where details are asked for.
    const report = withFound(await measureDf(measure, { disk: flags.verbose === true || settings.json }));
    return () =>
      deliver(context, report, settings, () => dfText(report, settings.text, flags.verbose === true));
  });
}
