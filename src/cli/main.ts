import { standardOutput } from '../host/output.ts';
import type { CliIo } from './context.ts';
import { failureText } from './errors.ts';
import { runCli } from './run.ts';

/** Runs the command line of this process. Sets the exit code and lets the process end by itself, so that pipes get everything. */
export async function main(args: readonly string[], version: string): Promise<void> {
  process.on('uncaughtExceptionMonitor', () => {
    process.exitCode = 70;
  });
  const code = await runCli(args, processIo(version, interruptSignal()));
  if (process.exitCode === undefined) process.exitCode = code;
}

/** One command line with other outputs than the process's, for the build. */
export async function runCommand(
  args: readonly string[],
  outputs: Pick<CliIo, 'stdout' | 'stderr'>,
): Promise<number> {
  return runCli(args, { ...processIo('', new AbortController().signal), ...outputs });
}

function processIo(version: string, signal: AbortSignal): CliIo {
  return {
    stdout: standardOutput(1, outputError),
    stderr: standardOutput(2, () => undefined),
    env: process.env,
    version,
    signal,
    openHost: async () => (await import('../host/create-host.ts')).createHost(),
  };
}

/** A reader that has enough (`| head`) is no error. Anything else that keeps the report from its place is told. */
function outputError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.exitCode = 70;
  const failure = new Error(`cannot write the report: ${error.message}`, { cause: error });
  process.stderr.write(failureText({ kind: 'failed', error: failure }, { json: false, width: 80 }));
}

/** The first SIGINT or SIGTERM asks the work to end; the second one ends the process as if nobody listened. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    const listener = (): void => {
      if (!controller.signal.aborted) {
        controller.abort(name);
        return;
      }
      process.removeListener(name, listener);
      process.kill(process.pid, name);
    };
    process.on(name, listener);
  }
  return controller.signal;
}
