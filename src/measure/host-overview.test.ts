import { expect, it } from 'vitest';
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
import { overview } from './host-overview.ts';

it('says what a store holds, what can go and which file system it is on', async () => {
  const store = storeOf({
    layers: [layer('a', null, 1000), layer('b', 'a', 200), layer('c', null, 77)],
    images: [image('1', 'a', { tags: ['used:1'] }), image('2', 'b', { tags: ['idle:1'] })],
    rwLayers: [rwLayer('1', 'a'), rwLayer('2', 'a')],
    containers: [
      container('1', { imageId: digestOf('1'), state: 'running' }),
      container('2', { imageId: digestOf('1') }),
    ],
    volumes: [volume('free')],
    cache: [cacheRecord('m', { bytes: 11, inUse: true }), cacheRecord('n', { bytes: 9 })],
  });
  const report = await overview(
    contextOf([store], {
      host: hostOf({
        walks: { '/store/volumes/free/_data': walkOf(70) },
        files: {
          '/proc/self/mountinfo': [
            '22 1 8:1 / / rw - ext4 /dev/root rw',
            '30 22 8:2 / /store rw,noatime shared:1 - xfs /dev/my\\040disk rw',
            '31 22 8:3 / /store-2 rw - xfs /dev/other rw',
          ].join('\n'),
        },
      }),
      driverFor: driversOf({
        'mount-1 < mount-1-init': sizeAnswer(100),
        'mount-2 < mount-2-init': sizeAnswer(3),
      }),
    }),
  );
  expect(report.fileSystems).toEqual([
    { mount: '/store', source: '/dev/my disk', totalBytes: 1000, freeBytes: 400 },
  ]);
  expect(report.stores).toEqual([
    {
      store: 'docker:/store#overlay2',
      driver: 'overlay2',
      images: 2,
      imagesSize: 1200,
      containers: 2,
      containersSize: 103,
      volumes: 1,
      volumesSize: 70,
      buildCacheSize: 20,
      hidden: [],
    },
  ]);
  expect(report.owners).toEqual([
    { what: 'images that stay: 1 in use, and what they share', bytes: 1000, canGo: 0 },
    { what: 'images that nothing uses: 1', bytes: 200, canGo: 200 },
    { what: 'what running containers wrote: 1', bytes: 100, canGo: 0 },
    { what: 'volumes that nothing refers to: 1', bytes: 70, canGo: 70 },
    { what: 'build cache: 2 records', bytes: 20, canGo: 9 },
    { what: 'what stopped containers wrote: 1', bytes: 3, canGo: 3 },
  ]);
  expect(report.complete).toBe(true);
});

it('answers with nothing where there is no store, and tells what was met on the way', async () => {
  const problem = { kind: 'not-listed', subject: 'DOCKER_HOST', message: 'is elsewhere' } as const;
  expect(await overview(contextOf([], { problems: [problem] }))).toMatchObject({
    stores: [],
    owners: [],
    complete: true,
    findings: [{ ...problem, effects: [] }],
  });
});

it('leaves out what the engine cannot size, and says that the total is a lower bound', async () => {
  const store = storeOf({
    layers: [layer('a', null, 1000)],
    images: [image('1', 'a', { tags: ['used:1'] })],
    rwLayers: [rwLayer('1', 'a'), rwLayer('2', 'a')],
    containers: [container('1', { imageId: digestOf('1') }), container('2', { imageId: digestOf('1') })],
  });
  const report = await overview(
    contextOf([store], {
      driverFor: driversOf({
        'mount-1 < mount-1-init': sizeAnswer(100),
        'mount-2 < mount-2-init': noAnswer('engine-fails', 'no lower'),
      }),
    }),
  );
  expect(report.stores).toMatchObject([{ containersSize: 100 }]);
  expect(report.complete).toBe(false);
  expect(report.findings).toMatchObject([
    { effects: [{ pointer: '/stores/0/containersSize', bound: 'at-least' }] },
  ]);
});
