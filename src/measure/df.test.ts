import { describe, expect, it } from 'vitest';
import {
  cacheRecord,
  container,
  contextOf,
  digestOf,
  driversOf,
  hostOf,
  image,
  layer,
  noAnswer,
  rwLayer,
  sizeAnswer,
  storeOf,
  volume,
  walkOf,
} from '../../test/fixtures/store-double.ts';
import { failure } from '../host/host.ts';
import { bytePath } from '../model/bytes.ts';
import type { DriverId } from '../model/ids.ts';
import type { DfReport, DfStore } from '../model/reports.ts';
import { measureDf } from './df.ts';
import type { DfOptions } from './df.ts';

/*
 * Layers: a 1,000 base of all; b 200 of used; c 30 and d 4 of two unused images on it; e 500 of an image that only the build cache still needs;
 * f 60,000 of no image.
 * used = a b, one container. idle = a c. idle2 = a c d. cached = a e.
 * LayersSize = 1,000 + 200 + 30 + 4 + 500 = 1,734. References: a 4, b 1, c 2, d 1, e 1.
 * Unique: used 200; idle 0; idle2 4; cached 500.
 * Exactly reclaimable: c and d = 34.
 */
const store = storeOf({
  layers: [
    layer('a', null, 1000),
    layer('b', 'a', 200),
    layer('c', 'a', 30),
    layer('d', 'c', 4),
    layer('e', 'a', 500),
    layer('f', null, 60_000),
  ],
  images: [
    image('1', 'b', { tags: ['used:1'] }),
    image('2', 'c', { tags: ['idle:1'] }),
    image('3', 'd', { tags: ['idle:2'] }),
    image('4', 'e', { tags: ['cached:1'] }),
  ],
  rwLayers: ['1', '2', '3', '4'].map((letter) => rwLayer(letter, 'b')),
  containers: [
    container('1', { imageId: digestOf('1'), state: 'running', volumeNames: ['data'] }),
    container('2', { imageId: digestOf('1'), state: 'exited' }),
    container('3', { imageId: digestOf('1'), state: 'removing' }),
    container('4', { imageId: digestOf('1'), state: 'dead' }),
    container('5', { name: 'gone', volumeNames: ['kept'] }),
  ],
  volumes: [
    volume('data'),
    volume('free'),
    volume('kept'),
    volume('lost'),
    volume('nfs', { hasOptions: true }),
    volume('plugin', { driver: 'ceph' }),
  ],
  cache: [
    cacheRecord('m', { bytes: 11, inUse: true }),
    cacheRecord('n', { bytes: 22, createdAt: '2024-01-01T00:00:00Z' }),
    cacheRecord('o', { bytes: 500, shared: true, chainId: digestOf('e') }),
    cacheRecord('p', {
      bytes: null,
      driverId: 'build-p' as DriverId,
      parentDriverId: 'cache-e' as DriverId,
      blobBytes: 100,
    }),
  ],
});
const host = hostOf({
  walks: {
    '/store/volumes/data/_data': walkOf(5000),
    '/store/volumes/free/_data': walkOf(70),
    '/store/volumes/kept/_data': walkOf(8),
    '/store/overlay2/cache-c/diff': walkOf(30),
    '/store/overlay2/cache-d/diff': walkOf(4),
    '/store/overlay2/mount-2/diff': walkOf(3),
    '/store/overlay2/build-p/diff': walkOf(900),
  },
});
const driverFor = driversOf({
  'mount-1 < mount-1-init': sizeAnswer(100),
  'mount-2 < mount-2-init': sizeAnswer(3),
  'mount-3 < mount-3-init': sizeAnswer(40),
  'mount-4 < mount-4-init': noAnswer('engine-fails', 'no lower'),
  'build-p < cache-e': sizeAnswer(800),
});

async function df(engineVersion: string, options?: DfOptions): Promise<DfReport> {
  return measureDf(contextOf([store], { host, driverFor, engineVersion }), options);
}

async function dfStore(engineVersion: string, options?: DfOptions): Promise<DfStore> {
  const [only] = (await df(engineVersion, options)).stores;
  if (only === undefined) throw new Error('no store');
  return only;
}

describe('measureDf: images', () => {
  it.each([
    ['20.10', 1534],
    ['23.0', 1534],
    ['26.1', 1534],
    ['28.5', 1534],
    // LayersSize less the unique sizes of the unused: 1,734 - 0 - 4 - 500.
    ['29.0', 1230],
    ['29.3', 1230],
    ['29.4', 504],
    ['29.7', 504],
  ])('%s says %i can go; exactly 34 can', async (version, reclaimable) => {
    const { images, layersSize, differences } = await dfStore(version);
    expect(layersSize).toBe(1734);
    expect(images).toEqual({
      count: 4,
      active: 1,
      size: 1734,
      reclaimable,
      exactReclaimable: 34,
      exactReclaimableDisk: null,
    });
    expect(differences.find(({ group }) => group === 'images')?.bytes).toBe(34 - reclaimable);
  });

  it('says in words what the difference is made of', async () => {
    const { differences } = await dfStore('28.5');
    expect(differences.find(({ group }) => group === 'images')?.why).toBe(
      '1,000 bytes are layers of images in use, counted as reclaimable because several images share them; 500 bytes are layers of unused images that the build cache holds',
    );
  });
});

