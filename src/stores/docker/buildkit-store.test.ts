import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeBuildkit } from '../../../test/fixtures/buildkit.ts';
import type { FixtureCacheRecord, FixtureSnapshot } from '../../../test/fixtures/buildkit.ts';
import type { DockerRoot, FixtureLayer } from '../../../test/fixtures/docker-root.ts';
import { buildDockerRoot } from '../../../test/fixtures/docker-root.ts';
import { createHost } from '../../host/create-host.ts';
import { openDockerStore } from './open-docker-store.ts';
import type { BuildCacheRecord, DockerStore } from './records.ts';

const host = createHost();
let docker: DockerRoot;
let base: FixtureLayer;
let built: FixtureLayer;

beforeEach(() => {
  docker = buildDockerRoot();
  base = docker.addLayer({ a: 1000 }, null);
  built = docker.addLayer({ b: 250 }, base);
  docker.addImage({ layers: [base, built], tags: ['app:1'] });
});
afterEach(() => docker.remove());

function cache(
  records: Readonly<Record<string, FixtureCacheRecord>>,
  snapshots: Readonly<Record<string, FixtureSnapshot>> = {},
): ReturnType<DockerStore['buildCache']> {
  writeBuildkit(docker, records, snapshots);
  return openDockerStore(host, { root: docker.root }).buildCache();
}

const COMMITTED = { 'snapshot.committed': true } as const;
const byId = (found: ReturnType<DockerStore['buildCache']>): Readonly<Record<string, BuildCacheRecord>> =>
  Object.fromEntries(found.records.map((record) => [record.id, record]));

/** As BuildKit leaves them after a build upon a local image, with a cache mount. */
function aBuild(): ReturnType<typeof byId> {
  return byId(
    cache(
      {
        baseref: {
          ...COMMITTED,
          'cache.blobonly': true,
          'cache.snapshot': base.chainId,
          'cache.createdAt': 1_700_000_000_123_456_789n,
          'cache.usageCount': 3,
          'cache.lastUsedAt': 1_700_000_001_500_000_000n,
          'cache.description': 'pulled from base:1',
        },
        step: { ...COMMITTED, 'cache.parent': 'baseref', 'snapshot.size': 250, 'cache.description': 'RUN b' },
        unused: { ...COMMITTED, 'cache.parent': 'step', 'snapshot.size': -1 },
        mount: { 'cache.recordType': 'exec.cachemount', 'cache.cachePolicy': 1 },
      },
      {
        [base.chainId]: {},
        step: { committed: 'stepdir', chainid: built.chainId },
        stepdir: { parent: base.chainId, iscommitted: '' },
        unused: { committed: 'unuseddir' },
        unuseddir: { parent: 'step', iscommitted: '' },
        mount: { parent: '' },
      },
    ),
  );
}

describe('the records of a build', () => {
  it('are shown with times, counts and parents', () => {
    expect(aBuild()['baseref']).toMatchObject({
      parents: [],
      type: 'regular',
      description: 'pulled from base:1',
      createdAt: '2023-11-14T22:13:20.123456789Z',
      lastUsedAt: '2023-11-14T22:13:21.5Z',
      usageCount: 3,
      inUse: false,
    });
    expect(aBuild()['unused']).toMatchObject({ parents: ['step'], lastUsedAt: null, usageCount: 0 });
    expect(aBuild()['mount']).toMatchObject({ type: 'exec.cachemount' });
  });

  it('are shared with an image by the record, and so is what lies below', () => {
    const found = aBuild();
    expect(Object.keys(found).filter((id) => found[id]?.shared)).toEqual(['baseref', 'step']);
  });

  it('weigh nothing where they are layers of an image, else what was stored, else what is to be measured', () => {
    const found = aBuild();
    expect(Object.fromEntries(Object.entries(found).map(([id, record]) => [id, record.bytes]))).toEqual({
      baseref: 0,
      step: 250,
      unused: null,
      mount: null,
    });
    expect(found['unused']).toMatchObject({
      driverId: 'unuseddir',
      parentDriverId: 'stepdir',
      chainId: null,
    });
    expect(found['mount']).toMatchObject({ driverId: 'mount', parentDriverId: null });
    expect(found['step']).toMatchObject({ driverId: null, chainId: built.chainId });
  });
});

