import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FixtureDescriptor, FixtureManifest } from '../../../test/fixtures/containerd-root.ts';
import { DockerContainerdFixture } from '../../../test/fixtures/docker-containerd.ts';
import { createHost } from '../../host/create-host.ts';
import type { Host } from '../../host/host.ts';
import { bytePath } from '../../model/bytes.ts';
import { openDockerContainerd } from '../../stores/containerd/open-docker.ts';
import { measureContainers } from '../containers.ts';
import type { MeasureContext } from '../context.ts';
import { measureDf } from '../df.ts';
import { explain } from '../explain.ts';
import { overview } from '../host-overview.ts';
import { measureImages } from '../images.ts';

const real = createHost();
const host: Host = { ...real, facts: { ...real.facts, architecture: 'amd64' } };
const AMD = { os: 'linux', architecture: 'amd64' };
const ARM = { os: 'linux', architecture: 'arm64' };
const C1 = 'c'.repeat(64);
const C2 = 'd'.repeat(64);
let docker: DockerContainerdFixture;
beforeEach(() => {
  docker = new DockerContainerdFixture();
});
afterEach(() => docker.remove());
afterAll(() => real.close());

function context(engineVersion = '28.5.2'): MeasureContext {
  const store = openDockerContainerd(host, { root: bytePath(docker.write().path) });
  return { host, stores: [store], askEngine: false, engineVersion };
}

/** Records the snapshots of a manifest, base first. */
function unpack({ chainIds }: FixtureManifest, bytes: readonly number[]): void {
  chainIds.forEach((key, index) =>
    docker.moby.snapshot(key, {
      kind: 'committed',
      parent: chainIds[index - 1] ?? '',
      bytes: bytes[index] ?? 0,
    }),
  );
}

/** Bytes of a manifest with all its blobs. */
function contentOf({ descriptor }: { readonly descriptor: FixtureDescriptor }): number {
  const document = JSON.parse(
    fs.readFileSync(join(docker.containerd.blobs, descriptor.digest.slice(7)), 'utf8'),
  ) as { readonly config: FixtureDescriptor; readonly layers: readonly FixtureDescriptor[] };
  return [document.config, ...document.layers].reduce((sum, { size }) => sum + size, descriptor.size);
}

const NAME = 'docker.io/library/app:1';

