import { describe, expect, it } from 'vitest';
import {
  container,
  contextOf,
  digestOf,
  hostOf,
  image,
  layer,
  rwLayer,
  storeOf,
} from '../../test/fixtures/store-double.ts';
import { measureImages } from './images.ts';

// base (1,000) <- child (777), built on a hidden intermediate image that holds base alone; other: base and 50 more.
const built = storeOf({
  layers: [layer('a', null, 1000), layer('b', 'a', 777), layer('c', 'a', 50)],
  images: [
    image('1', 'a'),
    image('2', 'b', { tags: ['child:1', 'child:2'], parent: digestOf('1'), created: '2024-05-01T00:00:00Z' }),
  ],
});

describe('measureImages', () => {
  it('counts hidden intermediate images as users of a layer since 23.0, not in 20.10', async () => {
    const rows = async (engineVersion: string): Promise<unknown> =>
      (await measureImages(contextOf([built], { engineVersion }))).images.map((row) => [
        row.names,
        row.size,
        row.sharedSize,
        row.uniqueSize,
      ]);
    expect(await rows('20.10')).toEqual([[['child:1', 'child:2'], 1777, 0, 1777]]);
    expect(await rows('23.0')).toEqual([[['child:1', 'child:2'], 1777, 1000, 777]]);
    expect(await rows('29.7')).toEqual([[['child:1', 'child:2'], 1777, 1000, 777]]);
  });

  it('lists hidden intermediate images only when asked, dangling and digest-only ones always', async () => {
    const store = storeOf({
      layers: [layer('a', null, 1000), layer('b', 'a', 777)],
      images: [
        image('1', 'a'),
        image('2', 'b', { parent: digestOf('1') }),
        image('3', null, { repoDigests: ['app@sha256:00'] }),
      ],
    });
    const ids = async (all: boolean): Promise<readonly string[]> =>
      (await measureImages(contextOf([store]), { all })).images.map((row) => row.id[7] ?? '');
    expect(await ids(false)).toEqual(['2', '3']);
    expect(await ids(true)).toEqual(['1', '2', '3']);
  });

  it('counts the containers that the engine loads, in any state', async () => {
    const store = storeOf({
      layers: [layer('a', null, 1000)],
      images: [image('1', 'a', { tags: ['app:1'] })],
      rwLayers: [rwLayer('1', 'a'), rwLayer('2', 'a')],
      containers: [
        container('1', { imageId: digestOf('1') }),
        container('2', { imageId: digestOf('1'), state: 'running' }),
        container('3', { imageId: digestOf('1') }),
      ],
    });
    const { images, complete } = await measureImages(contextOf([store]));
    expect(images.map((row) => row.containers)).toEqual([2]);
    expect(complete).toBe(true);
  });

  it('gives an image without layers its 0 bytes', async () => {
    const store = storeOf({ images: [image('1', null, { tags: ['empty:1'] })] });
    expect((await measureImages(contextOf([store]))).images).toMatchObject([{ size: 0, sharedSize: 0 }]);
  });

  it('finds images by reference, repository, ID prefix and digest', async () => {
    const store = storeOf({
      images: [
        image('1', null, { tags: ['app:1', 'app:latest'] }),
        image('2', null, { tags: ['app:2', 'localhost:5000/x/y:3'] }),
        image('f', null, { repoDigests: [`lib@${digestOf('9')}`] }),
      ],
    });
    const found = async (name: string): Promise<string> =>
      (await measureImages(contextOf([store]), { names: [name] })).images.map((row) => row.id[7]).join('');
    expect(await found('app')).toBe('12');
    expect(await found('app:2')).toBe('2');
    expect(await found('docker.io/library/app:2')).toBe('2');
    expect(await found('localhost:5000/x/y:3')).toBe('2');
    expect(await found('ffff')).toBe('f');
    expect(await found(`sha256:ffff`)).toBe('f');
    expect(await found(digestOf('f'))).toBe('f');
    expect(await found(`lib:7@${digestOf('9')}`)).toBe('f');
    await expect(found('apq:2')).rejects.toMatchObject({ code: 'NOT_FOUND', hint: 'Did you mean app:2?' });
  });

  it('never walks and never loads a driver', async () => {
    const host = hostOf();
    const walker = {
      directorySize: () => Promise.reject(new Error('walked')),
      compareTrees: () => Promise.reject(new Error('walked')),
    };
    const context = contextOf([built], {
      host: { ...host, walker },
      driverFor: () => {
        throw new Error('driver loaded');
      },
    });
    expect((await measureImages(context)).images).toHaveLength(1);
  });

  it('marks the list when records could not be read, not when the engine drops them too', async () => {
    const problem = { subject: 'x', message: 'y' };
    const unreadable = storeOf({ problems: [{ kind: 'unreadable', ...problem }] });
    const damaged = storeOf({ problems: [{ kind: 'damaged-record', ...problem }] });
    expect((await measureImages(contextOf([unreadable]))).findings).toEqual([
      { kind: 'unreadable', ...problem, effects: [{ pointer: '/images', bound: 'at-least' }] },
    ]);
    expect(await measureImages(contextOf([damaged]))).toMatchObject({
      complete: true,
      findings: [{ kind: 'damaged-record', effects: [] }],
    });
  });

  it('does not pretend to know a sum beyond 2^53', async () => {
    const store = storeOf({
      layers: [layer('a', null, Number.MAX_SAFE_INTEGER), layer('b', 'a', 1)],
      images: [image('1', 'b', { tags: ['forged:1'] })],
    });
    const { images, findings } = await measureImages(contextOf([store]));
    expect(images[0]?.size).toBe(Number.MAX_SAFE_INTEGER);
    expect(findings).toMatchObject([
      {
        kind: 'limit',
        subject: 'forged:1',
        effects: [{ pointer: '/images/0/size', bound: 'at-least' }, {}, {}],
      },
    ]);
  });

  it('orders by store, then newest first, then ID', async () => {
    const first = storeOf({ root: '/a', images: [image('2', null), image('1', null)] });
    const second = storeOf({ root: '/b', images: [image('3', null, { created: '2025-01-01T00:00:00Z' })] });
    const { images } = await measureImages(contextOf([second, first]));
    expect(images.map((row) => row.id[7])).toEqual(['1', '2', '3']);
  });
});
