// The engine's own command line must print what `diskUsageFigures` computes from the raw answers.
import { execFileSync } from 'node:child_process';
import type { EngineAnswers } from './answers.ts';
import { toolEnvironment } from './daemon.ts';
import type { Daemon } from './daemon.ts';

interface Row {
  readonly Type: string;
  readonly TotalCount: string;
  readonly Active: string;
  readonly Size: string;
  readonly Reclaimable: string;
}

const GROUPS: Readonly<Record<string, string>> = {
  Images: 'images',
  Containers: 'containers',
  'Local Volumes': 'volumes',
  'Build Cache': 'buildCache',
};
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Four significant digits of the largest unit, as go-units does it; here only up to equality as numbers. */
function rounded(bytes: number): { readonly value: number; readonly unit: string } {
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < UNITS.length - 1; unit++) value /= 1000;
  return { value: Number(value.toPrecision(4)), unit: UNITS[unit] ?? 'B' };
}

export function prints(text: string, bytes: number): boolean {
  const [, number, unit] = /^(-?[\d.]+(?:e[+-]\d+)?)([a-zA-Z]+)/.exec(text) ?? [];
  const expected = rounded(bytes);
  return Number(number) === expected.value && unit === expected.unit;
}

/** Sentences about what the command line prints otherwise. */
export function checkCommandLine(daemon: Daemon, { figures }: EngineAnswers): readonly string[] {
  const env = {
    ...toolEnvironment(daemon.cell),
    DOCKER_HOST: `unix://${daemon.api.socketPath}`,
    DOCKER_CONFIG: daemon.folder,
  };
  const printed = execFileSync('docker', ['system', 'df', '--format', '{{json .}}'], {
    env,
    encoding: 'utf8',
  });
  const wrong: string[] = [];
  for (const line of printed.trim().split('\n')) {
    const row = JSON.parse(line) as Row;
    const figure = (field: string): number =>
      Number(figures.get(`df|${GROUPS[row.Type] ?? row.Type}.${field}`));
    const agrees =
      Number(row.TotalCount) === figure('count') &&
      Number(row.Active) === figure('active') &&
      prints(row.Size, figure('size')) &&
      prints(row.Reclaimable, figure('reclaimable'));
    if (!agrees) wrong.push(`docker system df prints ${line}, not what the suite computes`);
  }
  return wrong;
}
