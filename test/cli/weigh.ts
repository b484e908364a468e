import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import type { Host } from '../../src/host/host.ts';
import { createHost } from '../../src/host/create-host.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Changes the host that the command gets. */
  readonly host?: (host: Host) => Host;
}

/** Runs one command line in this process, its outputs caught. With `columns` both are a terminal. */
export async function weigh(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const terminal = options.columns === undefined ? {} : { isTTY: true, columns: options.columns };
  const code = await runCli(args, {
    stdout: { write: (text) => (stdout += text), ...terminal },
    stderr: { write: (text) => (stderr += text), ...terminal },
    env: options.env ?? {},
    version: '1.2.3',
    signal: options.signal ?? new AbortController().signal,
    openHost: () => {
      const host = createHost();
      return Promise.resolve(options.host?.(host) ?? host);
    },
  });
  return { code, stdout, stderr };
}

/** A folder of the test's own, removed after it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'weigh-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What makes a run say the same on every host. */
export const FIXED_RULES: readonly string[] = [
  '--engine-version',
  '28.5',
  '--native-diff',
  'on',
  '--no-engine',
];
