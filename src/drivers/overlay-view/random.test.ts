import { chownSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canMountOverlay } from '../../../test/drivers/kernel.ts';
import { compareTrees, nodeFs, nodeHost } from '../../../test/drivers/node-host.ts';
import { randomStore } from '../../../test/drivers/overlay-store.ts';
import type { RandomStore } from '../../../test/drivers/overlay-store.ts';
import { randomOf } from '../../../test/drivers/random.ts';
import { isFailure } from '../../host/host.ts';
import type { FileStat } from '../../host/host.ts';
import type { ChangesTally } from '../../host/walker.ts';
import { bytePath, joinPath } from '../../model/bytes.ts';
import type { BytePath } from '../../model/bytes.ts';
import type { DriverId } from '../../model/ids.ts';
import { driverFor } from '../drivers.ts';
import { isNoSize } from '../outcome.ts';
import { layerTree } from './layer-area.ts';
import { kernelMarks } from './marks.ts';
import { kernelView, plainView } from './merged-view.ts';
import type { MergedNode, MergedView } from './merged-view.ts';

const MODES: Readonly<Record<string, string>> = {
  'redirect off': 'redirect_dir=off',
  'redirect on': 'redirect_dir=on',
  'redirect and metacopy': 'redirect_dir=on,metacopy=on',
  'user attributes': 'userxattr',
};
const SEEDS = Number(process.env['WEIGH_VIEW_SEEDS'] ?? 12);
const FIRST = Number(process.env['WEIGH_VIEW_FIRST'] ?? Date.now() % 1_000_000);

const fs = nodeFs();

/** What a walk of a tree shows of one path; times and lengths of directories and their own numbers are nobody's business here. */
function shown(stat: FileStat): string {
  const { kind, mode, uid, gid, rdev } = stat;
  const common = [kind, mode.toString(8), uid, gid, rdev];
  if (kind === 'directory') return common.join(' ');
  return [...common, stat.apparentBytes, stat.nlink, stat.mtimeSeconds, stat.mtimeNanos].join(' ');
}

function listMount(root: BytePath): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (path: BytePath, name: string): void => {
    const entries = fs.readDirectory(path);
    if (isFailure(entries)) throw new Error(`${entries.path} ${entries.errno}`);
    for (const entry of entries) {
      const child = joinPath(path, entry.name);
      const stat = fs.lstat(child);
      if (isFailure(stat)) continue;
      found.set(`${name}/${entry.name}`, shown(stat));
      if (stat.kind === 'directory') visit(child, `${name}/${entry.name}`);
    }
  };
  visit(root, '');
  return found;
}

function listView(view: MergedView): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (node: MergedNode, path: string): void => {
    const names = new Set(
      node.parts.flatMap((part) => {
        const list = view.names(part);
        if (isNoSize(list)) throw new Error(list.reason);
        return list;
      }),
    );
    for (const name of [...names].toSorted()) {
      const child = view.lookup(node, name);
      if (isNoSize(child)) throw new Error(child.reason);
      if (child === null) continue;
      found.set(`${path}/${name}`, shown(child.stat));
      visit(child, `${path}/${name}`);
    }
  };
  const root = view.root();
  if (isNoSize(root)) throw new Error(root.reason);
  visit(root, '');
  return found;
}

function viewOf(built: RandomStore, id: string): MergedView {
  const host = nodeHost();
  const area = { fs, home: bytePath(built.store.home), mount: 'kernel' as const };
  const tree = layerTree(area, id as DriverId);
  if (isNoSize(tree)) throw new Error(tree.reason);
  return tree.kind === 'plain'
    ? plainView(fs, tree.directory)
    : kernelView(fs, tree.layers, kernelMarks(host, area.home));
}

/** Pairs of layers as the engine asks for them, and strange ones: not the parent, no parent, the parent's parent. */
function questions(built: RandomStore): readonly (readonly [string, string | null])[] {
  const { image, init, rw } = built;
  const top = image.at(-1) ?? null;
  return [
    [rw, init],
    [rw, top],
    [rw, null],
    [init, top],
    [rw, 'base'],
    [image[0] ?? '', rw],
    [init, rw],
  ];
}

/** Of a group of hard links the first one met counts, as added or as modified: only their sum is the same in every order. */
function filesOf(tally: ChangesTally | undefined): number {
  return (tally?.added.files ?? 0) + (tally?.modified.files ?? 0);
}

async function checkSeed(seed: number, mountOptions: string): Promise<number> {
  const random = randomOf(seed);
  const built = randomStore(random, { driver: 'overlay2', mountOptions });
  const { store } = built;
  let figures = 0;
  try {
    if (mountOptions === 'userxattr') chownSync(store.home, 1000, 1000);
    const what = `seed ${String(seed)}, ${mountOptions}`;
    for (const id of [...built.image, built.init, built.rw]) {
      const mounted = listMount(bytePath(store.mount(id)));
      const seen = listView(viewOf(built, id));
      expect([...seen], `${what}: tree of ${id}`).toEqual([...mounted]);
    }
    const driver = driverFor('overlay2')({ host: nodeHost(), root: bytePath(store.root), nativeDiff: false });
    for (const [id, parent] of questions(built)) {
      const referee = compareTrees(
        fs,
        bytePath(store.mount(id)),
        parent === null ? null : bytePath(store.mount(parent)),
      );
      const answer = await driver.diffSize(id as DriverId, parent as DriverId | null);
      const label = `${what}: ${id} against ${String(parent)}`;
      expect(answer.bytes, label).toBe(referee.changedBytes);
      expect(filesOf(answer.naive), label).toBe(filesOf(referee));
      const sum = answer.steps.reduce((total, { bytes }) => total + (bytes ?? 0), 0);
      expect(sum, `${label}: steps`).toBe(answer.bytes);
      figures += 1;
    }
    return figures;
  } finally {
    store.remove();
  }
}

describe.skipIf(!canMountOverlay())('merged trees against real overlay mounts', () => {
  for (const [name, options] of Object.entries(MODES)) {
    it(`${name}: ${String(SEEDS)} seeds from ${String(FIRST)}`, async () => {
      let figures = 0;
      for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) figures += await checkSeed(seed, options);
      expect(figures).toBe(SEEDS * 7);
    }, 600_000);
  }
});
