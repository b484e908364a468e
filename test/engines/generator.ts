// Makes a real store by asking a real engine for random things. The same seed asks for the same things.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { enginesFolder } from '../../scripts/engines.mjs';
import { EngineRefusal } from './api.ts';
import type { EngineApi } from './api.ts';
import { Random } from './random.ts';
import { imageConfig, Registry } from './registry.ts';
import { deepScript, randomScript } from './script.ts';
import { leaveSocket } from './socket.ts';
import { tar } from './tar.ts';
import type { TarEntry } from './tar.ts';
import { randomLayer, Tree } from './tree.ts';
import type { LinkMode } from './tree.ts';
import { fillVolume } from './volume.ts';

const APPLETS =
  'sh cat chmod chown cp dd echo head ln mkdir mkfifo mknod mv printf rm rmdir sleep stat touch truncate true sync test ls';
const READY_MS = 60_000;
/** Apparent sizes far beyond the disk's. */
const HUGE = 'truncate -s 7000000000000 /huge; truncate -s 5000000000 /in-etc';

/** An image as the generator knows it. */
interface KnownImage {
  readonly name: string;
  readonly tree: Tree;
  /** It holds a shell. */
  readonly runs: boolean;
}

export interface GeneratedStore {
  /** Running and paused containers, which change when the engine stops. */
  readonly running: readonly string[];
}

export async function generateStore(api: EngineApi, seed: number, links: LinkMode): Promise<GeneratedStore> {
  const generator = new Generator(api, seed, links);
  await generator.images();
  return generator.containers();
}

function baseEntries(random: Random): readonly TarEntry[] {
  const busybox = readFileSync(join(enginesFolder(), 'tools/bin/busybox'));
  const directories = ['bin', 'etc', 'tmp', 'dev', 'proc', 'sys'].map((name): TarEntry => ({
    name,
    kind: 'directory',
  }));
  const links = APPLETS.split(' ').map((name): TarEntry => ({
    name: `bin/${name}`,
    kind: 'symlink',
    target: 'busybox',
  }));
  const words = Array.from({ length: 6 }, (_none, index): TarEntry => ({
    name: `etc/w${index}`,
    kind: 'file',
    body: random.bytes(random.fileLength()),
  }));
  return [
    ...directories,
    { name: 'bin/busybox', kind: 'file', body: busybox, mode: 0o755 },
    ...links,
    ...words,
  ];
}

class Generator {
  readonly #api: EngineApi;
  readonly #random: Random;
  readonly #known: KnownImage[] = [];
  readonly #refusals: string[] = [];
  readonly #volumes: string[] = [];
  #baseTar: Buffer = Buffer.alloc(0);
  #baseTree: Tree;
  readonly #empty: Tree;

  constructor(api: EngineApi, seed: number, links: LinkMode) {
    this.#api = api;
    this.#empty = new Tree(new Map(), links);
    this.#baseTree = this.#empty;
    this.#random = new Random(seed);
  }

  async images(): Promise<void> {
    await this.#base();
    await this.#mayBeRefused(() => this.#imported());
    await this.#mayBeRefused(() => this.#loaded());
    await this.#mayBeRefused(() => this.#pulled());
    await this.#mayBeRefused(() => this.#built());
    await this.#mayBeRefused(() => this.#builtByBuildKit());
    await this.#noLayers();
    await this.#committed();
    await this.#names();
  }

  /**
   * Some random archives are ones that an engine cannot unpack (an entry below what another one has just made a link or hidden). What such a
   * refusal leaves in the store stays there and is compared; a store that is refused more than two of its kinds of image is no test.
   */
  async #mayBeRefused(make: () => Promise<void>): Promise<void> {
    try {
      await make();
    } catch (error) {
      if (!(error instanceof EngineRefusal)) throw error;
      this.#refusals.push(error.message);
      if (this.#refusals.length > 2)
        throw new Error(`too much refused:\n${this.#refusals.join('\n')}`, { cause: error });
    }
  }

