import { describe, expect, it } from 'vitest';
import {
  container,
  containerId,
  contextOf,
  driversOf,
  hostOf,
  layer,
  noAnswer,
  rwLayer,
  sizeAnswer,
  storeOf,
} from '../../test/fixtures/store-double.ts';
import { measureContainers } from './containers.ts';
import type { Progress } from './context.ts';

const layers = [layer('a', null, 100)];
const store = storeOf({
  layers,
  rwLayers: ['1', '2', '3', '4'].map((letter) => rwLayer(letter, 'a')),
  containers: [
    container('1', { name: 'old', created: '2024-01-01T00:00:00.5Z' }),
    container('2', { name: 'failed', created: '2024-01-01T00:00:00.500000001Z' }),
    container('3', { name: 'denied', created: '2024-01-02T00:00:00+02:00' }),
    container('4', { name: 'young', state: 'running', created: '2024-03-01T00:00:00Z' }),
    container('5', { name: 'gone', created: null }),
    container('6', { name: 'foreign', driver: 'vfs' }),
  ],
});
const context = contextOf([store], {
  driverFor: driversOf({
    'mount-1 < mount-1-init': sizeAnswer(7),
    'mount-2 < mount-2-init': noAnswer('engine-fails', 'no lower'),
    'mount-3 < mount-3-init': noAnswer('unknown', 'permission denied'),
    'mount-4 < mount-4-init': sizeAnswer(30),
  }),
});

describe('measureContainers', () => {
  it('lists the newest first with the engine’s numbers and says where there is none', async () => {
    const { containers } = await measureContainers(context);
    expect(
      containers.map((row) => [row.name, row.sizeRw, row.sizeRootFs, row.engineAnswer, row.path]),
    ).toEqual([
      ['young', 30, 130, undefined, 'native'],
      ['denied', null, 100, 'unknown', 'native'],
      ['failed', null, 100, -1, 'native'],
      ['old', 7, 107, undefined, 'native'],
      ['gone', null, null, 'not listed', 'none'],
    ]);
  });

  it('names each number that is no exact size', async () => {
    const { complete, findings } = await measureContainers(context);
    expect(complete).toBe(false);
    expect(findings.map(({ kind, subject, effects }) => [kind, subject, effects])).toEqual([
      ['hidden-store', 'docker:/store#overlay2', []],
      [
        'unreadable',
        'denied',
        [
          { pointer: '/containers/1/sizeRw', bound: 'unknown' },
          { pointer: '/containers/1/sizeRootFs', bound: 'at-least' },
        ],
      ],
      ['engine-fails', 'failed', [{ pointer: '/containers/2/sizeRw', bound: 'unknown' }]],
      [
        'not-listed',
        'gone',
        [
          { pointer: '/containers/4/sizeRw', bound: 'unknown' },
          { pointer: '/containers/4/sizeRootFs', bound: 'unknown' },
        ],
      ],
    ]);
  });

  it('finds a container by full ID, name and ID prefix, in that order', async () => {
    const named = storeOf({
      layers,
      rwLayers: [rwLayer('1', 'a'), rwLayer('2', 'a')],
      containers: [container('1', { name: '2222' }), container('2', { name: 'b' })],
    });
    const namedContext = contextOf([named]);
    const ids = async (word: string): Promise<readonly string[]> =>
      (await measureContainers(namedContext, { names: [word] })).containers.map((row) => row.id);
    expect(await ids('2222')).toEqual([containerId('1')]);
    expect(await ids('222')).toEqual([containerId('2')]);
    expect(await ids('/b')).toEqual([containerId('2')]);
    expect(await ids(containerId('1'))).toEqual([containerId('1')]);
  });

  it('refuses a name that no store holds and suggests one that is close', async () => {
    await expect(measureContainers(context, { names: ['yung'] })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'Did you mean young?',
    });
  });

  it('refuses a prefix of several', async () => {
    const two = storeOf({
      containers: [container('1'), container('1', { id: `1${'2'.repeat(63)}` as never, name: 'x' })],
    });
    await expect(measureContainers(contextOf([two]), { names: ['1'] })).rejects.toMatchObject({
      code: 'AMBIGUOUS',
    });
  });

  it('leaves out what was removed while it was measured', async () => {
    const { complete, containers, findings } = await measureContainers(
      { ...context, host: hostOf({ removed: [containerId('4'), containerId('1')] }) },
      { names: ['young', 'old', '111'] },
    );
    expect(containers).toEqual([]);
    expect(complete).toBe(true);
    expect(findings.map(({ kind, subject }) => [kind, subject])).toEqual([
      ['hidden-store', 'docker:/store#overlay2'],
      ['changed-while-reading', 'old'],
      ['changed-while-reading', 'young'],
    ]);
  });

  it('does not take a driver that it cannot read for an empty container', async () => {
    const unread = {
      ...storeOf({
        layers,
        rwLayers: [rwLayer('1', 'a')],
        containers: [container('1', { driver: 'devicemapper' })],
      }),
      driver: 'devicemapper',
    } as const;
    const report = await measureContainers(contextOf([unread], { driverFor: undefined }));
    expect(report.containers).toMatchObject([
      { sizeRw: null, sizeRootFs: 100, path: 'unsupported', engineAnswer: 'unknown' },
    ]);
    expect(report.findings).toMatchObject([
      {
        kind: 'unsupported-driver',
        effects: [
          { pointer: '/containers/0/sizeRw', bound: 'unknown' },
          { pointer: '/containers/0/sizeRootFs', bound: 'at-least' },
        ],
      },
    ]);
  });

  it('tells how far it is', async () => {
    const seen: Progress[] = [];
    await measureContainers({ ...context, onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ what, done, total }) => [what, done, total])).toEqual([
      ['old', 0, 5],
      ['failed', 1, 5],
      ['denied', 2, 5],
      ['young', 3, 5],
      ['gone', 4, 5],
    ]);
  });

  it('says which rules were used', async () => {
    expect((await measureContainers(context)).rules).toEqual([
      {
        store: 'docker:/store#overlay2',
        driver: 'overlay2',
        engineVersion: '28.5',
        engineVersionFrom: 'option',
        nativeDiff: true,
        nativeDiffFrom: 'host',
      },
    ]);
  });
});
