import { WeighError } from '../../model/errors.ts';
import { overview } from '../../measure/host-overview.ts';
import { namesIn } from '../../measure/names.ts';
import { NAME_A_STORE, placeOf } from '../../measure/resolve-name.ts';
import { COMMANDS } from '../app.ts';
import type { CliContext } from '../context.ts';
import type { CommonFlags } from '../flags.ts';
import { deliver } from '../output.ts';
import { withStores } from '../session.ts';
import type { Session } from '../session.ts';
import { outputSettings } from '../settings.ts';
import { didYouMean, similar } from '../usage.ts';

/** `weigh` alone: this host. With a word: what can be asked about it today. */
export async function overviewCommand(
  context: CliContext,
  flags: CommonFlags,
  words: readonly string[],
): Promise<void> {
  const settings = outputSettings(flags, context.io);
  const [word, another] = words;
  if (word !== undefined) refuseTypo(word, another);
  const work = async (session: Session): Promise<() => void> => {
    if (word !== undefined) throw await pointer(session, word);
    const report = session.withFound(await overview(session.measure));
    return () => deliver(context, report, settings);
  };
  await withStores(context, flags, settings, work, words);
}

/** A word that is nearly a command is taken for one: no store needs to be opened to say so. */
function refuseTypo(word: string, another: string | undefined): void {
  const near = similar(word, Object.keys(COMMANDS));
  if (near.length === 0 && another === undefined) return;
  throw new WeighError('USAGE', `no command ${word}`, {
    hint: didYouMean(near.map((name) => `weigh ${name}`)) ?? 'See weigh --help.',
  });
}

/** What to run for a container's or an image's name. */
async function pointer({ measure }: Session, word: string): Promise<WeighError> {
  const stores = await namesIn(measure);
  const inStore = stores.find(({ names }) => names.includes(word));
  if (inStore !== undefined) {
    return new WeighError('USAGE', `${word} is in ${inStore.store}, but a name alone is no command yet`, {
      hint: `How its size came about: weigh explain ${word}`,
    });
  }
  const names = stores.flatMap((store) => store.names);
  const count = stores.length;
  return new WeighError(
    'NOT_FOUND',
    `no command ${word}, and no container or image of that name ${placeOf(count)}`,
    { hint: count === 0 ? NAME_A_STORE : (didYouMean(similar(word, names)) ?? 'See weigh --help.') },
  );
}
