// Random images and containers by Podman's command line. The same seed asks for the same things.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { enginesFolder } from '../../scripts/engines.mjs';
import { Random } from '../engines/random.ts';
import { randomScript } from '../engines/script.ts';
import { tar } from '../engines/tar.ts';
import type { TarEntry } from '../engines/tar.ts';
import { randomLayer, Tree } from '../engines/tree.ts';
import { fillVolume } from '../engines/volume.ts';
import { manifestOf, layout } from './oci.ts';
import { PodmanRefusal } from './podman-engine.ts';
import type { Podman } from './podman-engine.ts';

const APPLETS =
  'sh cat chmod chown cp dd echo head ln mkdir mkfifo mknod mv printf rm rmdir sleep stat touch truncate true sync test ls';
/** Containers that run end by themselves, should nobody end them. */
const SECONDS = 900;

interface KnownImage {
  readonly name: string;
  readonly tree: Tree;
}

export function baseTar(random: Random, tree: Tree, changes: number): Buffer {
  const busybox = readFileSync(join(enginesFolder(), 'tools/bin/busybox'));
  const directory = (name: string): TarEntry => ({ name, kind: 'directory' });
  const entries: TarEntry[] = [
    ...['bin', 'etc', 'tmp', 'dev', 'proc', 'sys', 'run'].map(directory),
    { name: 'bin/busybox', kind: 'file', body: busybox, mode: 0o755 },
    ...APPLETS.split(' ').map((name): TarEntry => ({
      name: `bin/${name}`,
      kind: 'symlink',
      target: 'busybox',
    })),
  ];
  const taken = entries.map(({ name }) => name);
  return tar([...entries, ...randomLayer(tree, random, { whiteouts: false, changes, taken })]);
}

export async function generatePodmanStore(podman: Podman, seed: number): Promise<void> {
  const generator = new Generator(podman, seed);
  await generator.images();
  await generator.containers();
  await generator.later();
}

class Generator {
  readonly #podman: Podman;
  readonly #random: Random;
  readonly #known: KnownImage[] = [];
  readonly #refusals: string[] = [];
  readonly #names: string[] = [];

  constructor(podman: Podman, seed: number) {
    this.#podman = podman;
    this.#random = new Random(seed);
  }

  /** Some random archives cannot be unpacked, and some commands find nothing to do; a store of refusals is no test. */
  async #mayBeRefused(make: () => Promise<unknown>): Promise<boolean> {
    try {
      await make();
      return true;
    } catch (error) {
      if (!(error instanceof PodmanRefusal)) throw error;
      this.#refusals.push(error.message);
      if (this.#refusals.length > 8)
        throw new Error(`too much refused:\n${this.#refusals.join('\n')}`, { cause: error });
      return false;
    }
  }

  #file(name: string, body: Buffer | string): string {
    const path = join(this.#podman.folder, name);
    writeFileSync(path, body);
    return path;
  }

  async images(): Promise<void> {
    const tree = new Tree();
    await this.#podman.run('import', this.#file('base.tar', baseTar(this.#random, tree, 40)), 'base:1');
    this.#known.push({ name: 'localhost/base:1', tree });
    for (let made = this.#random.between(2, 4); made > 0; made--) await this.#built(made);
    await this.#loaded();
    await this.#imported();
  }

  /** In layers, without any between, or squashed; with a name or none. */
  async #built(number: number): Promise<void> {
    const from = this.#random.pick(this.#known);
    const tree = from.tree.copy();
    const steps = Array.from({ length: this.#random.between(1, 4) }, () => this.#step(tree));
    const file = this.#file('Dockerfile', `FROM ${from.name}\n${steps.join('\n')}\n`);
    const context = join(this.#podman.folder, 'context');
    mkdirSync(context, { recursive: true });
    writeFileSync(join(context, 'one'), this.#random.bytes(this.#random.fileLength()));
    const name = `built${number}:1`;
    const named = this.#random.chance(0.75);
    const layers = this.#random.pick(['--layers', '--layers', '--layers=false', '--squash']);
    const args = ['--isolation', 'chroot', '--network', 'host', layers, ...(named ? ['-t', name] : [])];
    const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096'];
    const worked = await this.#mayBeRefused(() =>
      this.#podman.run('build', ...args, ...limits, '-f', file, context),
    );
    if (worked && named) this.#known.push({ name: `localhost/${name}`, tree });
  }

  #step(tree: Tree): string {
    const script = (): string => `${randomScript(tree, this.#random, this.#random.between(1, 25))}\ntrue`;
    return this.#random.weighted({ run: 6, env: 2, label: 1, copy: 2 }) === 'run'
      ? `RUN ${JSON.stringify(['/bin/sh', '-c', script()])}`
      : this.#random.pick([
          `ENV A=${this.#random.word()}`,
          `LABEL b=${this.#random.word()}`,
          'COPY one /one',
        ]);
  }