describe('images', () => {
  it('have the packed content that is there and the snapshots, and the index itself is not counted', async () => {
    const amd = docker.moby.manifest({ layers: ['base', 'amd'], platform: AMD });
    const arm = docker.moby.manifest({ layers: ['base', 'arm'], platform: ARM });
    const attestation = docker.moby.attestation(amd.descriptor.digest);
    const index = docker.moby.index([amd.descriptor, arm.descriptor, attestation]);
    docker.moby.image(NAME, index);
    docker.moby.image('docker.io/me/other:2', index);
    unpack(amd, [4096, 8192]);
    const report = await measureImages(context());
    const packed = [amd, arm, { descriptor: attestation }].reduce((sum, one) => sum + contentOf(one), 0);
    expect(report).toMatchObject({ complete: true, findings: [] });
    expect(report.images).toMatchObject([
      {
        id: index.digest,
        names: ['app:1', 'me/other:2'],
        repoDigests: [`me/other@${index.digest}`],
        size: packed + 4096 + 8192,
        // Two of its platforms hold the base: the engine takes it for shared, once for each of them.
        sharedSize: 2 * 4096,
        containers: 0,
        created: '2024-01-02T03:04:05Z',
      },
    ]);
  });

  it('that are not there in full have what is there, and no snapshots before 29.1.2', async () => {
    const part = docker.moby.manifest({ layers: ['base', 'far'], missing: ['far'], platform: AMD });
    docker.moby.image(NAME, docker.moby.index([part.descriptor]));
    unpack(part, [4096, 8192]);
    const there = contentOf(part) - 'far'.length;
    const sizes = async (version: string): Promise<readonly number[]> =>
      (await measureImages(context(version))).images.map(({ size }) => size);
    expect(await sizes('28.5.2')).toEqual([there]);
    expect(await sizes('27.3.0')).toEqual([contentOf(part)]);
    expect(await sizes('27.1.0')).toEqual([0]);
    expect(await sizes('29.1.2')).toEqual([there + 4096 + 8192]);
  });

  it('share snapshots, and from 29.5 on packed blobs', async () => {
    const one = docker.moby.manifest({ layers: ['base', 'one'] });
    const two = docker.moby.manifest({ layers: ['base', 'two'] });
    docker.moby.image(NAME, one.descriptor);
    docker.moby.image('docker.io/library/two:1', two.descriptor);
    unpack(one, [4096, 1]);
    docker.moby.snapshot(two.chainIds[1] ?? '', {
      kind: 'committed',
      parent: two.chainIds[0] ?? '',
      bytes: 2,
    });
    const shared = async (version: string): Promise<readonly number[]> =>
      (await measureImages(context(version))).images.map(({ sharedSize }) => sharedSize);
    expect(await shared('28.5.2')).toEqual([4096, 4096]);
    expect(await shared('29.5.0')).toEqual([4096 + 'base'.length, 4096 + 'base'.length]);
  });

  it('are dangling, and hidden where another one was built upon them', async () => {
    const below = docker.moby.manifest({ layers: ['below'] });
    const loose = docker.moby.manifest({ layers: ['loose'] });
    const top = docker.moby.manifest({ layers: ['below', 'top'] });
    docker.moby.image(`moby-dangling@${below.descriptor.digest}`, below.descriptor);
    docker.moby.image(`moby-dangling@${loose.descriptor.digest}`, loose.descriptor);
    docker.moby.image(NAME, top.descriptor, { 'org.mobyproject.image.parent': below.descriptor.digest });
    const listed = await measureImages(context());
    expect(listed.images.map(({ names }) => names)).toEqual(expect.arrayContaining([[], ['app:1']]));
    expect(listed.images).toHaveLength(2);
    expect((await measureImages(context(), { all: true })).images).toHaveLength(3);
    expect((await measureImages(context(), { names: ['app'] })).images).toMatchObject([{ names: ['app:1'] }]);
    const id = below.descriptor.digest.slice(7, 19);
    expect((await measureImages(context(), { names: [id] })).images).toMatchObject([{ names: [] }]);
    await expect(measureImages(context(), { names: ['no'] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('whose index cannot be read make the engine fail: a finding, and the list is a lower bound', async () => {
    const bad = docker.moby.blob('{"manifests":7}');
    docker.moby.image(NAME, { mediaType: 'application/vnd.oci.image.index.v1+json', ...bad });
    const good = docker.moby.manifest({ layers: ['x'] });
    docker.moby.image('docker.io/library/good:1', good.descriptor);
    const report = await measureImages(context());
    expect(report.images).toMatchObject([{ names: ['good:1'] }]);
    expect(report.findings).toMatchObject([
      { kind: 'engine-fails', subject: NAME, effects: [{ pointer: '/images', bound: 'at-least' }] },
    ]);
  });

  it('are not known by the rules of an engine before 26', async () => {
    docker.moby.blob('x');
    await expect(measureImages(context('25.0'))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('are explained: every figure is the sum of its steps, history and inspect among them', async () => {
    const history = [
      { created_by: 'ADD base' },
      { created_by: 'ENV x', empty_layer: true },
      { created_by: 'COPY y' },
    ];
    const amd = docker.moby.manifest({ layers: ['base', 'amd'], platform: AMD, history });
    const arm = docker.moby.manifest({ layers: ['base', 'arm'], platform: ARM });
    const index = docker.moby.index([arm.descriptor, amd.descriptor]);
    docker.moby.image(NAME, index);
    unpack(amd, [4096, 8192]);
    const report = await explain(context(), 'app:1');
    const figures = Object.fromEntries(report.figures.map(({ name, bytes }) => [name, bytes]));
    expect(figures).toMatchObject({ history: 4096 + 8192, inspect: index.size + contentOf(amd) });
    for (const { bytes, steps } of report.figures) {
      expect(steps.reduce((sum, step) => sum + (step.bytes ?? 0), 0)).toBe(bytes);
    }
    expect(report.figures[3]?.steps.map(({ bytes }) => bytes)).toEqual([8192, 0, 4096]);
  });

  it('have no history where a layer is not unpacked, before 28.4', async () => {
    const amd = docker.moby.manifest({ layers: ['base'], history: [{ created_by: 'ADD base' }] });
    docker.moby.image(NAME, amd.descriptor);
    const history = async (version: string): Promise<number | null | undefined> =>
      (await explain(context(version), 'app:1')).figures[3]?.bytes;
    expect(await history('28.5.2')).toBe(0);
    expect(await history('28.3.3')).toBeNull();
  });
});

describe('containers', () => {
  function addContainer(options: { readonly lost?: boolean } = {}): FixtureManifest {
    const amd = docker.moby.manifest({ layers: ['base', 'amd'] });
    docker.moby.image(NAME, amd.descriptor);
    unpack(amd, [4096, 8192]);
    const { descriptor, chainIds } = amd;
    const files = { 'data/big': 9000, 'data/name': { hardlink: 'data/big' } };
    docker.container(C1, {
      name: 'web',
      image: descriptor,
      manifest: descriptor,
      top: chainIds[1] ?? '',
      files,
      ...options,
    });
    return amd;
  }

  it('have what is allocated in their snapshot, and all that is below it, the init layer too', async () => {
    addContainer();
    const report = await measureContainers(context());
    const [row] = report.containers;
    const directory = docker.containerd.snapshotPath('overlayfs', 4, 'active');
    const blocks = ['', 'data', 'data/big'].map((name) => fs.lstatSync(join(directory, name)).blocks * 512);
    const written = blocks.reduce((sum, bytes) => sum + bytes, 0);
    expect(report).toMatchObject({ complete: true, findings: [] });
    expect(row).toMatchObject({
      name: 'web',
      path: 'snapshot',
      state: 'exited',
      sizeRw: written,
      sizeRootFs: written + DockerContainerdFixture.initBytes + 8192 + 4096,
    });
    expect((await measureImages(context())).images[0]?.containers).toBe(1);
    for (const { bytes, steps } of (await explain(context(), 'web')).figures) {
      expect(steps.reduce((sum, step) => sum + (step.bytes ?? 0), 0)).toBe(bytes);
    }
  });

  it('whose snapshot is gone are in no list after the next start', async () => {
    addContainer({ lost: true });
    const report = await measureContainers(context());
    expect(report.containers).toMatchObject([{ sizeRw: null, sizeRootFs: null, engineAnswer: 'not listed' }]);
    expect(report.findings).toMatchObject([{ kind: 'not-listed', effects: [{ bound: 'unknown' }, {}] }]);
  });

  it('whose files cannot be walked make the whole list fail', async () => {
    addContainer();
    fs.rmSync(join(docker.containerd.snapshotPath('overlayfs', 4, 'active')), { recursive: true });
    const report = await measureContainers(context());
    expect(report.containers).toMatchObject([{ sizeRw: null, engineAnswer: 'error' }]);
    expect(report.findings).toMatchObject([{ kind: 'engine-fails' }]);
    const { stores } = await measureDf(context());
    expect(stores[0]?.containers).toMatchObject({ size: null, reclaimable: null });
    expect(stores[0]?.images).toMatchObject({ size: null, reclaimable: null });
    const [container] = (await explain(context(), 'web')).figures;
    expect(container).toMatchObject({ bytes: null });
  });

  it('on a broken chain have what is above the break', async () => {
    const { descriptor } = docker.moby.manifest({ layers: ['a'] });
    docker.container(C1, { name: 'web', image: descriptor, manifest: descriptor, top: 'gone' });
    fs.mkdirSync(docker.containerd.snapshotPath('overlayfs', 2, 'active'), { recursive: true });
    const report = await measureContainers(context());
    const rw = report.containers[0]?.sizeRw ?? -1;
    expect(report.containers[0]?.sizeRootFs).toBe(rw + DockerContainerdFixture.initBytes);
    expect(report.findings).toMatchObject([{ kind: 'missing-record', effects: [] }]);
  });
});

describe('system df', () => {
  /** A used and an unused image upon one base, with a container of the first. */
  function fill(): { readonly used: FixtureManifest; readonly unused: FixtureManifest } {
    const used = docker.moby.manifest({ layers: ['base', 'used'] });
    const unused = docker.moby.manifest({ layers: ['base', 'unused'] });
    docker.moby.image(NAME, used.descriptor);
    docker.moby.image('docker.io/library/unused:1', unused.descriptor);
    unpack(used, [4096, 8192]);
    docker.moby.snapshot(unused.chainIds[1] ?? '', {
      kind: 'committed',
      parent: unused.chainIds[0] ?? '',
      bytes: 12_288,
    });
    docker.moby.snapshot('cache', { kind: 'committed', bytes: 16_384 });
    docker.moby.lease('cache', ['cache']);
    const image = { image: used.descriptor, manifest: used.descriptor, top: used.chainIds[1] ?? '' };
    docker.container(C1, { name: 'a', ...image, files: { x: 5000 } });
    docker.container(C2, { name: 'b', ...image, running: true, files: {} });
    fs.mkdirSync(join(docker.path, 'volumes/v/_data'), { recursive: true });
    return { used, unused };
  }

  it('counts every snapshot and the content of images as images, by the version', async () => {
    const { used, unused } = fill();
    const snapshots = 4096 + 8192 + 12_288;
    const content = contentOf(used) + contentOf(unused) - 'base'.length;
    const containers = await measureContainers(context());
    const written = containers.containers.reduce((sum, { sizeRw }) => sum + (sizeRw ?? 0), 0);
    const others = written + 2 * DockerContainerdFixture.initBytes + 16_384;
    const size = async (version: string): Promise<number | null | undefined> =>
      (await measureDf(context(version))).stores[0]?.images.size;
    expect(await size('28.1')).toBe(snapshots + others);
    expect(await size('28.5')).toBe(snapshots + others + content);
    expect(await size('29.7')).toBe(snapshots + content);
  });

  it('says what really goes beside what the engine says', async () => {
    const { unused } = fill();
    const { stores, complete } = await measureDf(context(), { disk: true });
    const [store] = stores;
    const own = contentOf(unused) - 'base'.length;
    expect(complete).toBe(true);
    expect(store?.images).toMatchObject({ count: 2, active: 1, exactReclaimable: 12_288 + own });
    // The difference is told.
    expect(store?.differences.map(({ group }) => group)).toEqual(['images']);
    expect(store?.containers).toMatchObject({ count: 2, active: 1 });
    expect(store?.containers.reclaimable).toBe(store?.containers.exactReclaimable);
    expect(store?.images.exactReclaimableDisk).toBeGreaterThan(0);
    expect(store?.containers.exactReclaimableDisk).toBeGreaterThan(0);
  });

  it('is explained, and told in the report of the host', async () => {
    fill();
    const { figures, findings } = await explain(context(), 'df');
    expect(findings).toEqual([]);
    expect(figures).toHaveLength(8);
    for (const { bytes, steps } of figures) {
      expect(steps.reduce((sum, step) => sum + (step.bytes ?? 0), 0)).toBe(bytes);
    }
    const report = await overview(context());
    expect(report.stores).toMatchObject([{ driver: 'overlayfs', images: 2, containers: 2 }]);
    expect(report.owners.map(({ what }) => what)).toContain('images that nothing uses: 1');
  });
});
