import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeSampleStore } from '../../scripts/sample-store.mjs';
import type { ContainersReport, ExplainReport, ImagesReport } from '../../src/model/reports.ts';
import { FIXED_RULES, temporaryFolder, weigh } from './weigh.ts';

async function sample<R>(...args: readonly string[]): Promise<R> {
  const root = join(temporaryFolder(), 'docker');
  makeSampleStore(root);
  const ran = await weigh([...args, '--data-root', root, '--json', ...FIXED_RULES]);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ran.stdout) as R;
}

// base: os-release 23, tool 800,000, a link to "tool" 4. Each further layer: model 2,000,000 and index 500,000.
const BASE = 23 + 800_000 + 4;
const LAYER = 2_000_000 + 500_000;

it('has the images that the lesson is about', async () => {
  const { images, complete } = await sample<ImagesReport>('images');
  expect(complete).toBe(true);
  expect(
    images.map(({ names, size, sharedSize, uniqueSize, containers }) => [
      names,
      size,
      sharedSize,
      uniqueSize,
      containers,
    ]),
  ).toEqual([
    [['app:2'], BASE + LAYER, BASE, LAYER, 1],
    [['app:1'], BASE + 2 * LAYER, BASE, 2 * LAYER, 1],
    [['base:1'], BASE, BASE, 0, 0],
  ]);
});

it('has the containers that the lesson is about', async () => {
  const { containers } = await sample<ContainersReport>('containers');
  // api: the upload once for its two names, os-release copied up with 10 bytes more, the target of a link; deletions have no size.
  const api = 300_000 + 33 + '/var/upload'.length;
  expect(containers.map(({ name, state, sizeRw, sizeRootFs }) => [name, state, sizeRw, sizeRootFs])).toEqual([
    ['idle', 'exited', 0, BASE + LAYER],
    ['api', 'running', api, BASE + 2 * LAYER + api],
  ]);
});

it('says the same in both of the engine ways', async () => {
  const root = join(temporaryFolder(), 'docker');
  makeSampleStore(root);
  const sizes = async (diff: string): Promise<readonly (number | null)[]> => {
    const args = [
      'containers',
      '--json',
      '--data-root',
      root,
      '--no-engine',
      '--engine-version',
      '28.5',
      '--native-diff',
      diff,
    ];
    const { stdout } = await weigh(args);
    return (JSON.parse(stdout) as ContainersReport).containers.map(({ sizeRw }) => sizeRw);
  };
  expect(await sizes('off')).toEqual(await sizes('on'));
});

it('explains in steps that sum up', async () => {
  const { figures } = await sample<ExplainReport>('explain', 'api');
  expect(figures.map(({ name }) => name)).toEqual(['sizeRw', 'sizeRootFs']);
  for (const { bytes, steps, compare } of figures) {
    expect(steps.reduce((sum, step) => sum + (step.bytes ?? 0), 0)).toBe(bytes);
    for (const other of compare) {
      expect(other.items.reduce((sum, item) => sum + item.bytes, 0)).toBe(other.bytes - (bytes ?? 0));
    }
  }
});
