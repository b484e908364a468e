// containerd by its client: usage of every snapshot, images, and what weigh makes of both.
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHost } from '../../src/host/create-host.ts';
import { usageOf } from '../../src/measure/snapshot-usage.ts';
import { bytePath } from '../../src/model/bytes.ts';
import type { ContainersReport, DfReport, ImagesReport } from '../../src/model/reports.ts';
import { openContainerd } from '../../src/stores/containerd/open-containerd.ts';
import type { Figures } from '../engines/answers.ts';
import { Tally } from '../engines/compare.ts';
import { Random } from '../engines/random.ts';
import { deepScript, randomScript } from '../engines/script.ts';
import type { StoreResult } from '../engines/store-case.ts';
import { tar } from '../engines/tar.ts';
import { randomLayer, Tree } from '../engines/tree.ts';
import { explainWeigh, weighJson } from '../engines/weigh.ts';
import { Containerd, CtrRefusal } from './containerd-engine.ts';
import type { ContainerdCell } from './containerd-engine.ts';
import { indexOf, layout, manifestOf } from './oci.ts';
import type { OciImage } from './oci.ts';
import { baseTar } from './podman-generator.ts';

const NAMESPACES = ['default', 'k8s.io'];
const BLOBS = 'io.containerd.content.v1.content/blobs/sha256';
/** Containers that run end by themselves, should nobody end them. */
const SECONDS = 600;

class Generator {
  readonly #engine: Containerd;
  readonly #random: Random;
  readonly #namespace: string;
  readonly #trees = new Map<string, Tree>();
  readonly #refusals: string[] = [];

  constructor(engine: Containerd, random: Random, namespace: string) {
    this.#engine = engine;
    this.#random = random;
    this.#namespace = namespace;
  }

  /** Some random archives cannot be unpacked; a store of refusals is no test. */
  async #mayBeRefused(make: () => Promise<unknown>): Promise<boolean> {
    try {
      await make();
      return true;
    } catch (error) {
      if (!(error instanceof CtrRefusal)) throw error;
      this.#refusals.push(error.message);
      if (this.#refusals.length > 5)
        throw new Error(`too much refused:\n${this.#refusals.join('\n')}`, { cause: error });
      return false;
    }
  }