describe('measureDf: containers', () => {
  it('adds a failed one as -1, leaves an unlisted one out and lets only created, exited and dead ones go', async () => {
    const { containers, details } = await dfStore('28.5');
    // 100 + 3 + 40 - 1; not active: 3 + 40 - 1; exactly: 3.
    expect(containers).toMatchObject({
      count: 4,
      active: 1,
      size: 142,
      reclaimable: 42,
      exactReclaimable: 3,
    });
    expect(details.containers).toHaveLength(5);
  });

  it('explains the difference', async () => {
    const { differences } = await dfStore('28.5');
    expect(differences.find(({ group }) => group === 'containers')).toEqual({
      group: 'containers',
      bytes: -39,
      why: '1 being removed already, which the engine counts; 1 whose size the engine answers as -1, which it adds up as it is',
    });
  });
});

describe('measureDf: bounds', () => {
  it('calls the totals bounds where a part could not be measured', async () => {
    const one = storeOf({
      layers: [layer('a', null, 1000)],
      rwLayers: [rwLayer('1', 'a')],
      containers: [container('1')],
      cache: [cacheRecord('m', { bytes: null, driverId: 'build-m' as DriverId })],
    });
    const { complete, findings } = await measureDf(
      contextOf([one], {
        driverFor: driversOf({
          'mount-1 < mount-1-init': noAnswer('unknown', 'permission denied'),
          'build-m < ': noAnswer('unknown', 'permission denied'),
        }),
      }),
    );
    expect(complete).toBe(false);
    expect(findings.map(({ subject }) => subject)).toEqual(['c-1', 'm']);
    expect(findings.map(({ effects }) => effects.map(({ pointer, bound }) => `${pointer} ${bound}`))).toEqual(
      [
        [
          '/stores/0/details/containers/0/sizeRw unknown',
          '/stores/0/details/containers/0/sizeRootFs at-least',
          '/stores/0/containers/size at-least',
          '/stores/0/containers/reclaimable at-least',
          '/stores/0/containers/exactReclaimable at-least',
        ],
        [
          '/stores/0/details/buildCache/0/size unknown',
          '/stores/0/buildCache/size at-least',
          '/stores/0/buildCache/reclaimable at-least',
          '/stores/0/buildCache/exactReclaimable at-least',
        ],
      ],
    );
  });
});

describe('measureDf: volumes', () => {
  it.each([
    // data is referenced; free, kept (its container is not loaded) and lost (-1) are not.
    ['28.5', 1],
    ['29.0', 2],
  ])('%s: %i active', async (version, active) => {
    const { volumes, details } = await dfStore(version);
    expect(volumes).toEqual({
      count: 4,
      active,
      size: 5078,
      reclaimable: 78,
      exactReclaimable: 70,
      exactReclaimableDisk: 8192,
    });
    expect(details.volumes).toEqual([
      { name: 'data', size: 5000, refCount: 1 },
      { name: 'free', size: 70, refCount: 0 },
      { name: 'kept', size: 8, refCount: 0 },
      { name: 'lost', size: null, refCount: 0, engineAnswer: -1 },
    ]);
  });

  it('does not take our want of permission for the engine’s -1', async () => {
    const denied = walkOf(9, { failure: failure('EACCES', bytePath('/store/volumes/free/_data/x')) });
    const { stores, findings } = await measureDf(
      contextOf([storeOf({ volumes: [volume('free')] })], {
        host: hostOf({ walks: { '/store/volumes/free/_data': denied } }),
      }),
    );
    expect(stores[0]?.details.volumes).toEqual([
      { name: 'free', size: null, refCount: 0, engineAnswer: 'unknown' },
    ]);
    expect(findings).toMatchObject([
      {
        kind: 'unreadable',
        effects: [
          { pointer: '/stores/0/details/volumes/0/size', bound: 'unknown' },
          { pointer: '/stores/0/volumes/size', bound: 'at-least' },
          { pointer: '/stores/0/volumes/reclaimable', bound: 'at-least' },
          { pointer: '/stores/0/volumes/exactReclaimable', bound: 'at-least' },
        ],
      },
    ]);
  });
});

describe('measureDf: build cache', () => {
  it.each([
    ['20.10', 933],
    ['28.5', 933],
    ['29.0', 1433],
  ])('%s shows %i', async (version, size) => {
    const { buildCache } = await dfStore(version);
    // 11 in use, 22 and 900 (a blob of 100 in it) free; 500 shared with an image.
    expect(buildCache).toMatchObject({ count: 4, active: 1, size, reclaimable: 922, exactReclaimable: 922 });
  });

  it('measures a record whose size was never stored against its parent, and lists the newest first', async () => {
    const { details } = await dfStore('28.5');
    expect(details.buildCache.map(({ id, size }) => [id, size])).toEqual([
      ['n', 22],
      ['m', 11],
      ['o', 500],
      ['p', 900],
    ]);
  });
});

describe('measureDf: blocks', () => {
  it('walks what would go when it is asked to', async () => {
    const groups = await dfStore('28.5', { disk: true });
    // Each directory: one block of its own and one for its file. Missing directories free nothing.
    expect(groups.images.exactReclaimableDisk).toBe(2 * 8192);
    expect(groups.containers.exactReclaimableDisk).toBe(8192);
    expect(groups.buildCache.exactReclaimableDisk).toBe(8192);
  });
});
