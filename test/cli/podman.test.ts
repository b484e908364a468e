import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildPodmanRoot } from '../fixtures/podman-root.ts';
import type { PodmanRoot, PodmanRootOptions } from '../fixtures/podman-root.ts';
import { schemaErrors } from './schema.ts';
import { weigh } from './weigh.ts';

const IMAGE = 'a'.repeat(64);
const STORE: PodmanRootOptions = {
  layers: [
    { id: 'base', tarBytes: 1000, files: { big: 'x'.repeat(300) } },
    { id: 'rw', parent: 'base', files: { wrote: 'z'.repeat(7) } },
    { id: 'gone', parent: 'nowhere' },
  ],
  images: [{ id: IMAGE, names: ['localhost/app:1'], layer: 'base' }],
  containers: [
    { id: '1'.repeat(64), name: 'web', image: IMAGE, layer: 'rw', state: 3, volumes: ['v'], userData: 11 },
  ],
  volumes: { v: { a: 'abc' } },
  database: 'sqlite',
};

/** The same with everything wrong that can be at once. */
const DAMAGED: PodmanRootOptions = {
  ...STORE,
  images: [...(STORE.images ?? []), { id: 'b'.repeat(64), layer: 'nowhere' }],
  containers: [
    ...(STORE.containers ?? []),
    { id: '2'.repeat(64), name: 'lost', image: 'c'.repeat(64), layer: 'nowhere' },
    { id: '3'.repeat(64), name: 'own', image: '', layer: 'rw', config: { rootfs: '/etc' } },
    { id: '4'.repeat(64), name: 'gone', image: IMAGE, layer: 'gone' },
    { id: '5'.repeat(64), name: 'work', image: IMAGE, layer: 'rw', isExternal: true },
  ],
};

function build(options: PodmanRootOptions): PodmanRoot {
  const built = buildPodmanRoot(options);
  onTestFinished(() => built.remove());
  return built;
}

function flags(built: PodmanRoot, version: string): readonly string[] {
  const store = `podman:${built.root},runroot=${built.runRoot}`;
  return ['--store', store, '--engine-version', version, '--native-diff', 'on', '--no-engine'];
}

const COMMANDS: readonly (readonly string[])[] = [
  [],
  ['containers'],
  ['images'],
  ['df', '--verbose'],
  ['explain', 'web'],
  ['explain', 'app:1'],
  ['explain', 'df'],
];

interface Figure {
  readonly name: string;
  readonly bytes: number | null;
  readonly steps: readonly { readonly bytes?: number }[];
  readonly compare: readonly {
    readonly bytes: number;
    readonly items: readonly { readonly bytes: number }[];
  }[];
}

const total = (items: readonly { readonly bytes?: number }[]): number =>
  items.reduce((sum, { bytes = 0 }) => sum + bytes, 0);

describe.each(['4.3', '4.4', '4.6', '5.8'])('a Podman store by the rules of %s', (version) => {
  it.each(COMMANDS)('gives JSON that its schema allows: %s %s', async (...words) => {
    for (const options of [STORE, DAMAGED]) {
      const built = build(options);
      if (options === DAMAGED) fs.rmSync(join(built.root, 'volumes/v'), { recursive: true });
      const { stdout, code } = await weigh([...words, '--json', ...flags(built, version)]);
      expect(schemaErrors(stdout)).toEqual([]);
      expect([0, 3]).toContain(code);
    }
  });

  it('explains its figures by steps that sum to them', async () => {
    const built = build(STORE);
    for (const word of ['web', 'app:1', 'df']) {
      const { stdout } = await weigh(['explain', word, '--json', ...flags(built, version)]);
      for (const { name, bytes, steps, compare } of (JSON.parse(stdout) as { figures: readonly Figure[] })
        .figures) {
        expect([name, total(steps)]).toEqual([name, bytes]);
        for (const other of compare) expect(total(other.items)).toBe(other.bytes - (bytes ?? 0));
      }
    }
  });
});

it('is called by its own name', async () => {
  const built = build(STORE);
  const { stdout } = await weigh(['df', ...flags(built, '5.8')]);
  expect(stdout).toContain('what podman system df prints');
  expect(stdout).toContain('Rules of Podman 5.8');
  expect(stdout).not.toContain('Build Cache');
  expect(stdout).not.toContain('Docker');
});

it.each([
  ['podman:', 'not a store'],
  ['podman:/x,namespace=a', 'not an option of a store: namespace=a'],
  ['podman:/x,runroot=', 'not an option of a store: runroot='],
  ['podman:/nowhere/at/all', 'is not there'],
])('--store %s is refused', async (store, why) => {
  const { code, stderr } = await weigh(['containers', '--store', store]);
  expect([2, 4]).toContain(code);
  expect(stderr).toContain(why);
});
