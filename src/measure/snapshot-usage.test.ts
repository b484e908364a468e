import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { ContainerdFixture } from '../../test/fixtures/containerd-root.ts';
import { createHost } from '../host/create-host.ts';
import { openContainerdRoot } from '../stores/containerd/open-root.ts';
import type { Snapshots } from '../stores/containerd/records.ts';
import { chainUsage, usageOf } from './snapshot-usage.ts';

const host = createHost();
let fixture: ContainerdFixture;
beforeEach(() => {
  fixture = new ContainerdFixture();
});
afterEach(() => fixture.remove());
afterAll(() => host.close());

function snapshots(snapshotter = 'overlayfs'): Snapshots {
  const namespace = openContainerdRoot(host, fixture.write().root).namespace('default');
  if (namespace === undefined) throw new Error('no namespace');
  return namespace.snapshots(snapshotter);
}

/** Allocated bytes of a tree by a walk of our own: every inode once, directories and the root in. */
function blocksOf(path: string, seen: Set<bigint> = new Set<bigint>()): number {
  const stat = fs.lstatSync(path, { bigint: true });
  let bytes = seen.has(stat.ino) ? 0 : Number(stat.blocks) * 512;
  seen.add(stat.ino);
  if (stat.isDirectory()) for (const name of fs.readdirSync(path)) bytes += blocksOf(join(path, name), seen);
  return bytes;
}

const FILES = {
  'a/b': 5000,
  'a/c': { hardlink: 'a/b' },
  s: { sparse: 1_000_000 },
  l: { symlink: 'x'.repeat(90) },
};

