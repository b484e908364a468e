import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canMountOverlay, makeNode, makeWhiteout, setXattr } from '../../../test/drivers/kernel.ts';
import { nodeFs, nodeHost } from '../../../test/drivers/node-host.ts';
import { OverlayStore } from '../../../test/drivers/overlay-store.ts';
import { listTree, listView } from '../../../test/drivers/trees.ts';
import { bytePath } from '../../model/bytes.ts';
import type { BytePath } from '../../model/bytes.ts';
import type { DriverId } from '../../model/ids.ts';
import { driverFor } from '../drivers.ts';
import { isNoSize } from '../outcome.ts';
import { layerTree } from './layer-area.ts';
import { kernelMarks } from './marks.ts';
import { kernelView } from './merged-view.ts';
import type { MergedView } from './merged-view.ts';

/** What stands at a path: a file of this content, or (by constants below) a whiteout or a device; or a directory with marks. */
type Put = string | { readonly opaque?: true; readonly redirect?: string };
type Layers = readonly Readonly<Record<string, Put>>[];

const WHITEOUT = '\0whiteout';
const DEVICE = '\0device';

/** Layers, base first. Each is right by the kernel's own mount of it, whatever that shows. */
const CASES: Readonly<Record<string, Layers>> = {
  'a directory over a file over a directory does not show the lowest': [
    { 'd/x': 'x' },
    { d: 'a file' },
    { 'd/y': 'y' },
    {},
  ],
  'a whiteout in between hides what is below it': [{ 'd/x': 'x' }, { d: WHITEOUT }, { 'd/y': 'y' }, {}],
  'an opaque directory in between': [{ 'd/x': 'x' }, { d: { opaque: true }, 'd/y': 'y' }, { 'd/z': 'z' }, {}],
  'marks in the lowest layer say nothing': [
    { d: { opaque: true, redirect: '/e' }, 'd/x': 'x', 'e/y': 'y', w: WHITEOUT },
    { 'd/z': 'z' },
    {},
  ],
  'a device is no whiteout': [{ f: 'file' }, { f: DEVICE }, {}],
  'a relative redirect': [{ 'old/x': 'x', 'new/y': 'y' }, { new: { redirect: 'old' }, 'new/z': 'z' }, {}],
  'an absolute redirect': [{ 'a/b/x': 'x' }, { c: { redirect: '/a/b' }, 'c/z': 'z', a: WHITEOUT }, {}],
  'redirects one after another': [
    { 'one/x': 'x' },
    { two: { redirect: 'one' }, one: WHITEOUT },
    { three: { redirect: 'two' }, two: WHITEOUT },
    {},
  ],
  'an element of an absolute redirect is itself renamed': [
    { 'w/b/x': 'x', 'a/b/wrong': 'wrong' },
    { a: { redirect: 'w' }, 'a/b/y': 'y' },
    { e: { redirect: '/a/b' } },
    {},
  ],
  'an absolute redirect below an opaque element goes on': [
    { 'z/b/x': 'x', 'a/b/wrong': 'wrong' },
    { a: { opaque: true }, 'a/b': { redirect: '/z/b' }, 'a/b/y': 'y' },
    { e: { redirect: '/a/b' } },
    {},
  ],
  'an opaque element of an absolute redirect ends it': [
    { 'a/b/hidden': 'x' },
    { a: { opaque: true }, 'a/b/y': 'y' },
    { e: { redirect: '/a/b' } },
    {},
  ],
  'a whiteout as an element of an absolute redirect': [
    { 'a/b/hidden': 'x' },
    { a: WHITEOUT },
    { e: { redirect: '/a/b' }, 'e/y': 'y' },
    {},
  ],
  'a redirect to a file, and one to nothing': [
    { f: 'file' },
    { d: { redirect: 'f' }, 'd/x': 'x', e: { redirect: '/no/such' }, 'e/y': 'y' },
    {},
  ],
  'the roots merge whatever marks they carry': [{ x: 'x' }, { '.': { opaque: true }, y: 'y' }, {}],
  'a name of 255 bytes': [{ ['n'.repeat(255)]: 'long' }, { ['n'.repeat(255)]: 'longer' }, {}],
};

function put(diff: string, path: string, what: Put): void {
  const full = join(diff, path);
  mkdirSync(dirname(full), { recursive: true });
  if (what === WHITEOUT) makeWhiteout(full);
  else if (what === DEVICE) makeNode(full, 'char', 1, 3);
  else if (typeof what === 'string') writeFileSync(full, what);
  else {
    mkdirSync(full, { recursive: true });
    if (what.opaque === true) setXattr(full, 'trusted.overlay.opaque', 'y');
    if (what.redirect !== undefined) setXattr(full, 'trusted.overlay.redirect', what.redirect);
  }
}

function build(layers: Layers): OverlayStore {
  const store = new OverlayStore({ driver: 'overlay2', mountOptions: 'redirect_dir=on' });
  for (const [index, layer] of layers.entries()) {
    const diff = store.addLayer(`l${String(index)}`, index === 0 ? null : `l${String(index - 1)}`);
    for (const [path, what] of Object.entries(layer)) put(diff, path, what);
  }
  return store;
}

function viewOf(store: OverlayStore, id: string): MergedView {
  const host = nodeHost();
  const area = { fs: host.fs, home: bytePath(store.home), mount: 'kernel' as const };
  const tree = layerTree(area, id as DriverId);
  if (isNoSize(tree) || tree.kind === 'plain') throw new Error('no overlay');
  return kernelView(host.fs, tree.layers, kernelMarks(host, area.home));
}

describe.skipIf(!canMountOverlay())('a merged tree is what the kernel shows', () => {
  it.each(Object.entries(CASES))('%s', (_name, layers) => {
    const store = build(layers);
    try {
      for (let index = 1; index < layers.length; index += 1) {
        const id = `l${String(index)}`;
        const mounted = listTree(nodeFs(), bytePath(store.mount(id)), { links: true });
        expect([...listView(viewOf(store, id), { links: true })], id).toEqual([...mounted]);
      }
    } finally {
      store.remove();
    }
  });
});

describe.skipIf(!canMountOverlay())('damaged redirects end the look-up, as they end the engine', () => {
  it.each(['', 'a/b', '/a//b', '/..', '..', '/a/../../etc'])('%j', async (redirect) => {
    const store = build([{ 'a/b/x': 'x' }, { d: { redirect }, 'd/y': 'y' }, {}]);
    try {
      const root = bytePath(store.root);
      const driver = driverFor('overlay2')({ host: nodeHost(), root, nativeDiff: false });
      const answer = await driver.diffSize('l1' as DriverId, 'l0' as DriverId);
      expect(answer).toMatchObject({ outcome: 'engine-fails', bytes: null });
      const merged = bytePath(store.mount('l1')) as string;
      const refused = nodeFs().lstat(`${merged}/d` as BytePath);
      expect(refused).toHaveProperty('failed');
    } finally {
      store.remove();
    }
  });
});
