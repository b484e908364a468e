// Random images, containers and snapshots by containerd's client. The same seed asks for the same things.
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../engines/random.ts';
import { deepScript, randomScript } from '../engines/script.ts';
import { tar } from '../engines/tar.ts';
import { randomLayer, Tree } from '../engines/tree.ts';
import { CtrRefusal } from './containerd-engine.ts';
import type { Containerd } from './containerd-engine.ts';
import { indexOf, layout, manifestOf } from './oci.ts';
import type { OciImage } from './oci.ts';
import { baseTar } from './podman-generator.ts';

/** Containers that run end by themselves, should nobody end them. */
const SECONDS = 600;

export async function generateNamespace(
  engine: Containerd,
  random: Random,
  namespace: string,
): Promise<void> {
  const generator = new Generator(engine, random, namespace);
  await generator.images();
  await generator.containers();
}

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
        '--runc-root',
        this.#engine.runcRoot,
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
      await sleep(50);
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
