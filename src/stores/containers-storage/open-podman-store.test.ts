import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { buildPodmanRoot } from '../../../test/fixtures/podman-root.ts';
import type { PodmanRoot, PodmanRootOptions } from '../../../test/fixtures/podman-root.ts';
import { createHost } from '../../host/create-host.ts';
import { bytePath } from '../../model/bytes.ts';
import { openPodmanStore } from './open-podman-store.ts';
import type { OpenPodmanStore } from './open-podman-store.ts';
import type { PodmanStore } from './records.ts';

const host = createHost();
const made: PodmanRoot[] = [];
afterEach(() => made.splice(0).forEach((root) => root.remove()));

function build(options: PodmanRootOptions = {}): PodmanRoot {
  const root = buildPodmanRoot(options);
  made.push(root);
  return root;
}

function open(built: PodmanRoot, options: Partial<OpenPodmanStore> = {}): PodmanStore {
  return openPodmanStore(host, { root: bytePath(built.root), runRoot: bytePath(built.runRoot), ...options });
}

const SMALL: PodmanRootOptions = {
  layers: [
    { id: 'base', tarBytes: 10 },
    { id: 'rw', parent: 'base' },
  ],
  images: [{ id: 'i'.repeat(64), names: ['localhost/app:1'], layer: 'base' }],
  containers: [
    { id: 'c'.repeat(64), name: 'web', image: 'i'.repeat(64), layer: 'rw', state: 3, volumes: ['v'] },
  ],
  volumes: { v: { a: 'abc' } },
};

