import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildDockerRoot } from '../../../test/fixtures/docker-root.ts';
import { sampleDockerRoot } from '../../../test/fixtures/sample-root.ts';
import type { DriverName } from '../../drivers/driver.ts';
import { createHost } from '../../host/create-host.ts';
import type { Host } from '../../host/host.ts';
import { failure } from '../../host/host.ts';
import { bytePath } from '../../model/bytes.ts';
import { dockerStoresAt } from './docker-stores-at.ts';
import { openDockerStore } from './open-docker-store.ts';

const host = createHost();
let root: string;

beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'weigh-open-'));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const make = (...paths: readonly string[]): void => {
  for (const path of paths) fs.mkdirSync(join(root, path), { recursive: true });
};
const open = (driver?: DriverName, on: Host = host): ReturnType<typeof openDockerStore> =>
  openDockerStore(on, { root: bytePath(root), driver });

describe('the choice of the driver', () => {
  it.each([
    ['the one with an area', ['image/overlay2/layerdb', 'overlay2/l'], 'overlay2', []],
    [
      'the first of the engine by its own order',
      ['image/overlay2/x', 'overlay2/l', 'image/btrfs/x', 'btrfs/subvolumes'],
      'overlay2',
      ['btrfs'],
    ],
    ['vfs last', ['image/vfs/x', 'vfs/dir', 'image/zfs/x', 'zfs/graph'], 'zfs', ['vfs']],
    ['vfs when it is alone', ['image/vfs/x', 'vfs/dir'], 'vfs', []],
    [
      'not one whose area is empty',
      ['image/overlay2', 'overlay2', 'image/fuse-overlayfs/x', 'fuse-overlayfs/l'],
      'fuse-overlayfs',
      [],
    ],
    ['one with records before one without', ['overlay2/l', 'image/zfs/x', 'zfs/graph'], 'zfs', ['overlay2']],
    ['records without an area', ['image/aufs/x'], 'aufs', []],
    ['an area without records', ['devicemapper/mnt'], 'devicemapper', []],
  ])('takes %s', (_, paths, driver, hidden) => {
    make(...paths);
    const store = open();
    expect(store.driver).toBe(driver);
    expect(store.name).toBe(`docker:${fs.realpathSync(root)}#${driver}`);
    expect(store.hidden.map((one) => one.driver)).toEqual(hidden);
  });

  it('says that the engine would not start on several', () => {
    make('image/overlay2/x', 'overlay2/l', 'image/btrfs/x', 'btrfs/subvolumes');
    expect(open().problems).toMatchObject([
      { kind: 'assumed', message: expect.stringContaining('overlay2, btrfs') },
    ]);
    expect(open('btrfs').problems).toEqual([]);
    expect(open('btrfs').driver).toBe('btrfs');
  });

  it('refuses a driver of which there is nothing', () => {
    make('image/overlay2/x', 'overlay2/l');
    expect(() => open('zfs')).toThrow(/holds nothing of the graph driver zfs/);
  });

  it('sees the images of containerd beside it', () => {
    make('image/vfs/x', 'vfs/dir', 'containerd/daemon/io.containerd.content.v1.content/blobs/sha256');
    expect(open().hidden).toEqual([]);
    make('containerd/daemon/io.containerd.content.v1.content/blobs/sha256/x');
    expect(open().hidden).toMatchObject([{ driver: 'containerd' }]);
  });

  it('knows a store of another operating system', () => {
    make('image/windowsfilter/layerdb', 'windowsfilter/x');
    expect(open()).toMatchObject({ driver: 'windowsfilter', foreignOs: 'windows' });
  });

  it('says that the content is missing', () => {
    make('image/overlay2/layerdb');
    expect(open().problems).toMatchObject([{ kind: 'missing-directory' }]);
  });
});

