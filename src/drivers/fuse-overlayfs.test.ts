import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nodeHost } from '../../test/drivers/node-host.ts';
import { addLayer, scratch } from '../../test/drivers/scratch.ts';
import type { Scratch } from '../../test/drivers/scratch.ts';
import type { DriverId } from '../model/ids.ts';
import type { DiffSize } from './driver.ts';
import { fuseOverlayfs } from './fuse-overlayfs.ts';

let at: Scratch;

beforeEach(() => {
  at = scratch();
  addLayer(at, 'fuse-overlayfs', 'base');
  addLayer(at, 'fuse-overlayfs', 'top', ['base']);
  addLayer(at, 'fuse-overlayfs', 'rw', ['top', 'base']);
  at.file('fuse-overlayfs/top/committed', '');
});

afterEach(() => {
  at.remove();
});

async function sizeOf(id: string, parent: string | null): Promise<DiffSize> {
  const driver = fuseOverlayfs({ host: nodeHost(), root: at.root, nativeDiff: true });
  return await driver.diffSize(id as DriverId, parent as DriverId | null);
}

it('is naive even when the parent matches', async () => {
  at.file('fuse-overlayfs/base/diff/same', 'same', 1000);
  at.file('fuse-overlayfs/rw/diff/same', 'same', 1000);
  at.file('fuse-overlayfs/rw/diff/new', 'new');
  expect(await sizeOf('rw', 'top')).toMatchObject({ outcome: 'size', path: 'naive', bytes: 3 });
});

it('shows no .wh. file, and hides what they name, in their own layer too', async () => {
  at.file('fuse-overlayfs/base/diff/gone', 'gone', 1000);
  at.file('fuse-overlayfs/top/diff/.wh.gone', 'never counted');
  at.file('fuse-overlayfs/rw/diff/gone', 'gone', 1000);
  at.file('fuse-overlayfs/rw/diff/both', 'hidden');
  at.file('fuse-overlayfs/rw/diff/.wh.both', '');
  const answer = await sizeOf('rw', 'top');
  expect(answer.naive).toMatchObject({ added: { files: 1, bytes: 4 }, modified: { files: 0 } });
});

it('ends a directory at .wh..wh..opq', async () => {
  at.file('fuse-overlayfs/base/diff/d/old', 'old', 1000);
  at.file('fuse-overlayfs/top/diff/d/.wh..wh..opq', '');
  at.file('fuse-overlayfs/rw/diff/d/old', 'old', 1000);
  expect((await sizeOf('rw', 'top')).naive).toMatchObject({ added: { files: 1, bytes: 3 } });
});

it('shows a layer without layers below as it is', async () => {
  at.file('fuse-overlayfs/base/diff/.wh.x', 'four');
  expect(await sizeOf('base', null)).toMatchObject({ bytes: 4 });
});

it('gives a lower bound where links of a file stand in several directories', async () => {
  at.file('fuse-overlayfs/rw/diff/a/one', '12345');
  const linked = (name: string): void => {
    fs.mkdirSync(join(at.path, 'fuse-overlayfs/rw/diff/b'), { recursive: true });
    fs.linkSync(
      join(at.path, 'fuse-overlayfs/rw/diff/a/one'),
      join(at.path, `fuse-overlayfs/rw/diff/${name}`),
    );
  };
  linked('a/two');
  const steady = await sizeOf('rw', 'top');
  expect([steady.bytes, steady.bound]).toEqual([5, undefined]);
  linked('b/three');
  const unsteady = await sizeOf('rw', 'top');
  expect(unsteady).toMatchObject({ bytes: 5, bound: 'at-least' });
  expect(unsteady.problems).toMatchObject([{ kind: 'engine-unsteady', subject: 'rw' }]);
});

it('has no certain figure where a file with several lower names was changed by one', async () => {
  at.file('fuse-overlayfs/base/diff/one', 'old', 1000);
  at.file('fuse-overlayfs/base/diff/alone', 'old', 1000);
  at.file('fuse-overlayfs/rw/diff/alone', 'changed');
  expect((await sizeOf('rw', 'top')).bound).toBeUndefined();
  const base = join(at.path, 'fuse-overlayfs/base/diff');
  fs.linkSync(join(base, 'one'), join(base, 'two'));
  at.file('fuse-overlayfs/rw/diff/two', 'changed');
  const unsteady = await sizeOf('rw', 'top');
  expect(unsteady).toMatchObject({ bytes: 14, bound: 'unknown' });
  expect(unsteady.problems).toMatchObject([{ kind: 'engine-unsteady', subject: 'rw' }]);
});

it('cannot know what a mount of its whole directory shows', async () => {
  at.file('fuse-overlayfs/rw/lower', '');
  expect(await sizeOf('rw', 'top')).toMatchObject({ outcome: 'unknown', bytes: null });
});