describe('usage of a snapshot', () => {
  it('is what was recorded when it was committed, and nothing of a view', async () => {
    const moby = fixture.namespace('default');
    moby.snapshot('base', { kind: 'committed', bytes: 8192 });
    moby.snapshot('view', { kind: 'view', parent: 'base' });
    moby.snapshot('unsized', { kind: 'committed' });
    const all = snapshots();
    expect(await usageOf(host, all, 'base', {})).toMatchObject({ outcome: 'size', bytes: 8192 });
    expect(await usageOf(host, all, 'view', {})).toMatchObject({ outcome: 'size', bytes: 0 });
    expect(await usageOf(host, all, 'unsized', {})).toMatchObject({ outcome: 'size', bytes: 0 });
    expect(await usageOf(host, all, 'nobody', {})).toMatchObject({ outcome: 'not-found', bytes: null });
  });

  it.each(['overlayfs', 'native', 'erofs'])('is a walk of an active one of %s', async (snapshotter) => {
    fixture.namespace('default').snapshot('rw', { kind: 'active', files: FILES }, snapshotter);
    const usage = await usageOf(host, snapshots(snapshotter), 'rw', {});
    const path = fixture.snapshotPath(snapshotter, 1, 'active');
    expect(usage).toMatchObject({ outcome: 'size', bytes: blocksOf(path) });
    expect(usage.steps.reduce((sum, { bytes = 0 }) => sum + bytes, 0)).toBe(usage.bytes);
  });

  it('is an error where its directory is not there', async () => {
    fixture.namespace('default').snapshot('rw', { kind: 'active' });
    expect(await usageOf(host, snapshots(), 'rw', {})).toMatchObject({
      outcome: 'engine-fails',
      problems: [{ kind: 'engine-fails', message: expect.stringContaining('ENOENT') }],
    });
  });

  it('of blockfile and devmapper has the one below taken off', async () => {
    for (const snapshotter of ['blockfile', 'devmapper']) {
      const namespace = fixture.namespace('default');
      namespace.snapshot('base', { kind: 'committed', bytes: 1000 }, snapshotter);
      namespace.snapshot('top', { kind: 'committed', parent: 'base', bytes: 1700 }, snapshotter);
      namespace.snapshot('rw', { kind: 'active', parent: 'top' }, snapshotter);
      namespace.snapshot('stray', { kind: 'committed', parent: 'gone', bytes: 5 }, snapshotter);
    }
    fs.mkdirSync(join(fixture.path, 'io.containerd.snapshotter.v1.blockfile/snapshots'), { recursive: true });
    fs.writeFileSync(fixture.snapshotPath('blockfile', 3, 'active'), 'x'.repeat(1800));
    const block = snapshots('blockfile');
    expect(await usageOf(host, block, 'top', {})).toMatchObject({ bytes: 700 });
    expect(await usageOf(host, block, 'rw', {})).toMatchObject({ bytes: 100 });
    expect(await usageOf(host, block, 'stray', {})).toMatchObject({ outcome: 'not-found' });
    const mapped = snapshots('devmapper');
    expect(await usageOf(host, mapped, 'top', {})).toMatchObject({ bytes: 700 });
    expect(await usageOf(host, mapped, 'rw', {})).toMatchObject({
      outcome: 'unknown',
      problems: [{ kind: 'unsupported-driver' }],
    });
  });

  it('of btrfs is what differs from the one below', async () => {
    const namespace = fixture.namespace('default');
    const base = { same: 'same', gone: 'x', 'd/kept': 3000, 'd/grown': 100, mode: 'm' };
    namespace.snapshot('base', { kind: 'committed', bytes: 1, files: base }, 'btrfs');
    const files = { ...base, 'd/grown': 9000, 'd/link': { hardlink: 'd/grown' }, new: 7000, 'e/f': 'f' };
    namespace.snapshot('rw', { kind: 'active', parent: 'base', files }, 'btrfs');
    const path = fixture.snapshotPath('btrfs', 2, 'active');
    fs.rmSync(join(path, 'gone'));
    fs.chmodSync(join(path, 'mode'), 0o600);
    const counted = ['d/grown', 'new', 'e', 'e/f', 'mode'].map(
      (name) => fs.lstatSync(join(path, name)).blocks * 512,
    );
    const usage = await usageOf(host, snapshots('btrfs'), 'rw', {});
    expect(usage.bytes).toBe(counted.reduce((sum, bytes) => sum + bytes, 0));
    expect(usage.steps[0]?.text).toContain('4 added, 2 modified');
  });

  it('cannot be known of a snapshotter that keeps its records elsewhere', async () => {
    fixture.namespace('default').snapshot('x', { kind: 'committed', bytes: 1 }, 'stargz');
    fixture.write();
    fs.rmSync(join(fixture.path, 'io.containerd.snapshotter.v1.stargz'), { recursive: true });
    const all = openContainerdRoot(host, fixture.root).namespace('default')?.snapshots('stargz');
    if (all === undefined) throw new Error('no namespace');
    expect(await usageOf(host, all, 'x', {})).toMatchObject({
      outcome: 'unknown',
      problems: [{ kind: 'unsupported-driver' }],
    });
    expect(await usageOf(host, snapshots('nobody'), 'x', {})).toMatchObject({ outcome: 'not-found' });
  });
});

describe('usage of a chain', () => {
  it('is summed to its base, or to where it breaks', () => {
    const namespace = fixture.namespace('default');
    namespace.snapshot('a', { kind: 'committed', bytes: 1 });
    namespace.snapshot('b', { kind: 'committed', parent: 'a', bytes: 10 });
    namespace.snapshot('c', { kind: 'committed', parent: 'b', bytes: 100 });
    namespace.snapshot('orphan', { kind: 'committed', parent: 'none', bytes: 1000 });
    namespace.snapshot('lost', { kind: 'committed', bytes: 1, lost: true });
    namespace.snapshot('loop', { kind: 'committed', parent: 'loop', bytes: 1 });
    const all = snapshots();
    expect(chainUsage(all, 'c')).toMatchObject({
      bytes: 111,
      parts: [{ key: 'c' }, { key: 'b' }, { key: 'a' }],
    });
    expect(chainUsage(all, 'c').broken).toBeUndefined();
    expect(chainUsage(all, 'orphan')).toMatchObject({ bytes: 1000, broken: { outcome: 'not-found' } });
    expect(chainUsage(all, 'lost')).toMatchObject({ bytes: 0, broken: { outcome: 'not-found' } });
    expect(chainUsage(all, 'loop').broken?.outcome).toBe('unknown');
    expect(chainUsage(all, '')).toEqual({ bytes: 0, parts: [] });
  });
});