  #isKnown(name: string): boolean {
    return this.#known.some((image) => image.name === name);
  }

  #remember(name: string, tree: Tree, runs: boolean): void {
    this.#known.push({ name, tree, runs });
  }

  async #import(name: string, tag: string, archive: Buffer): Promise<void> {
    await this.#api.lines(`/images/create?fromSrc=-&repo=${name}&tag=${tag}`, archive);
  }

  async #base(): Promise<void> {
    const entries = [...baseEntries(this.#random)];
    const tree = this.#empty.copy();
    for (const entry of entries)
      if (entry.name.startsWith('etc')) {
        tree.set(entry.name, entry.kind === 'directory' ? 'directory' : 'file');
        if (entry.kind === 'file') tree.entries.set(entry.name, entry);
      }
    const taken = entries.map(({ name }) => name);
    entries.push(...randomLayer(tree, this.#random, { whiteouts: false, changes: 40, taken }));
    this.#baseTar = tar(entries);
    this.#baseTree = tree;
    await this.#import('base', '1', this.#baseTar);
    this.#remember('base:1', tree, true);
  }

  async #imported(): Promise<void> {
    const tree = this.#empty.copy();
    const entries = randomLayer(tree, this.#random, {
      whiteouts: false,
      changes: this.#random.between(1, 60),
      claimedLengths: true,
    });
    await this.#import('imported', 'x', tar(entries));
    this.#remember('imported:x', tree, false);
  }

  /** Layers on top of the base, each changing what the ones below show. */
  #layers(count: number): { readonly layers: readonly Buffer[]; readonly tree: Tree } {
    const tree = this.#baseTree.copy();
    const layers = [this.#baseTar];
    for (let made = 0; made < count; made++)
      layers.push(
        tar(randomLayer(tree, this.#random, { whiteouts: true, changes: this.#random.between(0, 40) })),
      );
    if (this.#random.chance(0.2)) layers.push(layers.at(-1) ?? this.#baseTar);
    return { layers, tree };
  }

  /** `docker load`: two images in one archive, the second on the first one's layers. */
  async #loaded(): Promise<void> {
    const first = this.#layers(this.#random.between(1, 4));
    const tree = first.tree.copy();
    const more = tar(randomLayer(tree, this.#random, { whiteouts: true, changes: 25, claimedLengths: true }));
    const images = [
      { name: 'loaded:a', layers: first.layers, tree: first.tree },
      { name: 'loaded:b', layers: [...first.layers, more], tree },
    ];
    const entries = new Map<string, TarEntry>();
    const manifest = images.map((image) => {
      const config = imageConfig(image.layers, { comment: image.name });
      const configName = `${image.name.replace(':', '-')}.json`;
      entries.set(configName, { name: configName, kind: 'file', body: config });
      const layers = image.layers.map((body, index) => {
        const name = `${index}-${body.length}.tar`;
        entries.set(name, { name, kind: 'file', body });
        return name;
      });
      return { Config: configName, RepoTags: [image.name], Layers: layers };
    });
    const body = Buffer.from(JSON.stringify(manifest));
    await this.#api.lines(
      '/images/load?quiet=1',
      tar([...entries.values(), { name: 'manifest.json', kind: 'file', body }]),
    );
    for (const image of images) this.#remember(image.name, image.tree, true);
  }

  /** By tag, and another by digest: that one has no tag. */
  async #pulled(): Promise<void> {
    const registry = new Registry();
    try {
      const host = await registry.start();
      const tagged = this.#layers(2);
      registry.push('pulled', 'one', tagged.layers, 'pulled:one');
      await this.#api.lines(`/images/create?fromImage=${host}/pulled&tag=one`, Buffer.alloc(0));
      this.#remember(`${host}/pulled:one`, tagged.tree, true);
      const plain = this.#layers(1);
      const digest = registry.push('by/digest', 'none', plain.layers, 'by digest');
      await this.#api.lines(`/images/create?fromImage=${host}/by/digest&tag=${digest}`, Buffer.alloc(0));
      this.#remember(`${host}/by/digest@${digest}`, plain.tree, true);
    } finally {
      registry.stop();
    }
  }

  async #build(
    version: 1 | 2,
    tag: string,
    dockerfile: readonly string[],
    context: readonly TarEntry[],
  ): Promise<void> {
    const file: TarEntry = {
      name: 'Dockerfile',
      kind: 'file',
      body: Buffer.from(`${dockerfile.join('\n')}\n`, 'latin1'),
    };
    await this.#api.lines(
      `/build?version=${version}&t=${tag}&networkmode=none&rm=1`,
      tar([file, ...context]),
    );
  }

  #context(): readonly TarEntry[] {
    const tree = this.#empty.copy();
    tree.set('files', 'directory');
    return [
      { name: 'files', kind: 'directory' },
      ...randomLayer(tree, this.#random, { whiteouts: false, changes: 12 }).filter(
        ({ kind }) => kind !== 'char' && kind !== 'block',
      ),
      { name: 'one', kind: 'file', body: this.#random.bytes(this.#random.fileLength()) },
    ];
  }

  #run(tree: Tree, changes: number): string {
    return `RUN ${JSON.stringify(['/bin/sh', '-c', `${randomScript(tree, this.#random, changes)}\ntrue`])}`;
  }

  /** The classic builder: a chain of hidden images below each tag; the second build goes on from the first one's cache. */
  async #built(): Promise<void> {
    const tree = this.#baseTree.copy();
    const context = this.#context();
    const lines = ['FROM base:1', 'ENV A=b', this.#run(tree, 25), 'COPY files /copied/', 'LABEL x=y'];
    await this.#build(1, 'built:1', lines, context);
    this.#remember('built:1', tree, true);
    const next = tree.copy();
    await this.#build(1, 'built:2', [...lines, 'COPY one /one', this.#run(next, 10)], context);
    this.#remember('built:2', next, true);
    if (this.#random.chance(0.5)) {
      const again = this.#baseTree.copy();
      await this.#build(1, 'built:1', ['FROM base:1', 'LABEL other=1', this.#run(again, 5)], context);
    }
  }

  async #builtByBuildKit(): Promise<void> {
    const tree = this.#baseTree.copy();
    const context = this.#context();
    const lines = [
      'FROM base:1 AS first',
      this.#run(tree.copy(), 10),
      'FROM base:1',
      'COPY files /copied/',
      this.#run(tree, 25),
      'COPY --from=first /etc /first/',
      'RUN --mount=type=cache,target=/cache ["/bin/sh","-c","echo cached >> /cache/a; cp /cache/a /from-cache"]',
    ];
    await this.#build(2, 'kit:1', lines, context);
    this.#remember('kit:1', tree, true);
    if (this.#random.chance(0.5)) {
      await this.#build(
        2,
        'kit:2',
        [...lines, 'WORKDIR /work', 'COPY one .', 'RUN ["/bin/sh","-c","echo a > b"]'],
        context,
      );
      this.#remember('kit:2', tree.copy(), true);
    }
    if (this.#random.chance(0.4)) {
      const failing = ['FROM base:1', this.#run(this.#baseTree.copy(), 8), 'RUN ["/bin/sh","-c","exit 1"]'];
      await this.#build(2, 'kit:never', failing, context).catch(() => undefined);
    }
    if (this.#random.chance(0.4)) {
      // The records outlive the image whose layers they were.
      await this.#build(2, 'kit:short', ['FROM base:1', this.#run(this.#baseTree.copy(), 8)], context);
      await this.#api.call('DELETE', '/images/kit:short');
    }
  }

  async #noLayers(): Promise<void> {
    await this.#build(1, 'nothing:1', ['FROM scratch', 'LABEL empty=yes', 'CMD ["none"]'], []);
    this.#remember('nothing:1', this.#empty, false);
  }

  async #create(image: string, options: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { Id } = await this.#api.json<{ Id: string }>('POST', '/containers/create', {
      Image: image,
      Cmd: ['/bin/sh'],
      StopSignal: 'SIGKILL',
      ...options,
      HostConfig: { NetworkMode: 'none', ...(options['HostConfig'] as object | undefined) },
    });
    return Id;
  }

  async #put(container: string, entries: readonly TarEntry[]): Promise<void> {
    await this.#api.call('PUT', `/containers/${container}/archive?path=/`, {
      body: tar(entries),
      type: 'application/x-tar',
      allow: [400, 404, 500],
    });
  }

  #runnable(): KnownImage {
    return this.#random.pick(this.#known.filter((image) => image.runs));
  }

  /** Starts a container on a script of random changes and waits for the end of it. */
  async #runScript(
    image: KnownImage,
    changes: number,
    then: string,
    tree: Tree,
    options: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const script = `${randomScript(tree, this.#random, changes)}\n${then}`;
    const id = await this.#create(image.name, { Cmd: ['/bin/sh', '-c', script], ...options });
    await this.#api.call('POST', `/containers/${id}/start`);
    return id;
  }

  async #finished(id: string): Promise<void> {
    await this.#api.call('POST', `/containers/${id}/wait`);
  }

  async #committed(): Promise<void> {
    for (const tag of ['1', '2']) {
      const image = this.#runnable();
      const tree = image.tree.copy();
      const id = await this.#runScript(image, 30, 'true', tree);
      await this.#finished(id);
      if (this.#random.chance(0.5))
        await this.#put(id, randomLayer(tree, this.#random, { whiteouts: false, changes: 10 }));
      await this.#api.json('POST', `/commit?container=${id}&repo=committed&tag=${tag}`, {});
      this.#remember(`committed:${tag}`, tree, true);
      if (this.#random.chance(0.5)) await this.#api.call('DELETE', `/containers/${id}`);
    }
  }

  /** Second names, images that lose theirs. */
  async #names(): Promise<void> {
    const tag = async (from: string, repo: string, name: string): Promise<void> => {
      if (this.#isKnown(from)) await this.#api.call('POST', `/images/${from}/tag?repo=${repo}&tag=${name}`);
    };
    await tag('loaded:a', 'second', 'name');
    await tag('loaded:a', 'localhost:5000/deep/er', 'v1.2');
    await tag('kit:1', 'kit', 'again');
    await tag('loaded:b', 'committed', '1');
    if (this.#random.chance(0.5) && this.#isKnown('built:1')) {
      const { status } = await this.#api.call('DELETE', '/images/built:1', { allow: [409] });
      const at = this.#known.findIndex(({ name }) => name === 'built:1');
      if (status < 400) this.#known.splice(at, 1);
    }
  }

  async containers(): Promise<GeneratedStore> {
    await this.#makeVolumes();
    for (let made = this.#random.between(8, 12); made > 0; made--) await this.#created();
    await this.#created(this.#known.find((image) => image.name === 'nothing:1'));
    for (let made = 0; made < 3; made++) {
      const image = this.#runnable();
      await this.#finished(
        await this.#runScript(
          image,
          this.#random.between(20, 120),
          this.#random.pick(['true', 'exit 3', 'cat /etc/w0', deepScript(this.#random), HUGE]),
          image.tree.forContainer(),
          this.#mounts(),
        ),
      );
    }
    const running = [await this.#stays(60), await this.#stays(20)];
    const { State } = await this.#api.get<{ State: { Pid: number } }>(`/containers/${running[0]}/json`);
    await leaveSocket(`/proc/${State.Pid}/root/a.sock`);
    await this.#api.call('POST', `/containers/${running[1]}/pause`);
    await this.#imageTakenAway();
    await this.#later();
    return { running };
  }

  /** A new name, containers removed with and without their volumes. */
  async #later(): Promise<void> {
    const renamed = await this.#create('base:1', { Volumes: { '/a': {}, '/b': {} } });
    await this.#api.call('POST', `/containers/${renamed}/rename?name=renamed_${this.#random.word()}`);
    for (const query of ['', '?v=1']) {
      const id = await this.#create('base:1', { Volumes: { '/left': {} } });
      await this.#api.call('DELETE', `/containers/${id}${query}`);
    }
  }

  async #stays(changes: number): Promise<string> {
    const image = this.#runnable();
    const id = await this.#runScript(
      image,
      changes,
      'echo READY; exec /bin/sleep 100000',
      image.tree.forContainer(),
      this.#mounts(),
    );
    const until = Date.now() + READY_MS;
    while (Date.now() < until) {
      const { body } = await this.#api.call('GET', `/containers/${id}/logs?stdout=1`);
      if (body.includes('READY')) return id;
      await sleep(30);
    }
    throw new Error('a container did not get ready');
  }

  async #created(image: KnownImage = this.#random.pick(this.#known)): Promise<void> {
    const id = await this.#create(image.name, this.#mounts());
    if (this.#random.chance(0.85))
      await this.#put(
        id,
        randomLayer(image.tree.forContainer(), this.#random, {
          whiteouts: false,
          changes: this.#random.between(1, 50),
        }),
      );
  }

  #mounts(): Readonly<Record<string, unknown>> {
    if (this.#volumes.length === 0 || this.#random.chance(0.5)) return {};
    const name = this.#random.pick(this.#volumes);
    return this.#random.chance(0.3)
      ? { Volumes: { '/anonymous': {} } }
      : { HostConfig: { Binds: [`${name}:/volume`], Tmpfs: { '/in-memory': '' } } };
  }

  /** A container whose image is removed by force: its layers stay. */
  async #imageTakenAway(): Promise<void> {
    const tree = this.#baseTree.copy();
    await this.#import('gone', '1', tar(randomLayer(tree, this.#random, { whiteouts: false, changes: 15 })));
    const id = await this.#create('gone:1');
    await this.#put(id, randomLayer(tree, this.#random, { whiteouts: false, changes: 10 }));
    await this.#api.call('DELETE', '/images/gone:1?force=1');
  }

  async #makeVolumes(): Promise<void> {
    for (let made = this.#random.between(2, 4); made > 0; made--) {
      const Name = `volume-${this.#random.word()}`;
      const made_ = await this.#api.json<{ Mountpoint: string }>('POST', '/volumes/create', {
        Name,
        Labels: { a: 'b' },
      });
      fillVolume(made_.Mountpoint, this.#random);
      this.#volumes.push(Name);
    }
    await this.#api.json('POST', '/volumes/create', {
      Name: 'in-memory',
      DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' },
    });
    await this.#api.json('POST', '/volumes/create', { Name: 'empty' });
  }
}
