import { measureImages } from '../../measure/images.ts';
import { selectImages } from '../../report/select.ts';
import type { CliContext } from '../context.ts';
import type { ListFlags } from '../flags.ts';
import { deliver } from '../output.ts';
import { imageSelection } from '../rows.ts';
import { withStores } from '../session.ts';
import type { Session } from '../session.ts';
import { outputSettings } from '../settings.ts';

export async function imagesCommand(
  context: CliContext,
  flags: ListFlags & { readonly all?: boolean },
  names: readonly string[],
): Promise<void> {
  const settings = outputSettings(flags, context.io, { walks: false });
  const selection = imageSelection(flags);
  const work = async ({ measure, withFound }: Session): Promise<() => void> => {
    const report = withFound(await measureImages(measure, { names, all: flags.all }));
    return () => deliver(context, selectImages(report, selection), settings);
  };
  await withStores(context, flags, settings, work, names);
}
