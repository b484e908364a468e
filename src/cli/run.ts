import { run } from '@stricli/core';
import { isWeighError } from '../model/errors.ts';
import { COMMANDS, buildApp } from './app.ts';
import { commandFirst } from './arguments.ts';
import type { CliContext, CliIo } from './context.ts';
import { failureText, stackText } from './errors.ts';
import { exitCodeOf } from './exit-code.ts';
import type { ExitCode, Outcome } from './exit-code.ts';
import { helpFor } from './help.ts';
import { screenWidth, wantsJson } from './settings.ts';

/** Runs one command line. Answers the exit code; everything said goes to `io`. Never throws. */
export async function runCli(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const inputs = commandFirst(args, new Set(Object.keys(COMMANDS)));
  const [first] = inputs;
  if (first === '--version') {
    io.stdout.write(`weigh ${io.version}\n`);
    return 0;
  }
  const help = helpFor(inputs);
  if (help !== undefined) {
    io.stdout.write(help);
    return 0;
  }
  const outcome = await dispatch(inputs, io);
  const failed = failureText(outcome, { json: wantsJson(args), width: screenWidth(io) });
  if (failed !== '') io.stderr.write(failed);
  if (outcome.kind === 'failed' && args.includes('--debug')) io.stderr.write(stackText(outcome.error));
  return exitCodeOf(outcome);
}

async function dispatch(inputs: readonly string[], io: CliIo): Promise<Outcome> {
  let outcome: Outcome | undefined;
  const fail = (error: unknown): void => {
    outcome ??= { kind: 'failed', error };
  };
  const context: CliContext = {
    io,
    finish: (done) => {
      outcome ??= done;
    },
    // What Stricli itself would say on standard error comes through `fail`.
    process: { stdout: { write: (text) => void io.stdout.write(text) }, stderr: { write: () => undefined } },
  };
  try {
    await run(buildApp(fail), inputs, context);
  } catch (error) {
    fail(error);
  }
  return interruption(outcome, io.signal) ?? outcome ?? { kind: 'done', complete: true };
}

/** An abort makes whatever was running fail in its own way: it is told as what it is. A report that got done stays done. */
function interruption(outcome: Outcome | undefined, signal: AbortSignal): Outcome | undefined {
  const failed = outcome?.kind === 'failed';
  const byItself = failed && isWeighError(outcome.error) && outcome.error.code === 'INTERRUPTED';
  if (!byItself && !(failed && signal.aborted)) return undefined;
  return { kind: 'interrupted', signal: signal.reason === 'SIGTERM' ? 'SIGTERM' : 'SIGINT' };
}
