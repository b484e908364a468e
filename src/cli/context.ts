import type { CommandContext } from '@stricli/core';
import type { Host } from '../host/host.ts';
import type { Outcome } from './exit-code.ts';

/** One of the process's output streams. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Everything of the process that the command line uses. Passed in, so that a test can bring its own. */
export interface CliIo {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Aborted with the name of the signal (`SIGINT`, `SIGTERM`) as its reason. */
  readonly signal: AbortSignal;
  readonly openHost: () => Promise<Host>;
}

/** What a command gets as `this`. */
export interface CliContext extends CommandContext {
  readonly io: CliIo;
  /** Called once by a command that got to its end. */
  readonly finish: (outcome: Outcome) => void;
}
