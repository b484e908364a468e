import { describe, expect, it } from 'vitest';
import {
  container,
  containerId,
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
  tallyPart,
  volume,
  walkOf,
} from '../../test/fixtures/store-double.ts';
import type { DiffSize } from '../drivers/driver.ts';
import { bytePath } from '../model/bytes.ts';
import type { ExplainReport } from '../model/reports.ts';
import { explain } from './explain.ts';

const layers = [layer('a', null, 1000), layer('b', 'a', 200), layer('c', 'b', 0)];
const history = [
  { created: null, createdBy: '/bin/sh -c #(nop) ADD file:x in / ', comment: '', emptyLayer: false },
  { created: null, createdBy: '/bin/sh -c #(nop)  CMD ["sh"]', comment: '', emptyLayer: true },
  {
    created: null,
    createdBy: 'RUN /bin/sh -c make # buildkit',
    comment: 'buildkit.dockerfile.v0',
    emptyLayer: false,
  },
];
const images = [
  image('1', 'c', {
    tags: ['app:1'],
    diffIds: [digestOf('a'), digestOf('b'), digestOf('c')],
    history,
  }),
  image('2', 'a', { tags: ['base:1'] }),
  image('3', 'b', { tags: ['api:latest'], history: [...history, ...history] }),
];
const store = storeOf({
  layers,
  images,
  rwLayers: [rwLayer('1', 'c'), rwLayer('2', 'c')],
  containers: [
    container('1', { name: 'api', imageId: digestOf('1'), imageName: 'app:1' }),
    container('2', { name: 'broken' }),
    container('3', { name: 'gone' }),
  ],
});

function explained(target: string, api: DiffSize = sizeAnswer(70)): Promise<ExplainReport> {
  return explain(
    contextOf([store], {
      driverFor: driversOf({
        'mount-1 < mount-1-init': api,
        'mount-2 < mount-2-init': noAnswer('engine-fails', 'its `lower` file is empty'),
      }),
      host: hostOf({ walks: { '/store/overlay2/mount-1/diff': walkOf(5000) } }),
    }),
    target,
  );
}

/** The rule of every report: a figure's steps sum to it, a comparison's items to its difference. */
function expectToAddUp(report: ExplainReport): void {
  for (const { name, bytes, steps, compare } of report.figures) {
    if (bytes === null) continue;
    const total = steps.reduce((sum, step) => sum + (step.bytes ?? 0), 0);
    expect([name, total]).toEqual([name, bytes]);
    for (const comparison of compare) {
      const difference = comparison.items.reduce((sum, item) => sum + item.bytes, 0);
      expect([comparison.with, difference]).toEqual([comparison.with, comparison.bytes - bytes]);
    }
  }
}