describe('the size of a record', () => {
  it("is its layer's, when it was registered as one", () => {
    const found = cache({ step: COMMITTED }, { step: { committed: 'dir', chainid: built.chainId } });
    expect(found.records).toMatchObject([{ bytes: 250, chainId: built.chainId }]);
  });

  it('is what the snapshotter kept', () => {
    expect(
      cache({ step: COMMITTED }, { step: { committed: 'dir', size: '77' }, dir: {} }).records,
    ).toMatchObject([{ bytes: 77 }]);
  });

  it('is 0 where nothing is held', () => {
    expect(cache({ step: COMMITTED }).records).toMatchObject([{ bytes: 0, driverId: null }]);
  });

  it('has its compressed blob on top', () => {
    const hex = 'c'.repeat(64);
    const blobs = join(docker.path, 'buildkit/content/blobs/sha256');
    fs.mkdirSync(blobs, { recursive: true });
    fs.writeFileSync(join(blobs, hex), 'x'.repeat(33));
    const found = cache(
      { step: { ...COMMITTED, 'cache.blob': `sha256:${hex}` } },
      { step: { committed: 'dir', size: '7' }, dir: {} },
    );
    expect(found.records).toMatchObject([{ bytes: 40, blobBytes: 33 }]);
  });

  it('compares with the directory of a parent that is a layer', () => {
    const found = cache({ step: COMMITTED }, { step: { committed: 'dir' }, dir: { parent: base.chainId } });
    expect(found.records).toMatchObject([{ bytes: null, driverId: 'dir', parentDriverId: base.cacheId }]);
  });
});

describe('a committed record and its mutable twin', () => {
  const twins = { old: { ...COMMITTED, 'cache.equalMutable': 'new', 'snapshot.size': 9 }, new: {} };

  it('are shown as the mutable one while nothing is upon them, with the size of the other', () => {
    expect(cache(twins, { new: { parent: '' } }).records).toMatchObject([
      { id: 'new', bytes: 9, driverId: 'new' },
    ]);
  });

  it('are shown as the committed one when something is', () => {
    const found = cache(
      { ...twins, child: { ...COMMITTED, 'cache.parent': 'old' } },
      { new: { parent: '' } },
    );
    expect(found.records.map((record) => record.id)).toEqual(['child', 'old']);
  });

  it('is dropped with a mutable one that is gone, unless its snapshot is there', () => {
    expect(cache({ old: twins.old }).records).toEqual([]);
    expect(cache({ old: twins.old }, { old: { committed: 'dir' }, dir: {} }).records).toMatchObject([
      { id: 'old' },
    ]);
  });
});

describe('records that the builder drops at its start', () => {
  it.each([
    ['deleted ones', { x: { ...COMMITTED, 'cache.deleted': true } }],
    ['those without their parent', { x: { ...COMMITTED, 'cache.parent': 'gone' } }],
    ['mutable ones without a snapshot', { x: {} }],
    ['circles', { x: { ...COMMITTED, 'cache.parent': 'y' }, y: { ...COMMITTED, 'cache.parent': 'x' } }],
  ] as const)('%s', (_, records) => {
    expect(cache(records).records).toEqual([]);
  });

  it('bears a chain far beyond any Dockerfile', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 5000 }, (_, index) => [
        `r${String(index).padStart(5, '0')}`,
        { ...COMMITTED, 'snapshot.size': 1, 'cache.parent': `r${String(index + 1).padStart(5, '0')}` },
      ]),
    );
    expect(() => cache(chain)).not.toThrow();
  });
});

it('says that a build is under way', () => {
  expect(cache({ step: {} }, { step: { parent: '' } }).problems).toMatchObject([{ kind: 'engine-unsteady' }]);
});

describe('a damaged build cache', () => {
  it('is none where there is none', () => {
    expect(openDockerStore(host, { root: docker.root }).buildCache()).toEqual({ records: [], problems: [] });
  });

  it('is a problem, not an empty one', () => {
    aBuild();
    fs.writeFileSync(join(docker.path, 'buildkit/metadata_v2.db'), 'torn');
    expect(openDockerStore(host, { root: docker.root }).buildCache()).toMatchObject({
      records: [],
      problems: [{ kind: 'damaged-record' }],
    });
  });

  it('keeps its records without snapshots.db, without sizes', () => {
    aBuild();
    fs.truncateSync(join(docker.path, 'buildkit/snapshots.db'), 100);
    const found = byId(openDockerStore(host, { root: docker.root }).buildCache());
    expect(Object.keys(found)).toEqual(['baseref', 'mount', 'step', 'unused']);
    expect(found['unused']).toMatchObject({ bytes: null, driverId: null });
  });
});
