import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeHost } from '../../test/drivers/node-host.ts';
import { scratch } from '../../test/drivers/scratch.ts';
import type { Scratch } from '../../test/drivers/scratch.ts';
import { isFailure } from '../host/host.ts';
import type { Host } from '../host/host.ts';
import type { DriverId } from '../model/ids.ts';
import type { DiffSize, DriverName, GraphDriver } from './driver.ts';
import { driverFor } from './drivers.ts';

let at: Scratch;

beforeEach(() => {
  at = scratch();
});

afterEach(() => {
  at.remove();
});

function driver(name: DriverName, host: Host = nodeHost()): GraphDriver {
  return driverFor(name)({ host, root: at.root, nativeDiff: true });
}

async function sizeOf(name: DriverName, id: string, parent: string | null, host?: Host): Promise<DiffSize> {
  const answer = await driver(name, host).diffSize(id as DriverId, parent as DriverId | null);
  if (answer.bytes !== null) {
    expect(answer.steps.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)).toBe(answer.bytes);
  }
  return answer;
}

const NAMES: readonly DriverName[] = [
  'overlay2',
  'fuse-overlayfs',
  'vfs',
  'btrfs',
  'zfs',
  'overlay',
  'aufs',
  'devicemapper',
  'windowsfilter',
];

describe('every driver', () => {
  it.each(NAMES)('%s has its name, and is never 0 where nothing is', async (name) => {
    expect(driver(name).name).toBe(name);
    expect(driver(name).ids()).toEqual([]);
    const answer = await sizeOf(name, 'absent', 'other');
    expect(answer.outcome).not.toBe('size');
    expect(answer.bytes).toBeNull();
    expect(answer.reason).not.toBe('');
    expect(answer.problems).toHaveLength(1);
  });

  it.each(['devicemapper', 'windowsfilter'] as const)('%s says that it cannot be read here', async (name) => {
    const answer = await sizeOf(name, 'a', null);
    expect(answer.outcome).toBe('unknown');
    expect(answer.problems[0]?.kind).toBe('unsupported-driver');
    expect(answer.reason).toContain('cannot be read here');
  });
});

describe.each([
  ['vfs', 'vfs/dir'],
  ['btrfs', 'btrfs/subvolumes'],
] as const)('%s', (name, home) => {
  it('compares two whole trees', async () => {
    at.file(`${home}/old/etc/same`, 'same', 1000);
    at.file(`${home}/old/etc/grown`, 'a', 1000);
    at.file(`${home}/new/etc/same`, 'same', 1000);
    at.file(`${home}/new/etc/grown`, 'abc', 1000);
    at.link(`${home}/new/link`, '12345');
    const answer = await sizeOf(name, 'new', 'old');
    expect(answer).toMatchObject({ outcome: 'size', path: 'naive', bytes: 3 + 5 });
    expect(driver(name).ids()).toEqual(['new', 'old']);
  });

  it('counts everything without a parent', async () => {
    at.file(`${home}/new/a`, 'abc');
    expect(await sizeOf(name, 'new', null)).toMatchObject({ bytes: 3 });
  });

  it('fails as the engine does when a tree is no directory, and follows no link', async () => {
    at.file(`${home}/new`, 'abc');
    expect((await sizeOf(name, 'new', null)).outcome).toBe('engine-fails');
    at.link(`${home}/link`, '/etc');
    expect((await sizeOf(name, 'link', null)).outcome).toBe('unknown');
  });
});

describe('overlay', () => {
  beforeEach(() => {
    at.file('overlay/image/root/etc/hosts', 'image', 1000);
    at.file('overlay/image/root/bin/sh', 'shell', 1000);
    for (const id of ['init', 'rw']) {
      at.file(`overlay/${id}/lower-id`, 'image');
      at.file(`overlay/${id}/upper/etc/hosts`, '', 2000);
      at.folder(`overlay/${id}/work`);
    }
  });

  it("compares merged trees: the init layer's copies are not counted", async () => {
    at.file('overlay/rw/upper/etc/new', 'new');
    at.file('overlay/rw/upper/bin/sh', 'shell', 3000);
    expect(await sizeOf('overlay', 'rw', 'init')).toMatchObject({ path: 'naive', bytes: 3 + 5 });
  });

  it('sees what stands in the init layer only', async () => {
    rmSync(join(at.path, 'overlay/rw/upper/etc/hosts'));
    const answer = await sizeOf('overlay', 'rw', 'init');
    expect(answer.naive).toMatchObject({ modified: { files: 1, bytes: 5 } });
  });

  it("takes an image layer's root as it is", async () => {
    expect(await sizeOf('overlay', 'image', null)).toMatchObject({ bytes: 10 });
  });

  it('fails without lower-id, or when the layer below is gone', async () => {
    renameSync(join(at.path, 'overlay/image'), join(at.path, 'overlay/moved'));
    expect((await sizeOf('overlay', 'rw', 'init')).outcome).toBe('engine-fails');
    rmSync(join(at.path, 'overlay/rw/lower-id'));
    expect((await sizeOf('overlay', 'rw', 'init')).outcome).toBe('engine-fails');
  });
});

describe('aufs', () => {
  beforeEach(() => {
    at.file('aufs/layers/rw', 'init\nbase\n');
    at.file('aufs/diff/rw/new', 'new');
    at.file('aufs/diff/rw/.wh.gone', '');
    at.file('aufs/diff/rw/.wh..wh.plnk/1.2', 'linked');
  });

  it("walks the layer's own directory, the branch's own files too", async () => {
    expect(await sizeOf('aufs', 'rw', 'init')).toMatchObject({ path: 'native', bytes: 3 + 6 });
  });

  it('takes any parent when none is recorded', async () => {
    rmSync(join(at.path, 'aufs/layers/rw'));
    expect(await sizeOf('aufs', 'rw', 'init')).toMatchObject({ path: 'native', bytes: 9 });
  });

  it('cannot compare with another layer', async () => {
    for (const parent of ['base', null]) {
      const answer = await sizeOf('aufs', 'rw', parent);
      expect(answer).toMatchObject({ outcome: 'unknown', path: 'naive', bytes: null });
      expect(answer.problems[0]?.kind).toBe('unsupported-driver');
    }
  });
});

describe('zfs', () => {
  it('cannot read a dataset that is not mounted', async () => {
    mkdirSync(join(at.path, 'zfs/graph/rw'), { recursive: true });
    const answer = await sizeOf('zfs', 'rw', 'init');
    expect(answer).toMatchObject({ outcome: 'unknown', bytes: null });
    expect(answer.reason).toContain('not mounted');
  });

  it('compares datasets that are', async () => {
    at.file('zfs/graph/init/a', 'a', 1000);
    at.file('zfs/graph/rw/a', 'a', 1000);
    at.file('zfs/graph/rw/b', 'bb');
    const host = nodeHost();
    const mounted: Host = {
      ...host,
      fs: {
        ...host.fs,
        lstat: (path) => {
          const stat = host.fs.lstat(path);
          return isFailure(stat) || !/graph\/\w+$/.test(path) ? stat : { ...stat, dev: path };
        },
      },
    };
    expect(await sizeOf('zfs', 'rw', 'init', mounted)).toMatchObject({ path: 'naive', bytes: 2 });
  });
});
