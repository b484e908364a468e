import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContainerdFixture } from '../../../test/fixtures/containerd-root.ts';
import type { FixtureManifest } from '../../../test/fixtures/containerd-root.ts';
import { createHost } from '../../host/create-host.ts';
import type { Host } from '../../host/host.ts';
import { openContainerd } from '../../stores/containerd/open-containerd.ts';
import { measureContainers } from '../containers.ts';
import type { MeasureContext } from '../context.ts';
import { measureDf } from '../df.ts';
import { explain } from '../explain.ts';
import { overview } from '../host-overview.ts';
import { measureImages } from '../images.ts';
import { namesIn } from '../names.ts';

const real = createHost();
const host: Host = { ...real, facts: { ...real.facts, architecture: 'arm64' } };
let fixture: ContainerdFixture;
beforeEach(() => {
  fixture = new ContainerdFixture();
});
afterEach(() => fixture.remove());
afterAll(() => real.close());

function context(): MeasureContext {
  return { host, stores: openContainerd(host, { root: fixture.write().root }), askEngine: false };
}

function unpack(name: string, { chainIds }: FixtureManifest): void {
  chainIds.forEach((key, index) => {
    fixture
      .namespace(name)
      .snapshot(key, { kind: 'committed', parent: chainIds[index - 1] ?? '', bytes: 4096 });
  });
}

const APP = 'docker.io/library/app:1';

describe('images of a namespace', () => {
  it('are listed by name, with what descriptors say of the one platform that this host prefers', async () => {
    const one = fixture.namespace('one');
    const amd = one.manifest({ layers: ['amd-layer'], platform: { os: 'linux', architecture: 'amd64' } });
    const arm = one.manifest({
      layers: ['arm', 'twice', 'twice'],
      platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
    });
    const index = one.index([amd.descriptor, arm.descriptor]);
    one.image(APP, index);
    one.image('app-again', index);
    const report = await measureImages(context());
    expect(report.images.map(({ names }) => names)).toEqual([['app-again'], [APP]]);
    const [first] = report.images;
    const steps = (await explain(context(), APP)).figures[0]?.steps ?? [];
    // Index, manifest, configuration, and a layer as often as it is named.
    expect(steps.map(({ bytes }) => bytes).slice(-3)).toEqual([3, 5, 5]);
    expect(first?.size).toBe(steps.reduce((sum, { bytes = 0 }) => sum + bytes, 0));
    // Two names of one image share nothing with another one.
    expect(first).toMatchObject({ id: index.digest, sharedSize: 0, containers: 0 });
  });

  it('without a manifest for this platform have the size that ctr prints beside its error', async () => {
    const one = fixture.namespace('one');
    const amd = one.manifest({ layers: ['x'], platform: { os: 'linux', architecture: 'amd64' } });
    const index = one.index([amd.descriptor]);
    one.image(APP, index);
    const report = await measureImages(context());
    expect(report.images[0]?.size).toBe(index.size);
    expect(report.findings).toMatchObject([{ kind: 'engine-fails', effects: [] }]);
  });

  it('share blobs, each once, and are found by their familiar names', async () => {
    const one = fixture.namespace('one');
    const a = one.manifest({ layers: ['base', 'a'] });
    const b = one.manifest({ layers: ['base', 'b'] });
    one.image(APP, a.descriptor);
    one.image('docker.io/library/b:latest', b.descriptor);
    const all = await measureImages(context());
    expect(all.images.map(({ sharedSize }) => sharedSize)).toEqual([4, 4]);
    expect((await measureImages(context(), { names: ['b'] })).images).toMatchObject([
      { id: b.descriptor.digest },
    ]);
    expect((await explain(context(), 'app:1')).subject).toMatchObject({ kind: 'image', name: APP });
    expect((await namesIn(context()))[0]?.names).toContain(APP);
  });
});

describe('containers of a namespace', () => {
  it('have their snapshot and all below it', async () => {
    const one = fixture.namespace('one');
    const made = one.manifest({ layers: ['base', 'top'] });
    one.image(APP, made.descriptor);
    unpack('one', made);
    one.container('c1', APP, 'overlayfs', 'rw');
    one.snapshot('rw', { kind: 'active', parent: made.chainIds[1] ?? '', files: { file: 5000 } });
    one.container('c2', APP, 'overlayfs', '');
    one.container('c3', APP, 'overlayfs', 'gone');
    const report = await measureContainers(context());
    const path = fixture.snapshotPath('overlayfs', 3, 'active');
    const rw = ['', 'file'].reduce((sum, name) => sum + fs.lstatSync(join(path, name)).blocks * 512, 0);
    expect(report.containers).toMatchObject([
      { id: 'c1', image: APP, imageId: made.descriptor.digest, sizeRw: rw, sizeRootFs: rw + 8192 },
      { id: 'c2', sizeRw: null, engineAnswer: 'error' },
      { id: 'c3', sizeRw: null, engineAnswer: 'error' },
    ]);
    expect(report.complete).toBe(false);
    const { figures } = await explain(context(), 'container:c1');
    for (const { bytes, steps } of figures) {
      expect(steps.reduce((sum, step) => sum + (step.bytes ?? 0), 0)).toBe(bytes);
    }
    expect((await explain(context(), 'c3')).figures[0]).toMatchObject({ bytes: null });
  });
});

describe('a namespace in all', () => {
  it('is its blobs and snapshots, and what its images would free', async () => {
    const one = fixture.namespace('one');
    const used = one.manifest({ layers: ['base', 'used'] });
    const unused = one.manifest({ layers: ['base', 'unused'] });
    one.image(APP, used.descriptor);
    one.image('docker.io/library/unused:1', unused.descriptor);
    unpack('one', used);
    one.snapshot(unused.chainIds[1] ?? '', {
      kind: 'committed',
      parent: unused.chainIds[0] ?? '',
      bytes: 100,
    });
    one.container('c1', APP, 'overlayfs', 'rw');
    one.snapshot('rw', { kind: 'active', parent: used.chainIds[1] ?? '', files: {} });
    const { stores, complete } = await measureDf(context(), { disk: true });
    const blobs = fs
      .readdirSync(fixture.blobs)
      .reduce((sum, name) => sum + fs.statSync(join(fixture.blobs, name)).size, 0);
    expect(complete).toBe(true);
    expect(stores[0]?.images).toMatchObject({ count: 2, active: 1, size: blobs + 8192 + 100 });
    const own = 'unused'.length + unused.descriptor.size;
    expect(stores[0]?.images.exactReclaimable).toBeGreaterThan(100 + own);
    expect(stores[0]?.images.exactReclaimableDisk).toBeGreaterThan(0);
    const { figures } = await explain(context(), 'df');
    for (const { bytes, steps } of figures) {
      expect(steps.reduce((sum, step) => sum + (step.bytes ?? 0), 0)).toBe(bytes);
    }
    expect((await overview(context())).stores).toMatchObject([{ images: 2, containers: 1, volumes: 0 }]);
  });
});
