import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { boltFile } from '../../../test/fixtures/bolt-file.ts';
import { sha256 } from '../../../test/fixtures/containerd-root.ts';
import { DockerContainerdFixture } from '../../../test/fixtures/docker-containerd.ts';
import { createHost } from '../../host/create-host.ts';
import { bytePath } from '../../model/bytes.ts';
import type { DfReport } from '../../model/reports.ts';
import { openDockerContainerd } from '../../stores/containerd/open-docker.ts';
import { measureDf } from '../df.ts';

type Values = Readonly<Record<string, string | boolean | number | readonly string[]>>;

const host = createHost();
let docker: DockerContainerdFixture;
beforeEach(() => {
  docker = new DockerContainerdFixture();
});
afterEach(() => docker.remove());
afterAll(() => host.close());

async function df(records: Readonly<Record<string, Values>>): Promise<DfReport> {
  const home = join(docker.path, 'buildkit/containerd-overlayfs');
  fs.mkdirSync(home, { recursive: true });
  const main = Object.fromEntries(
    Object.entries(records).map(([id, values]) => [
      id,
      Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, `{"value":${JSON.stringify(value)}}`]),
      ),
    ]),
  );
  fs.writeFileSync(join(home, 'metadata_v2.db'), boltFile({ _main: main }, { inline: false }));
  const store = openDockerContainerd(host, { root: bytePath(docker.write().path) });
  return measureDf({ host, stores: [store], askEngine: false, engineVersion: '28.5.2' });
}

const COMMITTED: Values = { 'snapshot.committed': true };

it('the build cache has the sizes that were stored, or those of snapshot and blobs', async () => {
  docker.moby.snapshot('known', { kind: 'committed', bytes: 1 });
  docker.moby.snapshot('measured', { kind: 'committed', bytes: 8192 });
  docker.moby.snapshot('source', { kind: 'active', files: { x: 5000 } });
  const zstd = docker.moby.blob('as zstd', {
    'buildkit.io/blob/mediatype': 'application/vnd.oci.image.layer.v1.tar+zstd',
  });
  const blob = docker.moby.blob('a blob', {
    [`containerd.io/gc.ref.content.blob-${zstd.digest}`]: zstd.digest,
  });
  const { stores, complete } = await df({
    known: { ...COMMITTED, 'snapshot.size': 4711 },
    measured: { ...COMMITTED, 'cache.blob': blob.digest, 'cache.description': 'RUN x' },
    source: { 'cache.recordType': 'source.local', 'cache.cachePolicy': 1 },
    gone: { 'cache.equalMutable': 'nobody' },
  });
  const rows = new Map(stores[0]?.details.buildCache.map((row) => [row.id, row]));
  expect(complete).toBe(true);
  expect(rows.get('known')).toMatchObject({ size: 4711, shared: false, inUse: false, type: 'regular' });
  expect(rows.get('measured')).toMatchObject({ size: 8192 + 'a blob'.length + 'as zstd'.length });
  const path = docker.containerd.snapshotPath('overlayfs', 3, 'active');
  const blocks = [path, join(path, 'x')].reduce((sum, each) => sum + fs.lstatSync(each).blocks * 512, 0);
  expect(rows.get('source')).toMatchObject({ size: blocks, type: 'source.local' });
  expect([...rows.keys()].sort()).toEqual(['known', 'measured', 'source']);
});

it('records whose blobs are the layers of an image are shared, and all below them', async () => {
  const image = docker.moby.manifest({ layers: ['base', 'top'] });
  docker.moby.image('docker.io/library/app:1', docker.moby.index([image.descriptor]));
  for (const id of ['base', 'top', 'other']) docker.moby.snapshot(id, { kind: 'committed', bytes: 1 });
  const { stores } = await df({
    base: { ...COMMITTED, 'cache.blob': sha256('base'), 'snapshot.size': 1 },
    top: { ...COMMITTED, 'cache.parent': 'base', 'cache.blob': sha256('top'), 'snapshot.size': 2 },
    other: { ...COMMITTED, 'cache.parent': 'base', 'cache.blob': sha256('other'), 'snapshot.size': 4 },
  });
  const shared = stores[0]?.details.buildCache.filter((row) => row.shared).map(({ id }) => id);
  expect(shared?.sort()).toEqual(['base', 'top']);
  expect(stores[0]?.buildCache).toMatchObject({ count: 3, size: 4, reclaimable: 4 });
});

it('records that merge one another over and over have an end', async () => {
  const records: Record<string, Values> = {
    r0: { ...COMMITTED, 'cache.blob': sha256('x'), 'snapshot.size': 1 },
  };
  for (let index = 1; index < 60; index++) {
    const below = `r${String(index - 1)}`;
    records[`r${String(index)}`] = { ...COMMITTED, 'cache.mergeParents': [below, below], 'snapshot.size': 1 };
  }
  for (const id of Object.keys(records)) docker.moby.snapshot(id, { kind: 'committed', bytes: 1 });
  const { stores } = await df(records);
  expect(stores[0]?.buildCache.count).toBe(60);
});
