import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DockerRoot, FixtureImage, FixtureLayer } from '../../../test/fixtures/docker-root.ts';
import { buildDockerRoot } from '../../../test/fixtures/docker-root.ts';
import { createHost } from '../../host/create-host.ts';
import type { Host } from '../../host/host.ts';
import { openDockerStore } from './open-docker-store.ts';
import type { DockerStore } from './records.ts';

const host = createHost();
let docker: DockerRoot;
let base: FixtureLayer;
let app: FixtureImage;

beforeEach(() => {
  docker = buildDockerRoot({ driver: 'vfs' });
  base = docker.addLayer({ a: 1 }, null);
  app = docker.addImage({ layers: [base, docker.addLayer({ b: 2 }, base)], tags: ['app:1'] });
});
afterEach(() => docker.remove());

const open = (on: Host = host): DockerStore => openDockerStore(on, { root: docker.root });
const content = (image: FixtureImage): string =>
  join(docker.imageRoot, 'imagedb/content/sha256', image.id.slice('sha256:'.length));
const idsOf = (store: DockerStore): readonly string[] => store.images().records.map((image) => image.id);

describe('images', () => {
  it('have their names, layers and parent', () => {
    const child = docker.addImage({
      layers: app.layers,
      parent: app,
      digests: [`app@sha256:${'1'.repeat(64)}`],
    });
    const records = open().images().records;
    expect(records.find((image) => image.id === app.id)).toMatchObject({
      tags: ['app:1'],
      repoDigests: [],
      diffIds: app.layers.map((layer) => layer.diffId),
      topChainId: app.layers[1]!.chainId,
      os: 'linux',
      parent: null,
    });
    expect(records.find((image) => image.id === child.id)).toMatchObject({
      tags: [],
      repoDigests: [`app@sha256:${'1'.repeat(64)}`],
      parent: app.id,
    });
  });

  it('need no layers', () => {
    const empty = docker.addImage({ tags: ['empty:1'], config: { os: 'plan9' } });
    expect(
      open()
        .images()
        .records.find((image) => image.id === empty.id),
    ).toMatchObject({ topChainId: null, os: 'plan9' });
  });

  it('may be without an OS, which is then the store\u2019s', () => {
    const image = docker.addImage({ layers: [base], config: { os: undefined } });
    expect(
      open()
        .images()
        .records.find(({ id }) => id === image.id),
    ).toMatchObject({ os: 'linux' });
  });

  it('are read once', () => {
    const store = open();
    expect(store.images()).toBe(store.images());
    expect(store.layers()).toBe(store.layers());
  });

  it('are all there without repositories.json, without names', () => {
    fs.rmSync(join(docker.imageRoot, 'repositories.json'));
    expect(open().images()).toMatchObject({ records: [{ tags: [] }], problems: [] });
    fs.writeFileSync(join(docker.imageRoot, 'repositories.json'), '{"Repositories":{"app":');
    expect(open().images()).toMatchObject({
      records: [{ tags: [] }],
      problems: [{ kind: 'damaged-record' }],
    });
  });
});

describe('an image that the engine does not restore', () => {
  it('has a configuration that is not its digest', () => {
    fs.appendFileSync(content(app), ' ');
    expect(open().images()).toMatchObject({
      records: [],
      problems: [
        { kind: 'damaged-record', subject: `image ${app.id}`, message: expect.stringContaining('digest') },
      ],
    });
  });

  it.each([{ rootfs: undefined }, { os: 5 }, { history: [{ created: 'x' }] }])(
    'does not parse: %j',
    (config) => {
      const bad = docker.addImage({ layers: [base], config });
      expect(idsOf(open())).toEqual([app.id]);
      expect(open().images().problems).toMatchObject([
        { kind: 'damaged-record', subject: `image ${bad.id}` },
      ]);
    },
  );

  it('is for another OS', () => {
    const windows = docker.addImage({ layers: [base], config: { os: 'windows' } });
    expect(idsOf(open())).toEqual([app.id]);
    expect(open().images().problems).toMatchObject([{ kind: 'not-listed', subject: `image ${windows.id}` }]);
  });

  it('has a top layer that is not loaded', () => {
    fs.writeFileSync(join(docker.layerRecords(base), 'size'), '');
    expect(open().images()).toMatchObject({ records: [], problems: [{ kind: 'missing-record' }] });
  });

  it('names diff IDs that are none', () => {
    docker.addImage({ config: { rootfs: { diff_ids: ['../../etc'] } } });
    expect(idsOf(open())).toEqual([app.id]);
    expect(open().images().problems).toMatchObject([{ kind: 'missing-record' }]);
  });

  it('stands under a name that is no digest', () => {
    fs.writeFileSync(join(docker.imageRoot, 'imagedb/content/sha256/README'), 'x');
    fs.mkdirSync(join(docker.imageRoot, 'imagedb/content/sha256', 'f'.repeat(64)));
    expect(idsOf(open())).toEqual([app.id]);
  });
});

it('tells an image that came in meanwhile from a damaged one', () => {
  const store = open();
  store.layers();
  const late = docker.addImage({ layers: [base, docker.addLayer({ z: 1 }, base)] });
  expect(store.images().problems).toMatchObject([
    { kind: 'changed-while-reading', subject: `image ${late.id}` },
  ]);
});

it('lists nothing that a listing of images does not need', () => {
  const seen: string[] = [];
  const readFile: Host['fs']['readFile'] = (path, max) => {
    seen.push(path);
    return host.fs.readFile(path, max);
  };
  const readDirectory: Host['fs']['readDirectory'] = (path) => {
    seen.push(path);
    return host.fs.readDirectory(path);
  };
  docker.addVolume('v', {});
  docker.addContainer({ name: 'c', image: app });
  const store = open({ ...host, fs: { ...host.fs, readFile, readDirectory, readSmallText: undefined } });
  store.images();
  const elsewhere = seen.filter((path) => /\/(?:volumes|buildkit|containers|distribution)\b/.test(path));
  expect(elsewhere).toEqual([]);
  expect(new Set(seen.filter((path) => /sha256\/[0-9a-f]{64}/.test(path))).size).toBe(
    seen.filter((path) => /sha256\/[0-9a-f]{64}/.test(path)).length,
  );
});
