import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** One finished run of a command as a whole process. */
export interface Run {
  readonly wallSeconds: number;
  /** Highest resident set of the process itself, from /proc/<pid>/status VmHWM; 0 where it ended before the first look. */
  readonly peakBytes: number;
}

export interface Command {
  readonly label: string;
  readonly argv: readonly [string, ...string[]];
  /** Exit codes that count as done. */
  readonly accept?: readonly number[];
}

/** NODE_EXTRA_CA_CERTS costs Node 20 about 38 ms a start; no benchmark runs with it. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  delete env['NODE_EXTRA_CA_CERTS'];
  delete env['NODE_OPTIONS'];
  return env;
}

function highWater(pid: number): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    return line === null ? 0 : Number(line[1]) * 1024;
  } catch {
    return 0;
  }
}

/** Runs a command once with its output thrown away. Rejects when it cannot be started or ends with another code than accepted. */
export async function runOnce(command: Command, watchMemory: boolean): Promise<Run> {
  const started = process.hrtime.bigint();
  const child = spawn(command.argv[0], command.argv.slice(1), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: cleanEnvironment(),
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-2000)));
  let peakBytes = 0;
  const timer = watchMemory
    ? setInterval(() => (peakBytes = Math.max(peakBytes, highWater(child.pid ?? 0))), 5)
    : undefined;
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => resolve(exit ?? -1));
  });
  clearInterval(timer);
  const wallSeconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (!(command.accept ?? [0]).includes(code)) {
    throw new Error(`${command.label} ended with ${code}: ${command.argv.join(' ')}\n${errors}`);
  }
  return { wallSeconds, peakBytes };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * Runs commands in turn, A B C A B C …, after one warm-up each, and gives each command's runs. `before` is called ahead of every
 * run (dropping caches, say).
 */
export async function interleave(
  commands: readonly Command[],
  rounds: number,
  options: { readonly before?: () => void; readonly warmUp?: boolean } = {},
): Promise<readonly (readonly Run[])[]> {
  const runs: Run[][] = commands.map(() => []);
  for (let round = options.warmUp === false ? 1 : 0; round <= rounds; round++) {
    for (const [index, command] of commands.entries()) {
      options.before?.();
      const run = await runOnce(command, false);
      if (round > 0) runs[index]?.push(run);
    }
  }
  return runs;
}

/** Median of the ratios round by round: steady where the machine's speed is not. */
export function medianRatio(ours: readonly Run[], theirs: readonly Run[]): number {
  return median(ours.map((run, index) => run.wallSeconds / (theirs[index]?.wallSeconds ?? Number.NaN)));
}

export async function peakOf(command: Command, rounds: number): Promise<number> {
  const peaks: number[] = [];
  for (let round = 0; round < rounds; round++) peaks.push((await runOnce(command, true)).peakBytes);
  return median(peaks);
}
