// containerd by its client: usage of every snapshot, images, and what weigh makes of both.
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createHost } from '../../src/host/create-host.ts';
import { usageOf } from '../../src/measure/snapshot-usage.ts';
import { bytePath } from '../../src/model/bytes.ts';
import type { ContainersReport, DfReport, ImagesReport } from '../../src/model/reports.ts';
import { openContainerd } from '../../src/stores/containerd/open-containerd.ts';
import type { Figures, Value } from '../engines/answers.ts';
import { Tally } from '../engines/compare.ts';
import { Random } from '../engines/random.ts';
import type { StoreResult } from '../engines/store-case.ts';
import { explainWeigh, weighJson } from '../engines/weigh.ts';
import { Containerd, CtrRefusal } from './containerd-engine.ts';
import type { ContainerdCell } from './containerd-engine.ts';
import { generateNamespace } from './containerd-generator.ts';

const NAMESPACES = ['default', 'k8s.io'];
const BLOBS = 'io.containerd.content.v1.content/blobs/sha256';
/** `%.1f` of the largest unit, ties to even, as ctr prints sizes (progress.Bytes). */
function printed(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let divisor = 1;
  for (; bytes >= divisor * 1024 && unit < units.length - 1; unit++) divisor *= 1024;
  const tenths = (bytes * 10) / divisor;
  const floor = Math.floor(tenths);
  const rest = tenths - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  return `${(rounded / 10).toFixed(1)} ${units[unit] ?? ''}`;
}

/** Usage by key; null where the engine answers with an error, which ends the list of all. */
async function usages(engine: Containerd, namespace: string): Promise<ReadonlyMap<string, number | null>> {
  const { snapshotter } = engine.cell;
  const ask = (...keys: readonly string[]): Promise<readonly (readonly string[])[]> =>
    engine.table(namespace, 'snapshots', '--snapshotter', snapshotter, 'usage', '-b', ...keys);
  const found = new Map<string, number | null>();
  try {
    for (const [key = '', bytes] of await ask()) found.set(key, Number(bytes));
  } catch (error) {
    if (!(error instanceof CtrRefusal)) throw error;
    for (const [key = ''] of await engine.table(namespace, 'snapshots', '--snapshotter', snapshotter, 'ls'))
      found.set(
        key,
        await ask(key).then(
          ([row]) => Number(row?.[1]),
          () => null,
        ),
      );
  }
  return found;
}

/** Keys of the snapshots below each, and which of them are committed. */
async function chains(
  engine: Containerd,
  namespace: string,
): Promise<{ readonly parents: ReadonlyMap<string, string>; readonly committed: readonly string[] }> {
  const rows = await engine.table(namespace, 'snapshots', '--snapshotter', engine.cell.snapshotter, 'ls');
  return {
    parents: new Map(rows.map((row) => [row[0] ?? '', row.length === 3 ? (row[1] ?? '') : ''])),
    committed: rows.flatMap((row) => (row.at(-1) === 'Committed' ? [row[0] ?? ''] : [])),
  };
}

async function askNamespace(engine: Containerd, namespace: string, figures: Figures): Promise<void> {
  const set = (key: string, value: Value): void => void figures.set(`${namespace} ${key}`, value);
  const usage = await usages(engine, namespace);
  for (const [name, bytes] of usage) set(`snapshot ${name}|usage`, bytes);
  const { parents, committed } = await chains(engine, namespace);
  const chain = (top: string): number | null => {
    const [own, below] = top === '' ? [0, 0] : [usage.get(top) ?? null, chain(parents.get(top) ?? '')];
    return own === null || below === null ? null : own + below;
  };
  const users = new Map<string, number>();
  for (const [id = '', image = ''] of await engine.table(namespace, 'containers', 'ls')) {
    users.set(image, (users.get(image) ?? 0) + 1);
    set(`container ${id}|sizeRw`, usage.get(id) ?? null);
    set(`container ${id}|sizeRootFs`, chain(id));
    set(`container ${id}|image`, image);
  }
  for (const row of await engine.table(namespace, 'images', 'ls')) {
    const [name = '', , digest = '', size = '', unit = ''] = row;
    set(`image ${name}|size`, `${size} ${unit}`);
    set(`image ${name}|digest`, digest);
    set(`image ${name}|containers`, users.get(name) ?? 0);
  }
  const blobs = (await engine.ctr(namespace, 'content', 'ls', '-q')).trim().split('\n');
  const lengths = blobs.map((digest) => statSync(join(engine.root, BLOBS, digest.slice(7))).size);
  const recorded = committed.map((name) => usage.get(name) ?? Number.NaN);
  set(
    'df|size',
    [...lengths, ...recorded].reduce((left, right) => left + right, 0),
  );
}

async function askEngine(engine: Containerd): Promise<Figures> {
  const figures: Figures = new Map();
  for (const namespace of NAMESPACES) await askNamespace(engine, namespace, figures);
  return figures;
}