  #ctr(...args: readonly string[]): Promise<string> {
    return this.#engine.ctr(this.#namespace, ...args);
  }

  get #snapshotter(): readonly string[] {
    return ['--snapshotter', this.#engine.cell.snapshotter];
  }

  async #import(name: string, image: OciImage, ...more: readonly string[]): Promise<boolean> {
    const file = join(this.#engine.folder, 'image.tar');
    writeFileSync(file, layout([[name, image]]));
    // The transfer service unpacks into the snapshotters of its configuration alone.
    const local = this.#engine.cell.engine === 'sid' ? ['--local'] : [];
    return this.#mayBeRefused(() =>
      this.#ctr('images', 'import', ...local, ...this.#snapshotter, ...more, file),
    );
  }

  async images(): Promise<void> {
    const random = this.#random;
    const base = baseTar(random, new Tree(), 10);
    for (let made = random.between(2, 4); made > 0; made--) {
      const tree = new Tree();
      const layers = [random.chance(0.7) ? base : baseTar(random, tree, 30)];
      for (let more = random.between(0, 4); more > 0; more--)
        layers.push(tar(randomLayer(tree, random, { whiteouts: true, changes: random.between(0, 40) })));
      const name = `example.org/image:${made}`;
      const image = manifestOf(layers, random.chance(0.6), name);
      if (await this.#import(name, image)) this.#trees.set(name, tree);
    }
    const platform = (architecture: string): { architecture: string; layers: readonly Buffer[] } => ({
      architecture,
      layers: [tar(randomLayer(new Tree(), random, { whiteouts: false, changes: 15 }))],
    });
    const index = indexOf([platform('arm64'), platform('amd64'), platform('s390x')], random, 'index');
    await this.#import('example.org/index:1', index, '--all-platforms');
    if (random.chance(0.5)) {
      const other = indexOf([platform('amd64'), platform('arm64')], random, 'other');
      await this.#import('example.org/index:2', other);
    }
    if (random.chance(0.5)) {
      const packed = manifestOf([base, base], true, 'not unpacked');
      await this.#import('example.org/packed:1', packed, '--no-unpack');
    }
    const [first] = this.#trees.keys();
    if (first !== undefined) await this.#ctr('images', 'tag', first, 'example.org/second:name');
  }

  async containers(): Promise<void> {
    const names = [...this.#trees.keys()];
    if (names.length === 0) throw new Error('no image could be unpacked');
    for (let made = this.#random.between(3, 5); made > 0; made--) {
      const name = this.#random.pick(names);
      const kind = this.#random.weighted({ create: 2, run: 5, detached: 2 });
      const tree = (this.#trees.get(name) ?? new Tree()).copy();
      const script = this.#random.chance(0.1)
        ? deepScript(this.#random)
        : randomScript(tree, this.#random, this.#random.between(3, 70));
      await this.#container(`c${made}`, kind, name, script);
    }
    await this.#snapshots();
  }

  async #container(
    id: string,
    kind: 'create' | 'run' | 'detached',
    image: string,
    script: string,
  ): Promise<void> {
    if (kind === 'create') {
      await this.#mayBeRefused(() =>
        this.#ctr('containers', 'create', ...this.#snapshotter, image, id, '/bin/sh'),
      );
      return;
    }
    const ready = join(this.#engine.folder, `ready-${this.#namespace}-${id}`);
    mkdirSync(ready);
    const end = kind === 'run' ? '' : `; exec /bin/sleep ${SECONDS}`;
    const mount = `type=bind,src=${ready},dst=/tmp,options=rbind:rw`;
    const detached = kind === 'run' ? [] : ['-d'];
    await this.#mayBeRefused(() =>
      this.#ctr(
        'run',
        ...detached,
        ...this.#snapshotter,
        '--mount',
        mount,
        image,
        id,
        '/bin/sh',
        '-c',
        `${script}\n: > /tmp/x${end}`,
      ),
    );
    for (let tries = 0; tries < 400; tries++) {
      if (statSync(join(ready, 'x'), { throwIfNoEntry: false }) !== undefined) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Of no image: active ones, views, committed ones on top of each other. */
  async #snapshots(): Promise<void> {
    const snapshots = (...args: readonly string[]): Promise<boolean> =>
      this.#mayBeRefused(() => this.#ctr('snapshots', ...this.#snapshotter, ...args));
    const rows = await this.#engine.table(this.#namespace, 'snapshots', ...this.#snapshotter, 'ls');
    const committed = rows.filter((row) => row.at(-1) === 'Committed').map(([key = '']) => key);
    await snapshots('prepare', 'bare', '');
    await snapshots('prepare', 'to-commit', '');
    await snapshots('commit', 'on-nothing', 'to-commit');
    await snapshots('prepare', 'above', 'on-nothing');
    for (let made = this.#random.between(1, 3); made > 0; made--) {
      const below = this.#random.pick(committed);
      await snapshots('prepare', `prepared-${made}`, below);
      if (this.#random.chance(0.6)) await snapshots('view', `view-${made}`, below);
      if (this.#random.chance(0.4)) await snapshots('commit', `committed-${made}`, `prepared-${made}`);
    }
  }
}

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

async function askEngine(engine: Containerd): Promise<Figures> {
  const figures: Figures = new Map();
  const { snapshotter } = engine.cell;
  for (const namespace of NAMESPACES) {
    const key = (name: string): string => `${namespace} ${name}`;
    const usage = await usages(engine, namespace);
    for (const [name, bytes] of usage) figures.set(key(`snapshot ${name}|usage`), bytes);
    const parents = new Map<string, string>();
    const stored = new Set<string>();
    for (const row of await engine.table(namespace, 'snapshots', '--snapshotter', snapshotter, 'ls')) {
      parents.set(row[0] ?? '', row.length === 3 ? (row[1] ?? '') : '');
      if (row.at(-1) === 'Committed') stored.add(row[0] ?? '');
    }
    const chain = (top: string): number | null => {
      const [own, below] = top === '' ? [0, 0] : [usage.get(top) ?? null, chain(parents.get(top) ?? '')];
      return own === null || below === null ? null : own + below;
    };
    const containers = await engine.table(namespace, 'containers', 'ls');
    const users = new Map<string, number>();
    for (const [id = '', image = ''] of containers) {
      users.set(image, (users.get(image) ?? 0) + 1);
      figures.set(key(`container ${id}|sizeRw`), usage.get(id) ?? null);
      figures.set(key(`container ${id}|sizeRootFs`), chain(id));
      figures.set(key(`container ${id}|image`), image);
    }
    for (const [name = '', , digest = '', size = '', unit = ''] of await engine.table(
      namespace,
      'images',
      'ls',
    )) {
      figures.set(key(`image ${name}|size`), `${size} ${unit}`);
      figures.set(key(`image ${name}|digest`), digest);
      figures.set(key(`image ${name}|containers`), users.get(name) ?? 0);
    }
    const blobs = (await engine.ctr(namespace, 'content', 'ls', '-q')).trim().split('\n');
    const lengths = blobs.map((digest) => statSync(join(engine.root, BLOBS, digest.slice(7))).size);
    const all = [...lengths, ...[...stored].map((name) => usage.get(name) ?? Number.NaN)];
    figures.set(
      key('df|size'),
      all.reduce((left, right) => left + right, 0),
    );
  }
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
  if (explain) {
    const names = [
      ...containers.containers.slice(0, 3).map(({ id, store }) => [`container:${id}`, store] as const),
      ...images.images.slice(0, 3).map(({ names: [name], store }) => [`image:${name ?? ''}`, store] as const),
    ];
    for (const [name, store] of names) {
      const options = [
        '--store',
        `containerd:${root},driver=${snapshotter},namespace=${ofNamespace(store)}`,
        '--no-engine',
      ];
      wrong.push(...(await explainWeigh(name, { options })).wrong);
    }
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
    for (const namespace of NAMESPACES) {
      const generator = new Generator(engine, random, namespace);
      await generator.images();
      await generator.containers();
    }
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
