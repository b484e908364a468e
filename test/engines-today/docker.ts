// Docker with the containerd image store: the classic generator's store, and images that only containerd keeps whole.
import type { ContainersReport } from '../../src/model/reports.ts';
import { askEngine, short } from '../engines/answers.ts';
import type { EngineAnswers } from '../engines/answers.ts';
import { EngineRefusal } from '../engines/api.ts';
import type { EngineApi } from '../engines/api.ts';
import type { Cell } from '../engines/cells.ts';
import { checkCommandLine } from '../engines/cli-check.ts';
import { Tally } from '../engines/compare.ts';
import { Daemon } from '../engines/daemon.ts';
import { generateStore } from '../engines/generator.ts';
import { Random } from '../engines/random.ts';
import { Registry, sha256 } from '../engines/registry.ts';
import { askingEngine, elsewhere, endRunning, fromDisk } from '../engines/store-case.ts';
import type { StoreResult } from '../engines/store-case.ts';
import { tar } from '../engines/tar.ts';
import { randomLayer, Tree } from '../engines/tree.ts';
import { askWeigh, explainWeigh, weighJson } from '../engines/weigh.ts';
import type { WeighAnswers, WeighTarget } from '../engines/weigh.ts';
import { indexOf, layout } from './oci.ts';
import type { OciImage, PlatformLayers } from './oci.ts';

function platforms(random: Random): readonly PlatformLayers[] {
  const shared = tar(randomLayer(new Tree(), random, { whiteouts: false, changes: 20 }));
  const own = (): readonly Buffer[] => {
    const tree = new Tree();
    const layers = [tar(randomLayer(tree, random, { whiteouts: false, changes: 15 }))];
    if (random.chance(0.5)) layers.push(tar(randomLayer(tree, random, { whiteouts: true, changes: 10 })));
    return random.chance(0.4) ? [shared, ...layers] : layers;
  };
  const all: readonly PlatformLayers[] = [
    { architecture: 'amd64', layers: own() },
    { architecture: 'arm64', variant: 'v8', layers: own() },
    { architecture: 'arm', variant: 'v7', layers: own() },
  ];
  return all.slice(random.chance(0.2) ? 1 : 0, random.between(2, 3));
}

/** Indexes that are loaded whole, loaded with a part left out, and pulled, which brings one platform. */
async function indexedImages(api: EngineApi, random: Random): Promise<void> {
  const mayBeRefused = async (make: () => Promise<unknown>): Promise<void> => {
    try {
      await make();
    } catch (error) {
      if (!(error instanceof EngineRefusal)) throw error;
    }
  };
  const load = (name: string, image: OciImage, without?: ReadonlySet<string>): Promise<unknown> =>
    api.lines('/images/load?quiet=1', layout([[`docker.io/library/${name}`, image]], without));
  const whole = indexOf(platforms(random), random, 'whole');
  await mayBeRefused(() => load('index:whole', whole));
  await mayBeRefused(() => api.json('POST', '/containers/create', create('index:whole')));
  const part = indexOf(platforms(random), random, 'part');
  const left = new Set(part.blobs.filter(() => random.chance(0.3)).map(sha256));
  await mayBeRefused(() => load('index:part', part, left));
  const registry = new Registry();
  try {
    const host = await registry.start();
    const pulled = indexOf(platforms(random), random, 'pulled');
    for (const blob of pulled.blobs) registry.addBlob(blob);
    for (const document of pulled.documents)
      registry.pushDocument('index', sha256(document) === pulled.target.digest ? 'one' : undefined, document);
    await mayBeRefused(() => api.lines(`/images/create?fromImage=${host}/index&tag=one`, Buffer.alloc(0)));
    await mayBeRefused(() => api.call('POST', `/images/${host}/index:one/tag?repo=index&tag=again`));
    await mayBeRefused(() => api.json('POST', '/containers/create', create(`${host}/index:one`)));
  } finally {
    registry.stop();
  }
}

function create(image: string): object {
  return { Image: image, Cmd: ['/bin/none'], HostConfig: { NetworkMode: 'none' } };
}

/** An image of which no platform is there in full has -1 containers: the engine does not say. */
async function ask(daemon: Daemon): Promise<EngineAnswers> {
  const answers = await askEngine(daemon.api);
  for (const [key, value] of answers.figures)
    if (key.endsWith('|df.containers') && value === -1) answers.figures.set(key, 0);
  return answers;
}