interface Weighed {
  readonly figures: Figures;
  readonly wrong: readonly string[];
}

const ofNamespace = (store: string): string => /,namespace=([^#]+)#/.exec(store)?.[1] ?? store;

async function askWeigh(engine: Containerd, root: string, explain: boolean): Promise<Weighed> {
  const figures: Figures = new Map();
  const wrong: string[] = [];
  const { snapshotter } = engine.cell;
  const target = { options: ['--store', `containerd:${root},driver=${snapshotter}`, '--no-engine'] };
  const containers = await weighJson<ContainersReport>(['containers'], target);
  for (const row of containers.containers) {
    const key = `${ofNamespace(row.store)} container ${row.name}`;
    figures.set(`${key}|sizeRw`, row.sizeRw);
    figures.set(`${key}|sizeRootFs`, row.sizeRootFs);
    figures.set(`${key}|image`, row.image);
  }
  const images = await weighJson<ImagesReport>(['images'], target);
  for (const row of images.images) {
    const key = `${ofNamespace(row.store)} image ${row.names[0] ?? '?'}`;
    figures.set(`${key}|size`, printed(row.size));
    figures.set(`${key}|digest`, row.id);
    figures.set(`${key}|containers`, row.containers);
  }
  const df = await weighJson<DfReport>(['df'], target);
  for (const store of df.stores) figures.set(`${ofNamespace(store.store)} df|size`, store.images.size);
  for (const { kind, subject, message, effects } of [containers, images, df].flatMap((one) => one.findings))
    for (const { pointer, bound } of kind === 'engine-fails' ? [] : effects)
      wrong.push(`weigh is not sure: ${pointer}: ${bound}, ${kind}: ${subject}: ${message}`);
  const subjects = [
    ...containers.containers.slice(0, 3).map(({ id, store }) => [`container:${id}`, store] as const),
    ...images.images.slice(0, 3).map(({ names, store }) => [`image:${names[0] ?? ''}`, store] as const),
  ];
  for (const [name, store] of explain ? subjects : []) {
    const one = `containerd:${root},driver=${snapshotter},namespace=${ofNamespace(store)}`;
    const explained = await explainWeigh(name, { options: ['--store', one, '--no-engine'] });
    wrong.push(...explained.wrong);
  }
  await everySnapshot(figures, root, snapshotter);
  return { figures, wrong };
}

/** Reports show containers' snapshots alone: the others through the library. */
async function everySnapshot(figures: Figures, root: string, snapshotter: string): Promise<void> {
  const host = createHost();
  try {
    for (const store of openContainerd(host, { root: bytePath(root) })) {
      const snapshots = store.namespace.snapshots(snapshotter);
      for (const key of snapshots.byKey.keys()) {
        const { bytes } = await usageOf(host, snapshots, key, {});
        figures.set(`${store.namespace.name} snapshot ${key}|usage`, bytes);
      }
    }
  } finally {
    await host.close();
  }
}

function compare(tally: Tally, engine: Figures, again: Figures, weigh: Weighed, when: string): void {
  for (const key of new Set([...engine.keys(), ...weigh.figures.keys()])) {
    const first = engine.get(key);
    tally.figure({ key, engine: first, weigh: weigh.figures.get(key), when }, first === again.get(key));
  }
  tally.wrong.push(...weigh.wrong.map((sentence) => `${when}: ${sentence}`));
}

async function moved(engine: Containerd, use: (root: string) => Promise<void>): Promise<void> {
  const other = join(engine.folder, 'copy of it');
  if (engine.cell.snapshotter !== 'btrfs') {
    renameSync(engine.root, other);
    try {
      await use(other);
    } finally {
      renameSync(other, engine.root);
    }
    return;
  }
  mkdirSync(other);
  execFileSync('mount', ['--bind', engine.root, other]);
  try {
    await use(other);
  } finally {
    execFileSync('umount', [other]);
    rmdirSync(other);
  }
}

export async function containerdCase(
  cell: ContainerdCell,
  base: string,
  seed: number,
  name: string,
): Promise<StoreResult> {
  const started = Date.now();
  const tally = new Tally();
  const engine = new Containerd(cell, base, name);
  try {
    await engine.start();
    const random = new Random(seed);
    for (const namespace of NAMESPACES) await generateNamespace(engine, random, namespace);
    const weighed = await askWeigh(engine, engine.root, false);
    const first = await askEngine(engine);
    compare(tally, first, await askEngine(engine), weighed, 'live');
    for (const namespace of NAMESPACES) await engine.endTasks(namespace);
    const last = await askEngine(engine);
    const again = await askEngine(engine);
    await engine.stop();
    compare(tally, last, again, await askWeigh(engine, engine.root, true), 'stopped');
    await moved(engine, async (root) => {
      compare(tally, last, again, await askWeigh(engine, root, false), 'moved');
    });
    return { version: engine.version, tally, seconds: (Date.now() - started) / 1000 };
  } finally {
    await engine.remove(NAMESPACES);
  }
}
