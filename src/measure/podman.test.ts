import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { buildPodmanRoot } from '../../test/fixtures/podman-root.ts';
import type { PodmanLayer, PodmanRoot, PodmanRootOptions } from '../../test/fixtures/podman-root.ts';
import { createHost } from '../host/create-host.ts';
import type { Host } from '../host/host.ts';
import { bytePath } from '../model/bytes.ts';
import type { ContainerRow, DfStore, ImageRow } from '../model/reports.ts';
import { openPodmanStore } from '../stores/containers-storage/open-podman-store.ts';
import type { MeasureContext } from './context.ts';
import { FindingList } from './findings.ts';
import { openPodmanMeter } from './podman-meter.ts';

const host = createHost();
const made: PodmanRoot[] = [];
afterEach(() => made.splice(0).forEach((root) => root.remove()));

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);
const C = 'c'.repeat(64);
/** `base` holds 1,000 bytes in 300 of files, `top` 500 in 40. */
const LAYERS: readonly PodmanLayer[] = [
  { id: 'base', tarBytes: 1000, files: { big: 'x'.repeat(300) } },
  { id: 'top', parent: 'base', tarBytes: 500, files: { small: 'y'.repeat(40) } },
  { id: 'rw1', parent: 'top', files: { wrote: 'z'.repeat(7) } },
  { id: 'rw2', parent: 'base', files: { wrote: 'z'.repeat(5) } },
];
const STORE: PodmanRootOptions = {
  layers: LAYERS,
  images: [
    {
      id: A,
      names: ['localhost/base:1', 'localhost/base:2'],
      layer: 'base',
      diffIds: ['sha256:1'],
      history: ['FROM'],
    },
    { id: B, layer: 'top', diffIds: ['sha256:1', 'sha256:2'], history: ['FROM', 'RUN'] },
    {
      id: C,
      names: ['docker.io/library/last:1'],
      layer: 'top',
      diffIds: ['sha256:1', 'sha256:2'],
      history: ['FROM', 'RUN', 'ENV'],
    },
  ],
  containers: [
    {
      id: '1'.repeat(64),
      name: 'run',
      image: C,
      layer: 'rw1',
      state: 3,
      volumes: ['v'],
      userData: 11,
      runData: 13,
    },
    { id: '2'.repeat(64), name: 'old', image: C, layer: 'rw2', state: 6, volumes: ['v', 'v'] },
  ],
  volumes: { v: { a: 'abc' }, free: { b: 'defg' } },
};

interface Measured {
  readonly images: Readonly<Record<string, ImageRow>>;
  readonly listed: readonly string[];
  readonly containers: Readonly<Record<string, ContainerRow>>;
  readonly df: DfStore;
  readonly findings: ReturnType<FindingList['finish']>;
}

function build(options: PodmanRootOptions): PodmanRoot {
  const built = buildPodmanRoot(options);
  made.push(built);
  return built;
}

async function measure(
  built: PodmanRoot,
  engineVersion?: string,
  options: { readonly driver?: string; readonly withoutRunRoot?: boolean; readonly host?: Host } = {},
): Promise<Measured> {
  const { host: one = host } = options;
  const store = openPodmanStore(one, {
    root: bytePath(built.root),
    driver: options.driver,
    ...(options.withoutRunRoot === true ? {} : { runRoot: bytePath(built.runRoot) }),
  });
  const context: MeasureContext = {
    host: one,
    stores: [store],
    engineVersion,
    nativeDiff: 'on',
    askEngine: false,
  };
  const meter = await openPodmanMeter(context, store);
  const findings = new FindingList();
  const images = meter.images(findings, '/images');
  const rows: [string, ContainerRow][] = [];
  for (const one of meter.containers(findings, '/containers')) {
    const measured = await one.measure(findings, { done: 0, total: 1 });
    measured?.addFindings(findings, `/containers/${rows.length}`);
    if (measured !== undefined) rows.push([measured.row.name, measured.row]);
  }
  return {
    images: Object.fromEntries(images.all.map(({ row: { row } }) => [row.id.slice(7, 8), row])),
    listed: images.listed.map(({ row: { row } }) => row.id.slice(7, 8)),
    containers: Object.fromEntries(rows),
    df: await meter.df(findings, '/stores/0', true),
    findings: findings.finish(),
  };
}