describe('a root', () => {
  it.each(['bolt', 'sqlite'] as const)('is read with its database in %s', (database) => {
    const store = open(build({ ...SMALL, database }));
    expect(store.name).toMatch(/^podman:.*#overlay$/);
    const { layers, images, containers, problems } = store.records();
    expect(layers.map(({ id, diffSize }) => [id, diffSize])).toEqual([
      ['base', 10],
      ['rw', 0],
    ]);
    expect(images.map(({ names }) => names)).toEqual([['localhost/app:1']]);
    expect(containers.map(({ layerId }) => layerId)).toEqual(['rw']);
    expect(problems).toEqual([]);
    const libpod = store.libpod();
    expect(libpod).toMatchObject({ database, hasNamespaces: database === 'bolt', problems: [] });
    expect(libpod.containers).toMatchObject([{ name: 'web', state: 'running', volumeNames: ['v'] }]);
    expect(libpod.volumes).toMatchObject([{ name: 'v', mountedAt: join(store.root, 'volumes/v/_data') }]);
  });

  it('without a database is one of CRI-O or Buildah', () => {
    expect(open(build({ ...SMALL, database: 'none' })).libpod()).toMatchObject({ database: 'none' });
  });

  it('says of a database that is being written to, or damaged, that its content is unknown', () => {
    const built = build({ ...SMALL, database: 'sqlite' });
    built.write('root/db.sql-journal', 'x');
    expect(open(built).libpod().problems).toMatchObject([{ kind: 'damaged-record', message: /under way/ }]);
    fs.rmSync(join(built.root, 'db.sql-journal'));
    built.write('root/db.sql', 'nonsense');
    expect(open(built).libpod().problems).toMatchObject([{ message: /no SQLite database/ }]);
    const bolt = build(SMALL);
    bolt.write('root/libpod/bolt_state.db', 'nonsense');
    expect(open(bolt).libpod().problems).toMatchObject([{ kind: 'damaged-record' }]);
  });

  it('prefers the driver that has records, and tells of the other', () => {
    const built = build({ ...SMALL, driver: 'vfs' });
    built.write('root/overlay-layers/layers.lock', '');
    expect(open(built).driver).toBe('vfs');
    built.write('root/overlay-layers/layers.json', '[]');
    const store = open(built, { driver: 'vfs' });
    expect(store.hidden).toMatchObject([{ driver: 'overlay', why: /vfs does not see what overlay holds/ }]);
    expect(open(built, { driver: 'overlay2' }).driver).toBe('overlay');
  });

  it.each([
    [{ driver: 'zfs' }, 'NOT_FOUND'],
    [{ driver: 'ext4' }, 'USAGE'],
    [{ root: bytePath('/nowhere/at/all') }, 'NOT_FOUND'],
  ])('%j is refused', (options, code) => {
    expect(() => open(build(SMALL), options)).toThrow(expect.objectContaining({ code }));
  });

  it('that is none is refused', () => {
    const built = build(SMALL);
    expect(() => open(built, { root: bytePath(built.runRoot) })).toThrow(
      expect.objectContaining({ code: 'NOT_A_STORE' }),
    );
  });
});

describe('records', () => {
  it('of a transient store come from the run root; the first of equal IDs counts', () => {
    const built = build(SMALL);
    built.write('run/overlay-layers/volatile-layers.json', '[{"id":"rw2"},{"id":"base","diff-size":5}]');
    built.write('run/overlay-containers/volatile-containers.json', '[{"id":"t","layer":"rw2"}]');
    built.write('root/overlay-layers/volatile-layers.json', '[{"id":"rw3"}]');
    const { layers, containers, layerById } = open(built).records();
    expect(layers.map(({ id }) => id)).toEqual(['base', 'rw', 'rw3', 'rw2']);
    expect(layerById.get('base')?.diffSize).toBe(10);
    expect(containers.map(({ id, volatile }) => [id[0], volatile])).toEqual([
      ['c', false],
      ['t', true],
    ]);
  });

  it('of an image store and of further, read-only ones are there as well', () => {
    const built = build(SMALL);
    built.write('img/overlay-layers/layers.json', '[{"id":"top","diff-digest":"d","diff-size":7}]');
    built.write('img/overlay-images/images.json', '[{"id":"split","layer":"top"}]');
    built.write('more/overlay-layers/layers.json', '[{"id":"far"},{"id":"base","diff-size":1}]');
    built.write('more/overlay-images/images.json', '[{"id":"read","layer":"far"}]');
    const store = open(built, {
      imageStore: bytePath(join(built.base, 'img')),
      additionalStores: [bytePath(join(built.base, 'more')), bytePath(join(built.base, 'gone'))],
    });
    const { images, layerById } = store.records();
    expect(images.map(({ id, readOnly }) => [id.slice(0, 5), readOnly])).toEqual([
      ['split', false],
      ['iiiii', false],
      ['read', true],
    ]);
    expect(layerById.get('base')?.diffSize).toBe(10);
    expect(layerById.get('far')?.home).toBe(join(built.base, 'more'));
    expect(store.problems).toMatchObject([{ kind: 'missing-directory', subject: join(built.base, 'gone') }]);
  });

  it('that do not parse hide what they name', () => {
    const built = build(SMALL);
    built.write('root/overlay-layers/layers.json', '[{"id":1}]');
    const { layers, problems } = open(built).records();
    expect(layers).toEqual([]);
    expect(problems).toMatchObject([{ kind: 'damaged-record', message: /no engine can open this store/ }]);
  });

  it('are never read through a link', () => {
    const built = build(SMALL);
    const path = join(built.root, 'overlay-images/images.json');
    fs.renameSync(path, join(built.base, 'images.json'));
    fs.symlinkSync(join(built.base, 'images.json'), path);
    expect(open(built).records()).toMatchObject({ images: [], problems: [{ kind: 'damaged-record' }] });
  });
});

it("an image's configuration is found under its own digest, or the one its manifest names", () => {
  const built = build({
    layers: [{ id: 'base' }],
    images: [
      { id: 'a'.repeat(64), diffIds: ['sha256:1'], history: ['FROM', 'RUN'] },
      { id: 'b'.repeat(64), record: { 'big-data-names': ['manifest', 'x'] } },
      { id: 'c'.repeat(64), record: { 'big-data-names': [] } },
    ],
  });
  built.write(`root/overlay-images/${'b'.repeat(64)}/manifest`, '{"config":{"digest":"x"}}');
  built.write(`root/overlay-images/${'b'.repeat(64)}/x`, '{"history":[{"empty_layer":true}]}');
  const store = open(built);
  const [a, b, c] = store.records().images.map(store.factsOf);
  expect(a?.diffIds).toEqual(['sha256:1']);
  expect(a?.history).toHaveLength(2);
  expect(b?.history).toEqual(['[null,"","","",true]']);
  expect(c).toBeNull();
});

it('a mount program is told by the flag of the area', () => {
  const built = build(SMALL);
  expect(open(built).mountProgram).toBe(false);
  built.write('root/overlay/.has-mount-program', 'true');
  expect(open(built).mountProgram).toBe(true);
});
