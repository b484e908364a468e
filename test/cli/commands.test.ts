import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeSampleStore } from '../../scripts/sample-store.mjs';
import { textWidth } from '../../src/report/escape.ts';
import { schemaErrors } from './schema.ts';
import { FIXED_RULES, temporaryFolder, weigh } from './weigh.ts';
import type { Ran, RunOptions } from './weigh.ts';

const COMMANDS = [
  ['images'],
  ['containers'],
  ['df'],
  ['df', '-v'],
  ['explain', 'api'],
  ['explain', 'app:1'],
  ['explain', 'df'],
  [],
];

let root = '';
beforeEach(() => {
  root = join(temporaryFolder(), 'docker');
  makeSampleStore(root);
});

function onSample(args: readonly string[], options?: RunOptions): Promise<Ran> {
  return weigh([...args, '--data-root', root, ...FIXED_RULES], options);
}

/** Gives the container `api` another name, as no engine would, but a hostile store may. */
function renameApi(name: string): void {
  for (const id of readdirSync(join(root, 'containers'))) {
    const file = join(root, 'containers', id, 'config.v2.json');
    const record = JSON.parse(readFileSync(file, 'utf8')) as { Name: string };
    if (record.Name === '/api') writeFileSync(file, JSON.stringify({ ...record, Name: `/${name}` }));
  }
}

describe.each(COMMANDS)('weigh %s %s', (...words) => {
  const args = words.filter((word) => typeof word === 'string');

  it('fits 80 columns, plain, with nothing on standard error', async () => {
    const { code, stdout, stderr } = await onSample(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain('\u001b');
    const lines = stdout.replaceAll(root, '/r').split('\n');
    expect(lines.filter((line) => textWidth(line) > 80 && !/[0-9a-f]{64}|\/r/.test(line))).toEqual([]);
  });

  it('gives JSON that its schema allows, the same each time', async () => {
    const first = await onSample([...args, '--json']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(schemaErrors(first.stdout)).toEqual([]);
    // Free space is the file system's, and others write to it.
    const still = (json: string): string => json.replace(/"freeBytes": \d+/, '');
    expect(still((await onSample([...args, '--format', 'json'])).stdout)).toBe(still(first.stdout));
  });

  it('has help that fits', async () => {
    const { code, stdout } = await weigh([...args.slice(0, 1), '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('--data-root');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });
});

describe('the list of containers', () => {
  it('reads like docker ps -as', async () => {
    const { stdout } = await onSample(['containers', '--quiet']);
    expect(stdout).toBe(
      `NAME  CONTAINER ID  IMAGE  STATE     SIZE RW  ROOT FS  PATH
idle  dfc57478c3f4  app:2  exited        0 B   3.3 MB  native
api   a509b6041318  app:1  running  300.0 kB   6.1 MB  native

2 containers wrote 300.0 kB, logs and volumes not in it.
`,
    );
  });

  it('sorts, filters and cuts', async () => {
    const names = async (...args: readonly string[]): Promise<unknown> => {
      const { stdout } = await onSample(['containers', '--json', ...args]);
      return (JSON.parse(stdout) as { containers: { name: string }[] }).containers.map(({ name }) => name);
    };
    expect(await names('--sort', 'size')).toEqual(['api', 'idle']);
    expect(await names('--sort', 'size', '--top', '1')).toEqual(['api']);
    expect(await names('--filter', 'state=exited')).toEqual(['idle']);
    expect(await names('--filter', 'image=app', '--filter', 'name=pi')).toEqual(['api']);
    expect(await names('idle')).toEqual(['idle']);
  });

  it('writes bytes in full and in powers of 1024', async () => {
    expect((await onSample(['containers', '--bytes'])).stdout).toContain(' 300,044 ');
    expect((await onSample(['containers', '--iec'])).stdout).toContain(' 293.0 KiB ');
  });
});

describe('hostile names', () => {
  it('do not reach the terminal', async () => {
    renameApi('a\u001b[2J\u202eb\nfake  line');
    for (const args of [
      ['containers'],
      ['df', '-v'],
      ['containers', '--json'],
      ['explain', 'a509b6041318'],
    ]) {
      const { stdout } = await onSample(args, { columns: 120 });
      expect(stdout).not.toContain('\u001b[2J');
      expect(stdout).not.toContain('\u202e');
      expect(stdout).not.toMatch(/^fake/m);
    }
  });

  it('are shortened, their IDs are not', async () => {
    renameApi('n'.repeat(300));
    const { stdout } = await onSample(['containers']);
    expect(stdout).toMatch(/^n+\.\.\.n+ {2}a509b6041318 /m);
    expect((await onSample(['containers', '--no-trunc'])).stdout).toContain('n'.repeat(300));
  });
});

describe('colour', () => {
  const colored = async (args: readonly string[], options: RunOptions): Promise<boolean> =>
    (await onSample(['images', ...args], options)).stdout.includes('\u001b[');

  it('is for terminals, obeys NO_COLOR and --color', async () => {
    expect(await colored([], { columns: 80 })).toBe(true);
    expect(await colored([], {})).toBe(false);
    expect(await colored([], { columns: 80, env: { NO_COLOR: '1' } })).toBe(false);
    expect(await colored([], { columns: 80, env: { TERM: 'dumb' } })).toBe(false);
    expect(await colored(['--color', 'always'], {})).toBe(true);
    expect(await colored(['--color', 'never'], { columns: 80 })).toBe(false);
  });
});