/** Data items of each image: its configuration and a manifest of 100. */
function dataBytes(built: PodmanRoot, id: string): number {
  const name = `=${Buffer.from(`sha256:${id}`).toString('base64')}`;
  return fs.statSync(join(built.root, 'overlay-images', id, name)).size + 100;
}

describe('Podman', () => {
  it('has an image size of recorded tars and data items in every version', async () => {
    const built = build(STORE);
    for (const version of ['4.3', '4.4', '5.4', '5.8']) {
      const { images, listed } = await measure(built, version);
      expect(images['a']?.size).toBe(1000 + dataBytes(built, A));
      expect(images['c']).toMatchObject({ size: 1500 + dataBytes(built, C), containers: 2 });
      expect(images['a']?.names).toEqual(['localhost/base:1', 'localhost/base:2']);
      expect(images['a']?.repoDigests).toEqual([`localhost/base@sha256:${'d'.repeat(64)}`]);
      // B has no name, and C was made from it.
      expect(listed).toEqual(['a', 'c']);
    }
  });

  it.each([
    ['4.3', 7, 340, 5],
    ['4.5', 7, 340, 5],
    ['4.6', 31, 'sum', 5],
    ['5.8', 31, 'sum', 5],
  ])('%s measures containers by its rules', async (version, rw, rootFs, old) => {
    const built = build(STORE);
    const { containers, findings } = await measure(built, version);
    expect(containers['run']?.sizeRw).toBe(rw);
    expect(containers['run']?.sizeRootFs).toBe(rootFs === 'sum' ? 1500 + dataBytes(built, C) + rw : rootFs);
    expect(containers['old']).toMatchObject({
      sizeRw: old,
      state: 'exited',
      path: 'native',
      imageId: `sha256:${C}`,
    });
    expect(findings.complete).toBe(true);
  });

  it('4.3 adds up rows, one a name', async () => {
    const built = build(STORE);
    const { df } = await measure(built, '4.3');
    const [a, b, c] = [A, B, C].map((id) => dataBytes(built, id)) as [number, number, number];
    const size = 2 * (1000 + a) + (1500 + b) + (1500 + c);
    expect(df.images).toMatchObject({ count: 4, active: 1, size, reclaimable: size - 1500 - c });
    // Removing A and B frees no layer: C stands on all of them.
    expect(df.images.exactReclaimable).toBe(a + b);
    expect(df.containers).toMatchObject({
      count: 2,
      active: 1,
      size: 12,
      reclaimable: 5,
      exactReclaimable: 5,
    });
    expect(df.volumes).toMatchObject({ count: 2, active: 2, size: 7, reclaimable: 4, exactReclaimable: 4 });
  });

  it('4.4 to 5.4 take off layers seen before, and what is unique to images in use', async () => {
    const built = build(STORE);
    const [a, b, c] = [A, B, C].map((id) => dataBytes(built, id)) as [number, number, number];
    for (const version of ['4.4', '5.4']) {
      const { df, images } = await measure(built, version);
      const size = 1500 + a + b + c;
      // A is B's parent, B is C's: both share everything; C shares what B has.
      expect(images['b']).toMatchObject({ sharedSize: 1500 + b, uniqueSize: 0 });
      expect(images['c']).toMatchObject({ sharedSize: 1500 + b, uniqueSize: c - b });
      expect(df.images).toMatchObject({ count: 4, active: 1, size, reclaimable: size - (c - b) });
    }
  });

  it('5.5 counts every layer of the store, shared by use', async () => {
    const built = build(STORE);
    const [a, b, c] = [A, B, C].map((id) => dataBytes(built, id)) as [number, number, number];
    const { df, images } = await measure(built, '5.5');
    expect(images['a']).toMatchObject({ sharedSize: 1000, uniqueSize: a });
    expect(images['c']).toMatchObject({ sharedSize: 1500, uniqueSize: c });
    expect(df.images).toMatchObject({ size: 1500 + a + b + c, reclaimable: 1500 + a + b });
  });

  it('counts every name in a volume up to 4.5, every inode since', async () => {
    const built = build(STORE);
    const data = join(built.root, 'volumes/v/_data');
    fs.linkSync(join(data, 'a'), join(data, 'again'));
    expect((await measure(built, '4.5')).df.volumes.size).toBe(10);
    expect((await measure(built, '4.6')).df.volumes.size).toBe(7);
  });

  it('counts a paused container as reclaimable', async () => {
    const built = build({
      ...STORE,
      containers: [{ id: '1'.repeat(64), name: 'p', image: C, layer: 'rw1', state: 5 }],
    });
    const { df } = await measure(built, '5.8');
    expect(df.containers).toMatchObject({ active: 0, size: 7, reclaimable: 7, exactReclaimable: 0 });
    expect(df.differences).toMatchObject([{ group: 'images' }, { group: 'containers', bytes: -7 }]);
  });
});

