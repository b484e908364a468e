import { WeighError } from '../../model/errors.ts';
import { completionScript, SHELLS } from '../completion.ts';
import type { CliContext } from '../context.ts';
import { didYouMean, similar } from '../usage.ts';

export function completionCommand(context: CliContext, shell: string): Promise<void> {
  const known = SHELLS.find((each) => each === shell);
  if (known === undefined) {
    throw new WeighError('USAGE', `no completion for ${shell}`, {
      hint: didYouMean(similar(shell, SHELLS)) ?? `There is one for ${SHELLS.join(', ')}.`,
    });
  }
  context.io.stdout.write(completionScript(known));
  context.finish({ kind: 'done', complete: true });
  return Promise.resolve();
}
