import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DockerRoot, FixtureLayer } from '../../../test/fixtures/docker-root.ts';
import { buildDockerRoot } from '../../../test/fixtures/docker-root.ts';
import { bytePath } from '../../model/bytes.ts';
import type { BytePath } from '../../model/bytes.ts';
import { createHost } from '../../host/create-host.ts';
import type { Host } from '../../host/host.ts';
import { failure } from '../../host/host.ts';
import { readLayerStore } from './layer-store.ts';
import type { LayerStoreSnapshot } from './records.ts';

const host = createHost();
let docker: DockerRoot;
let base: FixtureLayer;
let middle: FixtureLayer;
let top: FixtureLayer;
let lone: FixtureLayer;

beforeEach(() => {
  docker = buildDockerRoot({ driver: 'vfs' });
  base = docker.addLayer({ a: 1 }, null);
  middle = docker.addLayer({ b: 20 }, base);
  top = docker.addLayer({ c: 300 }, middle);
  lone = docker.addLayer({ d: 4000 }, null);
});
afterEach(() => docker.remove());

function read(on: Host = host): LayerStoreSnapshot {
  return readLayerStore(on, bytePath(join(docker.imageRoot, 'layerdb')));
}

function put(layer: FixtureLayer, file: string, content: string): void {
  fs.writeFileSync(join(docker.layerRecords(layer), file), content);
}

const loaded = (store: LayerStoreSnapshot): readonly string[] => [...store.layers.keys()].sort();
const ids = (...layers: readonly FixtureLayer[]): readonly string[] =>
  layers.map((layer) => layer.chainId).sort();

describe('a sound layer store', () => {
  it('gives every layer as recorded', () => {
    const store = read();
    expect(loaded(store)).toEqual(ids(base, middle, top, lone));
    expect(store.layers.get(middle.chainId)).toEqual({
      chainId: middle.chainId,
      diffId: middle.diffId,
      cacheId: middle.cacheId,
      parent: base.chainId,
      recordedBytes: 20,
    });
    expect(store.problems).toEqual([]);
  });

  it('gives the RW layers', () => {
    const image = docker.addImage({ layers: [base] });
    const container = docker.addContainer({ name: 'x', image });
    const bare = docker.addContainer({ name: 'y', image: docker.addImage({}) });
    fs.rmSync(join(docker.mountRecords(bare), 'init-id'));
    const { rwLayers } = read();
    expect(rwLayers.get(container.id)).toEqual({
      containerId: container.id,
      mountId: container.mountId,
      initId: container.initId,
      parent: base.chainId,
    });
    expect(rwLayers.get(bare.id)).toMatchObject({ initId: null, parent: null });
  });

  it('is empty where nothing has been made yet', () => {
    fs.rmSync(join(docker.imageRoot, 'layerdb'), { recursive: true });
    expect(read()).toMatchObject({ layers: new Map(), rwLayers: new Map(), leftovers: [], problems: [] });
  });

  it('names what was left over, and reads none of it', () => {
    const layerdb = join(docker.imageRoot, 'layerdb');
    for (const path of [
      `sha256/${'a'.repeat(64)}-123-removing`,
      'tmp/write-set-1',
      'mounts/o8jy866c41yomasv1tz1wh509',
    ]) {
      fs.mkdirSync(join(layerdb, path));
    }
    fs.mkdirSync(join(layerdb, 'sha256', 'A'.repeat(64)));
    fs.writeFileSync(join(layerdb, 'sha256', 'b'.repeat(64)), 'a file, no layer');
    const store = read();
    expect(store.leftovers.map((path) => path.slice(layerdb.length + 1))).toEqual([
      `sha256/${'a'.repeat(64)}-123-removing`,
      'mounts/o8jy866c41yomasv1tz1wh509',
      'tmp/write-set-1',
    ]);
    expect(loaded(store)).toHaveLength(4);
    expect(store.problems).toEqual([]);
  });
});

