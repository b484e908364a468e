// Podman: a store of random images and containers made by its command line, and every size that it tells against weigh's.
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { short } from '../engines/answers.ts';
import type { Figures } from '../engines/answers.ts';
import { prints } from '../engines/cli-check.ts';
import { Tally } from '../engines/compare.ts';
import type { StoreResult } from '../engines/store-case.ts';
import { explainWeigh, weighJson } from '../engines/weigh.ts';
import type { WeighTarget } from '../engines/weigh.ts';
import type { ContainersReport, DfReport, ImageRow, ImagesReport } from '../../src/model/reports.ts';
import { Podman } from './podman-engine.ts';
import { generatePodmanStore } from './podman-generator.ts';

interface PodmanImage {
  readonly Id: string;
  readonly Size: number;
  readonly Containers: number;
  readonly Names?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
}

interface PodmanContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly State: string;
  readonly Size: { readonly rwSize: number; readonly rootFsSize: number };
}

interface PodmanDfRow {
  readonly Type: string;
  readonly Total: number;
  readonly Active: number;
  readonly Size: number | string;
  readonly Reclaimable: number | string;
  readonly RawSize?: number;
  readonly RawReclaimable?: number;
}

const GROUPS: Readonly<Record<string, string>> = {
  Images: 'images',
  Containers: 'containers',
  'Local Volumes': 'volumes',
};
const sorted = (names: readonly string[] | null | undefined): string =>
  (names ?? [])
    .filter((name) => !name.includes('@') && !name.startsWith('<none>'))
    .toSorted()
    .join(' ');

/** Figures, and the rows of `system df -v`, whose sizes are rounded text. */
interface PodmanAnswers {
  readonly figures: Figures;
  readonly rounded: ReadonlyMap<string, string>;
  readonly containerNames: readonly string[];
  readonly imageIds: readonly string[];
}

function engineImages(figures: Figures, images: readonly PodmanImage[], where: string): void {
  for (const image of new Map(images.map((one) => [one.Id, one])).values()) {
    const key = `image ${short(image.Id)}|${where}`;
    figures.set(`${key}.size`, image.Size);
    figures.set(`${key}.containers`, image.Containers);
    figures.set(`${key}.names`, sorted(image.Names));
    figures.set(`${key}.digests`, (image.RepoDigests ?? []).toSorted().join(' '));
  }
}

async function askPodman(podman: Podman): Promise<PodmanAnswers> {
  const figures: Figures = new Map();
  const listed = await podman.json<readonly PodmanImage[]>('images');
  engineImages(figures, listed, 'list');
  engineImages(figures, await podman.json<readonly PodmanImage[]>('images', '-a'), 'all');
  const containers = await podman.json<readonly PodmanContainer[]>('ps', '-a', '-s');
  for (const { Names, Image, ImageID, State, Size } of containers) {
    const key = `container ${Names[0] ?? '?'}|list`;
    figures.set(`${key}.sizeRw`, Size.rwSize);
    figures.set(`${key}.sizeRootFs`, Size.rootFsSize);
    figures.set(`${key}.state`, State);
    figures.set(`${key}.image`, Image);
    figures.set(`${key}.imageId`, ImageID);
  }
  const lines = (await podman.run('system', 'df', '--format', '{{json .}}')).trim().split('\n');
  for (const row of lines.map((line) => JSON.parse(line) as PodmanDfRow)) {
    const key = `df|${GROUPS[row.Type] ?? row.Type}`;
    figures.set(`${key}.count`, row.Total);
    figures.set(`${key}.active`, row.Active);
    figures.set(`${key}.size`, row.RawSize ?? row.Size);
    figures.set(`${key}.reclaimable`, row.RawReclaimable ?? row.Reclaimable);
  }
  return {
    figures,
    rounded: verboseRows(await podman.run('system', 'df', '-v')),
    containerNames: containers.map(({ Names }) => Names[0] ?? ''),
    imageIds: [...new Set(listed.map(({ Id }) => Id))],
  };
}

/** Rows of images and volumes in the text of `system df -v`: columns by key. */
function verboseRows(text: string): ReadonlyMap<string, string> {
  const rows = new Map<string, string>();
  let part = '';
  for (const line of text.split('\n')) {
    part = /^(Images|Containers|Local Volumes) space usage/.exec(line)?.[1] ?? part;
    const columns = line.trim().split(/\s{2,}/);
    if (columns[0] === 'REPOSITORY' || columns[0] === 'VOLUME NAME') continue;
    const [first = '', second = '', third = ''] = columns;
    if (part === 'Images' && columns.length >= 8) {
      const fields = ['size', 'sharedSize', 'uniqueSize', 'containers'];
      for (const [index, field] of fields.entries())
        rows.set(`image ${third}|df.${field}`, columns[4 + index] ?? '');
    } else if (part === 'Local Volumes' && columns.length === 3) {
      rows.set(`volume ${first}|df.refCount`, second);
      rows.set(`volume ${first}|df.size`, third);
    }
  }
  return rows;
}

interface PodmanWeighed {
  readonly figures: Figures;
  /** Exact values for the rounded text. */
  readonly exact: ReadonlyMap<string, number | null>;
  readonly bounds: readonly string[];
}

function weighImages(figures: Figures, rows: readonly ImageRow[], where: string): void {
  for (const row of rows) {
    const key = `image ${short(row.id)}|${where}`;
    figures.set(`${key}.size`, row.size);
    figures.set(`${key}.containers`, row.containers);
    figures.set(`${key}.names`, sorted(row.names));
    figures.set(`${key}.digests`, row.repoDigests.toSorted().join(' '));
  }
}