/** `image inspect` tells another size than lists here: it is compared with weigh's explanation of it. */
async function answersOf(
  target: WeighTarget,
  engine: EngineAnswers,
  tally: Tally,
  when: string,
): Promise<WeighAnswers> {
  const weigh = await askWeigh(target);
  for (const key of weigh.figures.keys()) if (key.endsWith('|inspect.size')) weigh.figures.delete(key);
  if (when !== 'stopped') {
    for (const [key, value] of engine.figures)
      if (key.endsWith('|inspect.size')) weigh.figures.set(key, value);
    return weigh;
  }
  for (const [id, image] of engine.history) {
    if (image.hidden) continue;
    const { report, wrong } = await explainWeigh(`image:${short(id)}`, target);
    tally.wrong.push(...wrong);
    const figure = (name: string) => report.figures.find((found) => found.name === name);
    weigh.figures.set(`image ${short(id)}|inspect.size`, figure('inspect')?.bytes ?? null);
    const layers = (figure('history')?.steps ?? []).flatMap(({ bytes }) =>
      bytes === undefined || bytes === 0 ? [] : [bytes],
    );
    tally.figure({
      key: `image ${short(id)}|history`,
      engine: image.layers.join('+'),
      weigh: layers.toReversed().join('+'),
      when,
    });
    const listed = engine.figures.get(`image ${short(id)}|list.size`);
    tally.figure({
      key: `image ${short(id)}|size explained`,
      engine: listed,
      weigh: figure('size')?.bytes,
      when,
    });
  }
  return weigh;
}

/**
 * Here one container that cannot be measured (a path in it is too long) makes the engine's whole list fail. The ones of which weigh says so are
 * removed: if they were others, the engine's next list fails, too.
 */
async function removeFailing(daemon: Daemon, tally: Tally): Promise<void> {
  const target = fromDisk(daemon, daemon.dataRoot);
  const { containers } = await weighJson<ContainersReport>(['containers'], target);
  const failing = containers.filter(({ engineAnswer }) => engineAnswer === 'error');
  const { status } = await daemon.api.call('GET', '/containers/json?all=1&size=1', { allow: [500] });
  const key = 'containers|list fails';
  tally.figure({ key, engine: status === 500, weigh: failing.length > 0, when: 'live' });
  for (const { id } of failing) await daemon.api.call('DELETE', `/containers/${id}?force=1`);
}

/** weigh goes first: it must not depend on what the engine writes down when it is asked for sizes. */
async function compareLive(daemon: Daemon, tally: Tally): Promise<void> {
  const disk = await askWeigh(fromDisk(daemon, daemon.dataRoot));
  const first = await ask(daemon);
  const printed = checkCommandLine(daemon, first);
  const asking = await answersOf(askingEngine(daemon), first, tally, 'live, engine asked');
  const again = await ask(daemon);
  for (const [key, value] of first.figures) if (key.endsWith('|inspect.size')) disk.figures.set(key, value);
  tally.answers(first, again, disk, 'live');
  tally.answers(again, first, asking, 'live, engine asked');
  if (tally.unsteady.length === 0) tally.wrong.push(...printed);
}

export async function dockerCase(cell: Cell, base: string, seed: number, name: string): Promise<StoreResult> {
  const started = Date.now();
  const tally = new Tally();
  const daemon = new Daemon(cell, base, name);
  try {
    await daemon.start();
    const store = await generateStore(daemon.api, seed, 'free');
    await indexedImages(daemon.api, new Random(seed + 1));
    await removeFailing(daemon, tally);
    await compareLive(daemon, tally);
    await endRunning(daemon, store);
    const last = await ask(daemon);
    const again = await ask(daemon);
    await daemon.stop();
    const disk = fromDisk(daemon, daemon.dataRoot);
    tally.answers(last, again, await answersOf(disk, last, tally, 'stopped'), 'stopped');
    await elsewhere(daemon, async (root) => {
      const weigh = await answersOf(fromDisk(daemon, root), last, tally, 'moved');
      tally.answers(last, again, weigh, 'moved');
    });
    return { version: daemon.version, tally, seconds: (Date.now() - started) / 1000 };
  } finally {
    await daemon.remove();
  }
}
