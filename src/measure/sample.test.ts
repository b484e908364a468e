import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleDockerRoot } from '../../test/fixtures/sample-root.ts';
import type { SampleRoot } from '../../test/fixtures/sample-root.ts';
import { createHost } from '../host/create-host.ts';
import type { Host } from '../host/host.ts';
import { openDockerStore } from '../stores/docker/open-docker-store.ts';
import { measureContainers } from './containers.ts';
import type { MeasureContext } from './context.ts';
import { measureDf } from './df.ts';
import { explain } from './explain.ts';
import { overview } from './host-overview.ts';
import { measureImages } from './images.ts';
import { compareText } from './order.ts';

/*
 * The sample store on a real disk. Recorded sizes: base 120,000 (bin/sh, its second name not again) + 13 (os-release) + 10 (symlink to os-release)
 * = 120,023; app 30,000 + 4 = 30,004; tool 5,000 + 1,000,000 = 1,005,000; dangling 777.
 */
const BASE = 120_023;
const APP = 30_004;
const TOOL = 1_005_000;
const DANGLING = 777;
// api wrote 2,500 + 7 (symlink to api.log) + 3 (pid); the hard link is not counted again.
const API = 2_510;

function byName(a: readonly unknown[], b: readonly unknown[]): number {
  return compareText(String(a[0]), String(b[0]));
}

let host: Host;
let sample: SampleRoot;
let context: MeasureContext;

beforeAll(() => {
  host = createHost();
  sample = sampleDockerRoot();
  const store = openDockerStore(host, { root: sample.docker.root });
  context = { host, stores: [store], engineVersion: '28.5', nativeDiff: 'on', askEngine: false };
});

afterAll(async () => {
  sample.remove();
  await host.close();
});

describe('the sample store', () => {
  it('gives its containers the engine’s sizes', async () => {
    const { containers } = await measureContainers(context);
    const rows = containers.map((row) => [row.name, row.sizeRw, row.sizeRootFs, row.engineAnswer]);
    expect(rows.toSorted(byName)).toEqual([
      ['api', API, BASE + APP + API, undefined],
      ['bare', 13, 0, undefined],
      ['job', 0, BASE + TOOL, undefined],
      ['lost', null, null, 'not listed'],
    ]);
  });

  it.each([
    // base is shared by app, tool, dangling; without the hidden image it still has several users.
    ['20.10', BASE],
    ['28.5', BASE],
  ])('gives its images the sizes of %s', async (engineVersion, shared) => {
    const { images } = await measureImages({ ...context, engineVersion });
    const rows = images.map((row) => [row.names.join(' '), row.size, row.sharedSize, row.containers]);
    expect(rows.toSorted(byName)).toEqual(
      [
        ['', BASE + DANGLING, shared, 0],
        ['app:1 app:latest', BASE + APP, shared, 1],
        ['nothing:1', 0, 0, 1],
        ['registry.example:5000/team/tool:2', BASE + TOOL, shared, 1],
      ].toSorted(byName),
    );
  });

  it('gives system df and what would really go', async () => {
    const report = await measureDf(context, { disk: true });
    const layersSize = BASE + APP + TOOL + DANGLING;
    expect(report.stores[0]).toMatchObject({
      layersSize,
      images: {
        count: 4,
        active: 3,
        size: layersSize,
        reclaimable: layersSize - APP - TOOL,
        exactReclaimable: DANGLING,
      },
      containers: { count: 3, active: 1, size: API + 13, reclaimable: 13, exactReclaimable: 13 },
      volumes: {
        count: 3,
        active: 2,
        size: 40_005 + 100 + 5_000_000,
        reclaimable: 5_000_000,
        exactReclaimable: 5_000_000,
      },
      buildCache: { count: 0, active: 0, size: 0, reclaimable: 0, exactReclaimable: 0 },
    });
    // The unused volume is one sparse file: hardly a block of it is on disk.
    expect(report.stores[0]?.volumes.exactReclaimableDisk).toBeLessThan(100_000);
    expect(report.stores[0]?.images.exactReclaimableDisk).toBeGreaterThanOrEqual(4096);
  });

  it.each(['api', 'bare', 'job', 'image:app:1', 'df'])('explains %s in steps that add up', async (name) => {
    const { figures } = await explain(context, name);
    for (const { bytes, steps, compare } of figures) {
      expect(steps.reduce((total, step) => total + (step.bytes ?? 0), 0)).toBe(bytes);
      for (const comparison of compare) {
        expect(comparison.items.reduce((total, item) => total + item.bytes, 0)).toBe(
          comparison.bytes - (bytes ?? 0),
        );
      }
    }
  });

  it('explains the naive way too, with the same numbers where files were only added', async () => {
    const { figures } = await explain({ ...context, nativeDiff: 'off' }, 'api');
    expect(figures.map(({ bytes }) => bytes)).toEqual([API, BASE + APP + API]);
    const [comparison] = figures[0]?.compare ?? [];
    expect(comparison?.items.reduce((total, item) => total + item.bytes, 0)).toBe(
      (comparison?.bytes ?? 0) - API,
    );
  });

  it('is seen at a glance', async () => {
    const { stores, fileSystems } = await overview(context);
    expect(stores).toMatchObject([{ images: 4, containers: 4, volumes: 3, containersSize: API + 13 }]);
    expect(fileSystems).toHaveLength(1);
  });
});