describe('the version', () => {
  it.each([
    [{}, '4.3', 'store'],
    [{ label_nested: false }, '4.5', 'store'],
    [{ readWriteTmpfs: true }, '5.2', 'store'],
    [{ use_image_hosts: true }, '5.4', 'store'],
    [{ defaultPause: true }, '5.8', 'newest'],
  ])('of a store whose last container has %j', async (config, version, from) => {
    const container = { id: '1'.repeat(64), name: 'x', image: C, layer: 'rw1', config };
    const store = openPodmanStore(host, {
      root: bytePath(build({ ...STORE, containers: [container] }).root),
    });
    const { used } = await openPodmanMeter({ host, stores: [store], askEngine: false }, store);
    expect(used).toMatchObject({ engineVersion: version, engineVersionFrom: from });
  });

  it('that is none is refused', async () => {
    await expect(measure(build(STORE), 'newest')).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('layers', () => {
  it('without a recorded size are measured, as a partial pull leaves them', async () => {
    const layers = LAYERS.map((layer) =>
      layer.id === 'top'
        ? { ...layer, tarBytes: undefined, record: { 'toc-digest': 'sha256:t', 'diff-size': -1 } }
        : layer,
    ) as readonly PodmanLayer[];
    const built = build({ ...STORE, layers });
    const { images, df, findings } = await measure(built, '5.8');
    expect(images['c']?.size).toBe(1040 + dataBytes(built, C));
    expect(df.images.size).toBe(1040 + [A, B, C].reduce((total, id) => total + dataBytes(built, id), 0));
    expect(findings.complete).toBe(true);
  });

  it('that are missing make lower bounds', async () => {
    const built = build({ ...STORE, layers: LAYERS.filter(({ id }) => id !== 'base') });
    const { findings, images } = await measure(built, '5.8');
    expect(images['a']?.size).toBe(dataBytes(built, A));
    expect(findings.complete).toBe(false);
    expect(findings.findings).toContainEqual(
      expect.objectContaining({ kind: 'missing-record', subject: A, effects: expect.arrayContaining([]) }),
    );
  });

  it('of a container whose parent is another are compared as merged trees', async () => {
    const layers = LAYERS.map((layer) => (layer.id === 'rw2' ? { ...layer, parent: 'top' } : layer));
    const built = build({ ...STORE, layers });
    fs.writeFileSync(join(built.root, 'overlay/rw2/lower'), 'l/Lbase');
    const { containers } = await measure(built, '5.8');
    expect(containers['old']).toMatchObject({ path: 'naive', sizeRw: 5 });
  });

  it('of merged trees differ by attributes of users, and by link targets since 5.4', async () => {
    const files = { big: 'x'.repeat(300) };
    const layers = [
      { id: 'base', tarBytes: 1000, files },
      { id: 'other', parent: 'base', tarBytes: 1 },
      { id: 'rw', parent: 'other', files },
    ];
    const container = { id: '1'.repeat(64), name: 'x', image: A, layer: 'rw' };
    const built = build({ layers, images: [{ id: A, layer: 'other' }], containers: [container] });
    fs.writeFileSync(join(built.root, 'overlay/rw/lower'), 'l/Lbase');
    for (const layer of ['base', 'rw']) {
      const diff = join(built.root, 'overlay', layer, 'diff');
      fs.symlinkSync(layer === 'rw' ? 'away' : 'here', join(diff, 'link'));
      for (const name of ['link', 'big']) fs.lutimesSync(join(diff, name), 1000, 1000);
    }
    const sizes = async (version: string, attributes: string): Promise<unknown> => {
      const userAttributes = (path: string): string => (path.includes('/rw/') ? attributes : '');
      const one: Host = { ...host, fs: { ...host.fs, userAttributes } };
      return (await measure(built, version, { host: one })).containers['x']?.sizeRw;
    };
    expect(await sizes('5.2', '')).toBe(0);
    expect(await sizes('5.2', 'user.a')).toBe(300);
    expect(await sizes('5.4', '')).toBe(4);
  });

  it('whose links were lost are still those of their parents', async () => {
    const built = build(STORE);
    fs.rmSync(join(built.root, 'overlay/l'), { recursive: true });
    const { containers } = await measure(built, '5.8');
    expect(containers['old']).toMatchObject({ path: 'native', sizeRw: 5 });
  });

  it('of vfs are whole trees: what the parent has too counts nothing', async () => {
    const files = { big: 'x'.repeat(300) };
    const layers = [
      { id: 'base', tarBytes: 1000, files },
      { id: 'rw', parent: 'base', files: { ...files, wrote: 'zz' } },
    ];
    const container = { id: '1'.repeat(64), name: 'x', image: A, layer: 'rw' };
    const image = { id: A, layer: 'base' };
    const built = build({ driver: 'vfs', layers, images: [image], containers: [container] });
    const big = fs.statSync(join(built.root, 'vfs/dir/base/big'));
    fs.utimesSync(join(built.root, 'vfs/dir/rw/big'), big.atime, big.mtime);
    fs.utimesSync(join(built.root, 'vfs/dir/base/big'), big.atime, big.mtime);
    const { containers } = await measure(built, '4.3', { driver: 'vfs' });
    expect(containers['x']).toMatchObject({ path: 'naive', sizeRw: 2, sizeRootFs: 300 });
  });
});

describe('containers', () => {
  it('of Buildah count as users, but are not listed', async () => {
    const external = { id: '3'.repeat(64), name: 'work', image: A, layer: 'rw2', isExternal: true };
    const { images, containers, findings } = await measure(
      build({ ...STORE, containers: [external] }),
      '5.8',
    );
    expect(images['a']?.containers).toBe(1);
    expect(containers).toEqual({});
    expect(findings.findings).toMatchObject([{ kind: 'not-listed', message: /--external/ }]);
  });

  it('without a layer are an error of the engine', async () => {
    const lost = { id: '1'.repeat(64), name: 'x', image: C, layer: 'nowhere' };
    const { containers, findings } = await measure(build({ ...STORE, containers: [lost] }), '5.8');
    expect(containers['x']).toMatchObject({ sizeRw: null, sizeRootFs: null, engineAnswer: 'error' });
    expect(findings.findings).toContainEqual(
      expect.objectContaining({ kind: 'missing-record', subject: 'x' }),
    );
  });

  it('whose run root is not known have lower bounds', async () => {
    const { containers, findings } = await measure(build(STORE), '5.8', { withoutRunRoot: true });
    expect(containers['run']?.sizeRw).toBe(18);
    expect(findings.findings.flatMap(({ effects }) => effects)).toContainEqual({
      pointer: '/containers/0/sizeRw',
      bound: 'at-least',
    });
  });

  it('on a directory of their own are not followed out of the store', async () => {
    const own = { id: '1'.repeat(64), name: 'x', image: '', layer: 'rw1', config: { rootfs: '/etc' } };
    const { containers } = await measure(build({ ...STORE, containers: [own] }), '5.8');
    expect(containers['x']).toMatchObject({ sizeRw: null, sizeRootFs: 0, engineAnswer: 'unknown' });
  });

  it('of CRI-O are listed without a database', async () => {
    const metadata = '{"image-name":"registry/app:1","name":"k8s_app"}';
    const container = { id: '1'.repeat(64), name: 'k8s_app', image: C, layer: 'rw1', record: { metadata } };
    const { containers } = await measure(
      build({ ...STORE, containers: [container], database: 'none' }),
      '5.8',
    );
    expect(containers['k8s_app']).toMatchObject({ image: 'registry/app:1', state: 'unknown', sizeRw: 7 });
  });
});