describe('a root that is no store', () => {
  const thrown = (action: () => unknown): unknown => {
    try {
      action();
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it('is not there', () => {
    const gone = bytePath(join(root, 'gone'));
    expect(thrown(() => openDockerStore(host, { root: gone }))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('holds something else', () => {
    fs.writeFileSync(join(root, 'c.tar'), '');
    expect(thrown(open)).toMatchObject({
      code: 'NOT_A_STORE',
      message: expect.stringMatching(/is not a store: it has no image\/ \(Docker\)/),
      hint: expect.stringContaining('c.tar'),
    });
  });

  it('is empty', () => {
    expect(thrown(open)).toMatchObject({ code: 'NOT_A_STORE', hint: 'It is empty.' });
  });

  it('is a file', () => {
    const file = join(root, 'c.tar');
    fs.writeFileSync(file, '');
    expect(thrown(() => openDockerStore(host, { root: bytePath(file) }))).toMatchObject({
      code: 'NOT_A_STORE',
    });
  });

  it('may not be read', () => {
    const readDirectory: Host['fs']['readDirectory'] = (path) => failure('EACCES', path);
    const denied = { ...host, fs: { ...host.fs, readDirectory }, facts: { ...host.facts, uid: 1000 } };
    expect(thrown(() => open(undefined, denied))).toMatchObject({
      code: 'UNREADABLE',
      message: expect.stringContaining('permission denied (uid 1000)'),
    });
  });
});

describe('userns roots', () => {
  it('are stores of their own', () => {
    make(
      'image/overlay2/x',
      'overlay2/l',
      '100000.100000/image/vfs/x',
      '100000.100000/vfs/dir',
      '1.2/tmp',
      'x.y/image',
    );
    const real = fs.realpathSync(root);
    expect(dockerStoresAt(host, bytePath(root)).map((store) => store.name)).toEqual([
      `docker:${real}#overlay2`,
      `docker:${real}/100000.100000#vfs`,
    ]);
  });

  it('are there without a store around them', () => {
    make('231072.231072/image/overlay2/x', '231072.231072/overlay2/l');
    expect(dockerStoresAt(host, bytePath(root))).toMatchObject([{ driver: 'overlay2' }]);
  });
});

it.each(['overlay2', 'fuse-overlayfs', 'vfs', 'btrfs', 'zfs', 'aufs', 'overlay'] as const)(
  'reads a whole store of %s',
  (driver) => {
    const sample = sampleDockerRoot({ driver });
    try {
      const store = openDockerStore(host, { root: sample.docker.root });
      expect(store.driver).toBe(driver);
      expect(store.layers().layers.size).toBe(4);
      expect([...store.layers().rwLayers.keys()].sort()).toEqual(
        [sample.containers.api, sample.containers.job, sample.containers.bare].map(({ id }) => id).sort(),
      );
      expect(store.images().records).toHaveLength(5);
      expect(
        store
          .containers()
          .records.map(({ name }) => name)
          .sort(),
      ).toEqual(['api', 'bare', 'job', 'lost']);
      expect(
        store
          .volumes()
          .records.filter(({ hasOptions }) => !hasOptions)
          .map(({ name }) => name),
      ).toEqual(['data', 'scratch', 'unused']);
      expect(store.layers().leftovers).toEqual(
        sample.leftovers.map((path) => join(fs.realpathSync(sample.docker.path), path)),
      );
    } finally {
      sample.remove();
    }
  },
);

it('knows the blobs of a layer, and takes damaged hints for none', () => {
  const docker = buildDockerRoot({ root });
  const layer = docker.addLayer({ a: 1 }, null);
  const hints = join(docker.imageRoot, 'distribution/v2metadata-by-diffid/sha256');
  const file = join(hints, layer.diffId.slice('sha256:'.length));
  const digest = `sha256:${'d'.repeat(64)}`;
  fs.mkdirSync(hints, { recursive: true });
  fs.writeFileSync(
    file,
    JSON.stringify([{ Digest: digest, SourceRepository: 'docker.io/library/a', HMAC: '' }, { Digest: 'x' }]),
  );
  expect(open().blobsOf(layer.diffId)).toEqual([{ digest, bytes: null, source: 'docker.io/library/a' }]);
  fs.writeFileSync(file, '[{"Digest":');
  expect(open().blobsOf(layer.diffId)).toEqual([]);
});