async function askWeigh(target: WeighTarget): Promise<PodmanWeighed> {
  const figures: Figures = new Map();
  const exact = new Map<string, number | null>();
  const containers = await weighJson<ContainersReport>(['containers'], target);
  const images = await weighJson<ImagesReport>(['images'], target);
  const df = await weighJson<DfReport>(['df'], target);
  for (const row of containers.containers) {
    const key = `container ${row.name}|list`;
    figures.set(`${key}.sizeRw`, row.sizeRw);
    figures.set(`${key}.sizeRootFs`, row.sizeRootFs);
    figures.set(`${key}.state`, row.state);
    figures.set(`${key}.image`, row.image);
    figures.set(`${key}.imageId`, (row.imageId ?? '').replace('sha256:', ''));
  }
  weighImages(figures, images.images, 'list');
  const store = df.stores[0];
  if (store === undefined) throw new Error('weigh df reports no store');
  weighImages(figures, store.details.images, 'all');
  for (const group of ['images', 'containers', 'volumes'] as const)
    for (const field of ['count', 'active', 'size', 'reclaimable'] as const)
      figures.set(`df|${group}.${field}`, store[group][field]);
  for (const row of store.details.images)
    for (const field of ['sharedSize', 'uniqueSize', 'containers'] as const)
      exact.set(`image ${short(row.id)}|df.${field}`, row[field]);
  for (const row of store.details.images)
    exact.set(`image ${short(row.id)}|df.size`, row.sharedSize + row.uniqueSize);
  for (const { name, refCount, size } of store.details.volumes) {
    exact.set(`volume ${name}|df.refCount`, refCount);
    exact.set(`volume ${name}|df.size`, size);
  }
  const bounds = [containers, images, df].flatMap(({ findings }) =>
    findings.flatMap(({ kind, subject, message, effects }) =>
      effects.map(({ pointer, bound }) => `${pointer}: ${bound}, ${kind}: ${subject}: ${message}`),
    ),
  );
  return { figures, exact, bounds };
}

function compare(
  tally: Tally,
  engine: PodmanAnswers,
  again: PodmanAnswers,
  weigh: PodmanWeighed,
  when: string,
): void {
  for (const key of new Set([...engine.figures.keys(), ...weigh.figures.keys()])) {
    const first = engine.figures.get(key);
    const steady = first === again.figures.get(key);
    tally.figure({ key, engine: first, weigh: weigh.figures.get(key), when }, steady);
  }
  for (const key of new Set([...engine.rounded.keys(), ...weigh.exact.keys()])) {
    const text = engine.rounded.get(key);
    const value = weigh.exact.get(key) ?? null;
    const isCount = /\.(containers|refCount)$/.test(key);
    const equal =
      text !== undefined && value !== null && (isCount ? text === String(value) : prints(text, value));
    tally.figure({ key, engine: text, weigh: equal ? text : value, when }, text === again.rounded.get(key));
  }
  for (const bound of weigh.bounds) tally.wrong.push(`${when}: weigh is not sure: ${bound}`);
}

async function explained(engine: PodmanAnswers, target: WeighTarget, tally: Tally): Promise<void> {
  for (const id of engine.imageIds) {
    const { report, wrong } = await explainWeigh(`image:${short(id)}`, target);
    tally.wrong.push(...wrong);
    const key = `image ${short(id)}|list.size`;
    const weigh = report.figures.find(({ name }) => name === 'size')?.bytes;
    tally.figure({ key: `${key} explained`, engine: engine.figures.get(key), weigh, when: 'stopped' });
  }
  for (const name of engine.containerNames.slice(0, 4)) {
    const { report, wrong } = await explainWeigh(`container:${name}`, target);
    tally.wrong.push(...wrong);
    for (const field of ['sizeRw', 'sizeRootFs']) {
      const key = `container ${name}|list.${field}`;
      const weigh = report.figures.find((figure) => figure.name === field)?.bytes;
      tally.figure({ key: `${key} explained`, engine: engine.figures.get(key), weigh, when: 'stopped' });
    }
  }
  tally.wrong.push(...(await explainWeigh('df', target)).wrong);
}

export async function podmanCase(
  driver: string,
  base: string,
  seed: number,
  name: string,
): Promise<StoreResult> {
  const started = Date.now();
  const tally = new Tally();
  const podman = new Podman(driver, base, name);
  const at = (root: string): WeighTarget => ({
    options: [
      '--store',
      `podman:${root},runroot=${podman.runRoot},driver=${driver}`,
      '--no-engine',
      '--engine-version',
      podman.version,
    ],
  });
  try {
    await generatePodmanStore(podman, seed);
    const weighed = await askWeigh(at(podman.root));
    const first = await askPodman(podman);
    compare(tally, first, await askPodman(podman), weighed, 'live');
    await podman.run('unpause', '-a').catch(() => undefined);
    await podman.run('stop', '-a', '-t', '0');
    const last = await askPodman(podman);
    const again = await askPodman(podman);
    compare(tally, last, again, await askWeigh(at(podman.root)), 'stopped');
    await explained(last, at(podman.root), tally);
    const other = join(podman.folder, 'copy of it');
    renameSync(podman.root, other);
    compare(tally, last, again, await askWeigh(at(other)), 'moved');
    renameSync(other, podman.root);
    return { version: podman.version, tally, seconds: (Date.now() - started) / 1000 };
  } finally {
    await podman.remove();
  }
}