describe('a layer with damage', () => {
  it.each([
    ['size', ''],
    ['size', '20\n'],
    ['size', 'many'],
    ['diff', ''],
    ['diff', 'sha256:12'],
    ['cache-id', ' \n'],
    ['parent', ''],
    ['parent', 'nonsense'],
    ['size', '1'.repeat(5000)],
  ])('in %s (%j) does not load, nor what is upon it', (file, content) => {
    put(middle, file, content);
    const store = read();
    expect(loaded(store)).toEqual(ids(base, lone));
    expect(store.problems.map((problem) => problem.subject).sort()).toEqual(
      [middle, top].map((layer) => `layer ${layer.chainId}`).sort(),
    );
  });

  it.each(['../../etc', '\0'.repeat(64)])('in cache-id (%j) loads, and no path is made of it', (content) => {
    put(middle, 'cache-id', content);
    expect(loaded(read())).toEqual(ids(base, middle, top, lone));
    expect(read().layers.get(middle.chainId)?.cacheId).toBe('no-directory');
    expect(read().problems).toMatchObject([{ kind: 'damaged-record', subject: `layer ${middle.chainId}` }]);
  });

  it.each(['size', 'diff', 'cache-id'])('without its %s does not load', (file) => {
    fs.rmSync(join(docker.layerRecords(lone), file));
    expect(loaded(read())).toEqual(ids(base, middle, top));
    expect(read().problems).toMatchObject([{ kind: 'missing-record', subject: `layer ${lone.chainId}` }]);
  });

  it('does not follow a symbolic link in the place of a record, nor open a FIFO', () => {
    const outside = join(docker.path, 'outside');
    fs.writeFileSync(outside, '999');
    const size = join(docker.layerRecords(top), 'size');
    fs.rmSync(size);
    fs.symlinkSync(outside, size);
    const diff = join(docker.layerRecords(lone), 'diff');
    fs.rmSync(diff);
    execFileSync('mkfifo', [diff]);
    const store = read();
    expect(loaded(store)).toEqual(ids(base, middle));
    expect(store.problems.map((problem) => problem.kind)).toEqual(['damaged-record', 'damaged-record']);
  });

  it('ends in circles of parents, of one and of two', () => {
    put(lone, 'parent', lone.chainId);
    put(base, 'parent', middle.chainId);
    const store = read();
    expect(loaded(store)).toEqual([]);
    expect(store.problems).toHaveLength(4);
    const inCircles = store.problems.filter((problem) => problem.message.includes('circle'));
    expect(inCircles.map((problem) => problem.subject)).toEqual(
      expect.arrayContaining([lone, base, middle].map((layer) => `layer ${layer.chainId}`)),
    );
  });

  it('bears a chain of 20,000 layers', () => {
    const chains = Array.from({ length: 20_000 }, (_, index) => index.toString(16).padStart(64, '0'));
    const files: Readonly<Record<string, (index: number) => string | undefined>> = {
      diff: () => base.diffId,
      size: () => '1',
      'cache-id': () => 'cache',
      parent: (index) => (index === 0 ? undefined : `sha256:${chains[index - 1]}`),
    };
    const readDirectory: Host['fs']['readDirectory'] = (path) =>
      path.endsWith('/sha256')
        ? chains.map((name) => ({ name: name as BytePath, kind: 'directory' as const }))
        : [];
    const readFile: Host['fs']['readFile'] = (path) => {
      const [chain = '', file = ''] = path.split('/').slice(-2);
      const text = files[file]?.(Number.parseInt(chain, 16));
      return text === undefined ? failure('ENOENT', path) : Buffer.from(text);
    };
    const store = readLayerStore(
      { ...host, fs: { ...host.fs, readDirectory, readFile, readSmallText: undefined } },
      bytePath('/l'),
    );
    expect(store.layers.size).toBe(20_000);
  });
});

describe('a mount with damage', () => {
  it.each([
    ['mount-id', ''],
    ['mount-id', '../x'],
    ['init-id', 'x'],
    ['parent', ''],
  ])('in %s (%j) does not load', (file, content) => {
    const container = docker.addContainer({ name: 'x', image: docker.addImage({ layers: [base] }) });
    fs.writeFileSync(join(docker.mountRecords(container), file), content);
    expect(read().rwLayers.size).toBe(0);
    expect(read().problems).toMatchObject([{ kind: 'damaged-record' }]);
  });

  it('does not load when its parent does not', () => {
    docker.addContainer({ name: 'x', image: docker.addImage({ layers: [base, middle] }) });
    put(base, 'size', '');
    expect(read().rwLayers.size).toBe(0);
    expect(read().problems.at(-1)).toMatchObject({
      kind: 'missing-record',
      subject: expect.stringContaining('RW layer'),
    });
  });
});

describe('a store that moves', () => {
  it('is read again until two looks agree', () => {
    let looks = 0;
    const readDirectory: Host['fs']['readDirectory'] = (path) => {
      if (path.endsWith('/mounts') && ++looks === 2) {
        docker.addContainer({ name: 'late', image: docker.addImage({ layers: [base] }) });
      }
      return host.fs.readDirectory(path);
    };
    const store = read({ ...host, fs: { ...host.fs, readDirectory } });
    expect(looks).toBe(3);
    expect(store.rwLayers.size).toBe(1);
    expect(store.problems).toEqual([]);
  });

  it('is taken as it is after some looks, with a word about it', () => {
    const readDirectory: Host['fs']['readDirectory'] = (path) => {
      if (path.endsWith('/mounts')) fs.mkdirSync(join(docker.imageRoot, 'layerdb/mounts', docker.newId('m')));
      return host.fs.readDirectory(path);
    };
    expect(read({ ...host, fs: { ...host.fs, readDirectory } }).problems).toContainEqual(
      expect.objectContaining({ kind: 'changed-while-reading' }),
    );
  });

  it('says what may not be read, once', () => {
    const readDirectory: Host['fs']['readDirectory'] = (path) => failure('EACCES', path);
    const store = read({ ...host, fs: { ...host.fs, readDirectory } });
    expect(store.problems[0]).toMatchObject({
      kind: 'unreadable',
      message: expect.stringContaining('permission denied'),
    });
    expect(store.problems.length).toBeLessThan(4);
  });
});