  async #loaded(): Promise<void> {
    const tree = new Tree();
    const layers = [baseTar(this.#random, tree, 10)];
    for (let made = this.#random.between(0, 3); made > 0; made--)
      layers.push(
        tar(randomLayer(tree, this.#random, { whiteouts: true, changes: this.#random.between(0, 25) })),
      );
    const name = 'localhost/loaded:1';
    const image = manifestOf(layers, this.#random.chance(0.6), name);
    const file = this.#file('loaded.tar', layout([[name, image]]));
    if (await this.#mayBeRefused(() => this.#podman.run('load', '-i', file)))
      await this.#mayBeRefused(async () => {
        const images = await this.#podman.json<readonly { readonly Names?: readonly string[] }[]>('images');
        const known = images.flatMap(({ Names }) => Names ?? []).find((found) => found.includes('loaded'));
        if (known !== undefined) this.#known.push({ name: known, tree });
      });
  }

  async #imported(): Promise<void> {
    const entries = randomLayer(new Tree(), this.#random, {
      whiteouts: false,
      changes: this.#random.between(1, 60),
    });
    const file = this.#file('imported.tar', tar(entries));
    await this.#mayBeRefused(() => this.#podman.run('import', file, 'imported:x'));
  }

  async containers(): Promise<void> {
    for (const name of ['one', 'two', 'three']) {
      const path =
        (await this.#podman.run('volume', 'create', name)) &&
        join(this.#podman.root, 'volumes', name, '_data');
      if (name !== 'three') fillVolume(path, this.#random);
    }
    for (let made = this.#random.between(5, 8); made > 0; made--) await this.#container(made);
    await this.#mayBeRefused(() =>
      this.#podman.container('create', '--name', 'bare', 'localhost/imported:x', '/none'),
    );
  }

  async #container(number: number): Promise<void> {
    const image = this.#random.pick(this.#known);
    const kind = this.#random.weighted({ create: 2, run: 4, detached: 3, paused: 1 });
    const name = `c${number}`;
    const script = randomScript(image.tree.copy(), this.#random, this.#random.between(3, 80));
    const ready = join(this.#podman.folder, `ready-${name}`);
    mkdirSync(ready);
    const stays = kind === 'detached' || kind === 'paused';
    const end = stays ? `: > /ready/x; exec /bin/sleep ${SECONDS}` : this.#random.pick(['true', 'exit 3']);
    const volume = this.#random.chance(0.5) ? ['-v', `${this.#random.pick(['one', 'two'])}:/data`] : [];
    const args = [
      '--name',
      name,
      ...volume,
      ...(stays ? ['-d', '-v', `${ready}:/ready`] : []),
      image.name,
      '/bin/sh',
      '-c',
      `${script}\n${end}`,
    ];
    const made = kind === 'create' ? 'create' : 'run';
    // A container that ends with another code than 0 makes `podman run` end with it, too.
    const worked = await this.#podman.container(made, ...args).then(
      () => true,
      () => false,
    );
    if (!worked && stays) throw new Error(`container ${name} of ${image.name} does not start`);
    this.#names.push(name);
    if (stays) await this.#untilReady(ready);
    if (kind === 'paused') await this.#mayBeRefused(() => this.#podman.run('pause', name));
  }

  async #untilReady(folder: string): Promise<void> {
    for (let tries = 0; tries < 600; tries++) {
      try {
        readFileSync(join(folder, 'x'));
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    throw new Error('a container did not get ready');
  }

  /** Names given and taken away, a commit, an image saved, removed and loaded again. */
  async later(): Promise<void> {
    const { name } = this.#random.pick(this.#known);
    if (this.#random.chance(0.6)) await this.#mayBeRefused(() => this.#podman.run('tag', name, 'two:names'));
    if (this.#random.chance(0.6))
      await this.#mayBeRefused(() =>
        this.#podman.run('commit', '-q', this.#random.pick(this.#names), 'com:1'),
      );
    if (this.#random.chance(0.4)) await this.#mayBeRefused(() => this.#podman.run('untag', 'base:1'));
    if (this.#random.chance(0.5)) {
      const last = this.#known.at(-1)?.name ?? name;
      const file = join(this.#podman.folder, 'saved.tar');
      await this.#mayBeRefused(async () => {
        await this.#podman.run('save', '-q', '-o', file, last);
        await this.#podman.run('rmi', '-f', last);
        await this.#podman.run('load', '-i', file);
      });
    }
  }
}
