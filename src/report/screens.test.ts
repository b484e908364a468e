import { describe, expect, it } from 'vitest';
import type { DfGroup, DfReport, DfStore, HostReport, RulesUsed } from '../model/reports.ts';
import { dfText } from './df.ts';
import { hostText } from './host.ts';
import type { Line } from './text.ts';
import { paint } from './text.ts';

const OPTIONS = { units: 'decimal', width: 80, noTrunc: false, quiet: false } as const;
const STORE = 'docker:/var/lib/docker#overlay2';
const RULES: RulesUsed = {
  store: STORE,
  driver: 'overlay2',
  engineVersion: '28.5',
  engineVersionFrom: 'engine',
  nativeDiff: true,
  nativeDiffFrom: 'engine',
};

function screen(lines: readonly Line[]): string {
  const text = paint(lines, false);
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  return text;
}

function group(count: number, active: number, size: number, reclaimable: number, exact: number): DfGroup {
  return { count, active, size, reclaimable, exactReclaimable: exact, exactReclaimableDisk: exact + 4096 };
}

const DF_STORE: DfStore = {
  store: STORE,
  driver: 'overlay2',
  engineVersion: '28.5',
  layersSize: 21_300_000_000,
  images: group(23, 9, 21_300_000_000, 8_800_000_000, 7_200_000_000),
  containers: group(12, 9, 9_812_345_678, 702_000_000, 702_000_000),
  volumes: group(5, 5, 6_200_000_000, 0, 0),
  buildCache: group(140, 0, 14_100_000_000, 14_100_000_000, 9_700_000_000),
  differences: [
    { group: 'images', bytes: -1_600_000_000, why: 'layers that build cache keeps' },
    {
      group: 'buildCache',
      bytes: -4_400_000_000,
      why: 'records that are image layers too, which stay while the images do',
    },
  ],
  details: {
    images: [],
    containers: [],
    volumes: [{ name: 'd'.repeat(64), size: null, refCount: 1, engineAnswer: -1 }],
    buildCache: [
      {
        id: 'k8x1',
        type: 'regular',
        description:
          'mount / from exec /bin/sh -c apt-get update && apt-get install -y curl git build-essential',
        size: 412_000_000,
        inUse: false,
        shared: true,
        createdAt: null,
        lastUsedAt: null,
        usageCount: 3,
      },
    ],
  },
};

const DF: DfReport = {
  schema: 'weigh.df/1',
  complete: false,
  findings: [
    {
      kind: 'unreadable',
      subject: '/var/lib/docker/volumes/x',
      message: 'cannot read /var/lib/docker/volumes/x: permission denied',
      effects: [{ pointer: '/stores/0/volumes/size', bound: 'at-least' }],
    },
  ],
  rules: [RULES],
  stores: [DF_STORE],
};

describe('df', () => {
  it('puts the exact figures beside the engine ones', () => {
    expect(screen(dfText(DF, OPTIONS, false))).toBe(`docker:/var/lib/docker#overlay2
TYPE           TOTAL  ACTIVE       SIZE  RECLAIMABLE    CAN GO
Images            23       9     21.3GB  8.8GB (41%)    7.2 GB
Containers        12       9    9.812GB   702MB (7%)  702.0 MB
Local Volumes      5       5  >= 6.2 GB      0B (0%)       0 B
Build Cache      140       0     14.1GB       14.1GB    9.7 GB

  Images: Docker says 1.6 GB more than can go: layers that build cache keeps
  Build Cache: Docker says 4.4 GB more than can go: records that are image
    layers too, which stay while the images do

Not exact
  cannot read /var/lib/docker/volumes/x: permission denied
    volumes size: at least what is shown
    Run it as root, or name a copy that you can read with --data-root.

TOTAL to RECLAIMABLE: what docker system df prints. CAN GO: what really goes
with all that nothing uses, shared layers once.
Rules of Docker 28.5, native diff on (the daemon of this root said so).
`);
  });

  it('lists objects and blocks with -v, and cuts only what is long', () => {
    const text = screen(dfText(DF, { ...OPTIONS, quiet: true }, true));
    expect(text).toContain('  CAN GO   ON DISK\n');
    expect(text).toMatch(/^d+ {6}1 {5}-$/m);
    expect(text).toMatch(/^k8x1 {6}regular +412\.0 MB +3 +shared +mount .*\.\.\..*build-essential$/m);
  });

  it('writes all columns alike when bytes are asked for', () => {
    const text = screen(dfText(DF, { ...OPTIONS, units: 'bytes' }, false));
    expect(text).toMatch(/^Containers +12 +9 +9,812,345,678 +702,000,000 +702,000,000$/m);
  });
});

describe('the host', () => {
  it('gives the answer first', () => {
    const report: HostReport = {
      schema: 'weigh.host/1',
      complete: true,
      findings: [],
      rules: [RULES],
      fileSystems: [
        { mount: '/', source: '/dev/nvme0n1p2', totalBytes: 98_200_000_000, freeBytes: 3_100_000_000 },
      ],
      stores: [
        {
          store: STORE,
          driver: 'overlay2',
          images: 23,
          imagesSize: 21_300_000_000,
          containers: 12,
          containersSize: 9_800_000_000,
          volumes: 5,
          volumesSize: 6_200_000_000,
          buildCacheSize: 14_100_000_000,
          hidden: ['vfs at /var/lib/docker/vfs: another graph driver'],
        },
      ],
      owners: [
        { what: 'build cache: 140 records', bytes: 14_100_000_000, canGo: 9_700_000_000 },
        { what: 'images that stay: 9 in use, and what they share', bytes: 12_500_000_000, canGo: 0 },
        { what: 'images that nothing uses: 14', bytes: 8_800_000_000, canGo: 7_200_000_000 },
        { what: 'volumes in use: 5', bytes: 6_200_000_000, canGo: 0, bound: 'at-least' },
      ],
    };
    expect(screen(hostText(report, OPTIONS))).toBe(`/dev/nvme0n1p2 (/) is 97 % full: 3.1 GB left of 98.2 GB.
Container stores hold >= 41.6 GB; 16.9 GB of it can go.

STORE                             IMAGES  CONTAINERS  VOLUMES    CACHE
docker:/var/lib/docker#overlay2  21.3 GB      9.8 GB   6.2 GB  14.1 GB
  23 images, 12 containers, 5 volumes
  It also holds vfs at /var/lib/docker/vfs: another graph driver

 Where it went                                                 can go
    14.1 GB  build cache: 140 records                          9.7 GB
    12.5 GB  images that stay: 9 in use, and what they share        -
     8.8 GB  images that nothing uses: 14                      7.2 GB
  >= 6.2 GB  volumes in use: 5                                      -
 >= 41.6 GB                                                   16.9 GB

Next: weigh df    weigh containers    weigh images    weigh explain NAME
`);
  });
});
