import { chownSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { canMountFuse } from '../../../test/drivers/fuse.ts';
import { canMountOverlay } from '../../../test/drivers/kernel.ts';
import { compareTrees, nodeFs } from '../../../test/drivers/node-host.ts';
import { randomStore } from '../../../test/drivers/overlay-store.ts';
import type { RandomStore, StoreOptions } from '../../../test/drivers/overlay-store.ts';
import { randomOf } from '../../../test/drivers/random.ts';
import { listTree, listView } from '../../../test/drivers/trees.ts';
import { createHost } from '../../host/create-host.ts';
import type { ChangesTally } from '../../host/walker.ts';
import { bytePath } from '../../model/bytes.ts';
import type { DriverId } from '../../model/ids.ts';
import type { DriverName } from '../driver.ts';
import { driverFor } from '../drivers.ts';
import { isNoSize } from '../outcome.ts';
import { fuseView } from './fuse-view.ts';
import { layerTree } from './layer-area.ts';
import { kernelMarks } from './marks.ts';
import { kernelView, plainView } from './merged-view.ts';
import type { MergedView } from './merged-view.ts';

const MODES: Readonly<Record<string, string>> = {
  'redirect off': 'redirect_dir=off',
  'redirect on': 'redirect_dir=on',
  'redirect and metacopy': 'redirect_dir=on,metacopy=on',
  'user attributes': 'userxattr',
};
/** More seeds, or the same ones again: `WEIGH_VIEW_SEEDS=100 WEIGH_VIEW_FIRST=1`. */
const SEEDS = Number(process.env['WEIGH_VIEW_SEEDS'] ?? 12);
const FIRST = Number(process.env['WEIGH_VIEW_FIRST'] ?? Date.now() % 1_000_000);

/** The referee's way to the disk is not that of the drivers. */
const fs = nodeFs();
const host = createHost();

afterAll(async () => {
  await host.close();
});

function viewOf(built: RandomStore, id: string, { driver }: StoreOptions): MergedView {
  const mount = driver === 'overlay2' ? ('kernel' as const) : driver;
  const area = { fs: host.fs, home: bytePath(built.store.home), mount };
  const tree = layerTree(area, id as DriverId);
  if (isNoSize(tree)) throw new Error(tree.reason);
  if (tree.kind === 'plain') return plainView(host.fs, tree.directory);
  return driver === 'overlay2'
    ? kernelView(host.fs, tree.layers, kernelMarks(host, area.home))
    : fuseView(host.fs, tree.layers);
}

/**
 * Pairs of layers as the engine asks for them, and strange ones: not the parent, no parent, the wrong way round. Not those for fuse-overlayfs:
 * of a directory listed before it shows to a look-up names that it does not list, below opaque directories.
 */
function questions(built: RandomStore, driver: DriverName): readonly (readonly [string, string | null])[] {
  const { image, init, rw } = built;
  const top = image.at(-1) ?? null;
  const usual = [
    [rw, init],
    [rw, top],
    [rw, null],
    [init, top],
  ] as const;
  if (driver === 'fuse-overlayfs') return usual;
  return [...usual, [rw, 'base'], ['base', rw], [init, rw]];
}

/** Of a group of hard links the first one met counts, as added or as modified: only their sum is the same in every order. */
function filesOf(tally: ChangesTally | undefined): number {
  return (tally?.added.files ?? 0) + (tally?.modified.files ?? 0);
}

async function checkSeed(seed: number, options: StoreOptions): Promise<number> {
  const built = randomStore(randomOf(seed), options);
  const { store } = built;
  const what = `seed ${String(seed)}, ${options.driver} ${options.mountOptions}`;
  const listing = { links: options.driver === 'overlay2' };
  let figures = 0;
  try {
    if (options.mountOptions === 'userxattr') chownSync(store.home, 1000, 1000);
    for (const id of [...built.image, built.init, built.rw]) {
      const mounted = listTree(fs, bytePath(store.mount(id)), listing);
      const seen = listView(viewOf(built, id, options), listing);
      expect([...seen], `${what}: tree of ${id}`).toEqual([...mounted]);
    }
    const context = { host, root: bytePath(store.root), nativeDiff: false };
    const driver = driverFor(options.driver)(context);
    for (const [id, parent] of questions(built, options.driver)) {
      const old = parent === null ? null : bytePath(store.mount(parent));
      const referee = compareTrees(fs, bytePath(store.mount(id)), old);
      const answer = await driver.diffSize(id as DriverId, parent as DriverId | null);
      const label = `${what}: ${id} against ${String(parent)}`;
      const sum = answer.steps.reduce((total, { bytes }) => total + (bytes ?? 0), 0);
      expect(sum, `${label}: steps`).toBe(answer.bytes);
      if (answer.bound === 'at-least') {
        expect(referee.changedBytes, label).toBeGreaterThanOrEqual(answer.bytes ?? 0);
      } else {
        expect(answer.bytes, label).toBe(referee.changedBytes);
      }
      if (options.driver === 'overlay2') {
        expect(answer.problems, label).toEqual([]);
        expect(filesOf(answer.naive), label).toBe(filesOf(referee));
      }
      figures += 1;
    }
    return figures;
  } finally {
    store.remove();
  }
}

async function checkSeeds(options: StoreOptions): Promise<void> {
  let figures = 0;
  for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) figures += await checkSeed(seed, options);
  expect(figures).toBe(SEEDS * (options.driver === 'overlay2' ? 7 : 4));
}

const seeds = `${String(SEEDS)} seeds from ${String(FIRST)}`;

describe.skipIf(!canMountOverlay())('merged trees against real overlay mounts', () => {
  for (const [name, mountOptions] of Object.entries(MODES)) {
    it(`${name}: ${seeds}`, async () => {
      await checkSeeds({ driver: 'overlay2', mountOptions });
    }, 600_000);
  }
});

describe.skipIf(!canMountFuse())('merged trees against real fuse-overlayfs mounts', () => {
  it(
    seeds,
    async () => {
      await checkSeeds({ driver: 'fuse-overlayfs', mountOptions: '' });
    },
    600_000,
  );
});