describe('explain a container', () => {
  it('comes before an image of that name; a prefix forces either', async () => {
    expect((await explained('api')).subject).toMatchObject({ kind: 'container', id: containerId('1') });
    expect((await explained('image:api')).subject).toMatchObject({ kind: 'image', id: digestOf('3') });
    expect((await explained('container:api')).subject.kind).toBe('container');
    await expect(explained('container:app')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('adds up the steps and the comparison with du of a native walk', async () => {
    const native = walkOf(70, {
      files: tallyPart(2, 60, 8192),
      symlinks: tallyPart(1, 10, 0),
      diskBytes: 8192 + 4096,
    });
    const directory = bytePath('/store/overlay2/mount-1/diff');
    const report = await explained('api', sizeAnswer(70, { directory, native }));
    expectToAddUp(report);
    expect(report.figures.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['sizeRw', 70],
      ['sizeRootFs', 1270],
    ]);
    // du: 12,288 bytes, 12,218 more than 70.
    expect(report.figures[0]?.compare).toEqual([
      {
        with: 'du of /store/overlay2/mount-1/diff',
        bytes: 12_288,
        items: [
          { why: 'directories: their own blocks, which the engine never counts', bytes: 4096 },
          { why: 'files: rounded up to whole blocks', bytes: 8132 },
          { why: 'symlinks: kept in their inodes, without blocks', bytes: -10 },
        ],
      },
    ]);
  });

  it('walks the directory of a naive answer itself and names the copies that were found equal', async () => {
    const naive = {
      changedBytes: 70,
      added: { files: 1, bytes: 70 },
      modified: { files: 0, bytes: 0 },
      deleted: 0,
      hardLinkNames: { names: 0, bytes: 0 },
      unchanged: { files: 2, bytes: 4930 },
      entries: 3,
    };
    const directory = bytePath('/store/overlay2/mount-1/diff');
    const report = await explained('api', sizeAnswer(70, { path: 'naive', directory, naive }));
    expectToAddUp(report);
    // du: 5,000 bytes of files in 8,192 of blocks and a directory of 4,096; the image has 4,930 of them.
    expect(report.figures[0]?.compare[0]?.items).toEqual([
      { why: 'directories: their own blocks, which the engine never counts', bytes: 4096 },
      { why: 'files: rounded up to whole blocks', bytes: 3192 },
      { why: "2 copies found equal to the image's, which the engine does not count", bytes: 4930 },
    ]);
  });

  it('says of a failed one why the engine answers -1', async () => {
    const report = await explained('broken');
    expect(report.figures.map(({ bytes }) => bytes)).toEqual([null, 1200]);
    expect(report.figures[0]?.steps.at(-1)?.text).toBe('the engine answers -1: its `lower` file is empty');
    expect(report.figures[0]?.steps.every((step) => step.bytes === undefined)).toBe(true);
    expect(report.complete).toBe(false);
    expectToAddUp(report);
  });

  it('says of one without a mount record that no engine lists it', async () => {
    const report = await explained('gone');
    expect(report.figures.map(({ bytes }) => bytes)).toEqual([null, null]);
    expect(report.findings.map(({ kind, effects }) => [kind, effects.length])).toEqual([['not-listed', 2]]);
  });
});

describe('explain an image', () => {
  it('adds up size, shared and unique part by layer, base first', async () => {
    const report = await explained('image:app:1');
    expectToAddUp(report);
    expect(report.figures.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['size', 1200],
      ['sharedSize', 1200],
      ['uniqueSize', 0],
      ['history', 1200],
    ]);
    expect(report.figures[0]?.steps.map(({ text }) => text)).toEqual([
      'layer 1, a walk of its directory after unpacking: ADD file:x in /',
      'layer 2, the sum of its tar headers, by BuildKit: RUN make',
      'layer 3, a walk of its directory after unpacking',
    ]);
    expect(report.figures[1]?.steps.slice(1).map(({ text }) => text)).toEqual([
      'layer 1, shared with base:1, api:latest',
      'layer 2, shared with api:latest',
    ]);
  });

  it('gives the history newest first and says which layers it leaves out', async () => {
    const report = await explained('image:app:1');
    expect(report.figures[3]?.steps.map(({ bytes, text }) => [bytes, text])).toEqual([
      [200, 'RUN make'],
      [0, 'CMD ["sh"] (no layer)'],
      [1000, 'ADD file:x in /'],
      [undefined, '1 of its layers are in no history entry and in no line of docker history'],
    ]);
  });

  it('has no history where the engine has none', async () => {
    const report = await explained('image:api');
    expect(report.figures[3]?.bytes).toBeNull();
    expect(report.findings).toMatchObject([
      { kind: 'engine-fails', effects: [{ pointer: '/figures/3/bytes', bound: 'unknown' }] },
    ]);
  });
});

describe('explain df', () => {
  it.each(['20.10', '28.5', '29.0', '29.4'])('adds up by the rules of %s', async (engineVersion) => {
    const whole = storeOf({
      layers: [...layers, layer('d', 'a', 33)],
      images: [...images, image('4', 'd', { tags: ['idle:1'] })],
      rwLayers: [rwLayer('1', 'c'), rwLayer('2', 'c')],
      containers: [
        container('1', { imageId: digestOf('1'), state: 'running' }),
        container('2', { imageId: digestOf('1'), name: 'broken' }),
      ],
      volumes: [volume('data'), volume('lost')],
    });
    const report = await explain(
      contextOf([whole], {
        engineVersion,
        driverFor: driversOf({
          'mount-1 < mount-1-init': sizeAnswer(70),
          'mount-2 < mount-2-init': noAnswer('engine-fails', 'no lower'),
        }),
        host: hostOf({ walks: { '/store/volumes/data/_data': walkOf(5000) } }),
      }),
      'df',
    );
    expectToAddUp(report);
    expect(report.figures.map(({ name }) => name)).toEqual([
      'images size',
      'images reclaimable',
      'containers size',
      'containers reclaimable',
      'volumes size',
      'volumes reclaimable',
      'build cache size',
      'build cache reclaimable',
    ]);
    // 70 and the engine's -1; 5,000 and nothing for the volume that is lost.
    expect(report.figures[2]?.bytes).toBe(69);
    expect(report.figures[4]?.bytes).toBe(5000);
  });

  it('names the store of each figure where there are several', async () => {
    const other = storeOf({ root: '/other' });
    const report = await explain(contextOf([store, other]), 'df');
    expect(report.figures).toHaveLength(16);
    expect(report.figures[0]?.name).toBe('docker:/other#overlay2 images size');
    expect(report.subject.store).toBe('2 stores');
  });
});

it('refuses a name that is in several stores and tells how to choose', async () => {
  const twin = storeOf({ root: '/twin', images: [image('1', null, { tags: ['app:1'] })] });
  await expect(explain(contextOf([store, twin]), 'app:1')).rejects.toMatchObject({
    code: 'AMBIGUOUS',
    hint: 'Name one of them: --store docker:/store,driver=overlay2 --store docker:/twin,driver=overlay2',
  });
});
