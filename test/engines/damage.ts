// A store with one kind of damage for each container and image, weighed before and after the engine has met it.
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { askEngine } from './answers.ts';
import { parseCell } from './cells.ts';
import { Tally } from './compare.ts';
import { Daemon } from './daemon.ts';
import { generateStore } from './generator.ts';
import { endRunning, fromDisk } from './store-case.ts';
import type { StoreResult } from './store-case.ts';
import { askWeigh } from './weigh.ts';

/** Paths of one container's records and layer. */
interface ContainerPaths {
  readonly mounts: string;
  readonly layer: string;
  readonly init: string;
  readonly record: string;
  /** The directory of the overlay2 driver. */
  readonly home: string;
}

type Damage = (paths: ContainerPaths) => void;

function firstLower(paths: ContainerPaths): string {
  const link = readFileSync(join(paths.layer, 'lower'), 'latin1').split(':')[0] ?? '';
  return join(paths.home, link);
}

/** Each is done to a container of its own. */
const DAMAGES: Readonly<Record<string, Damage>> = {
  'diff directory renamed away': ({ layer }) => renameSync(join(layer, 'diff'), join(layer, 'diffX')),
  'diff directory a link': ({ layer }) => {
    renameSync(join(layer, 'diff'), join(layer, 'diffX'));
    symlinkSync('diffX', join(layer, 'diff'));
  },
  'diff directory a file': ({ layer }) => {
    renameSync(join(layer, 'diff'), join(layer, 'diffX'));
    writeFileSync(join(layer, 'diff'), 'seventeen letters');
  },
  'whole layer directory gone': ({ layer }) => renameSync(layer, `${layer}-away`),
  'empty lower': ({ layer }) => writeFileSync(join(layer, 'lower'), ''),
  'no lower': ({ layer }) => unlinkSync(join(layer, 'lower')),
  'first lower link missing': (paths) => unlinkSync(firstLower(paths)),
  'first lower link dangling': (paths) => {
    const link = firstLower(paths);
    unlinkSync(link);
    symlinkSync('../nowhere/diff', link);
  },
  'lower begins with another layer': ({ layer }) => {
    const parts = readFileSync(join(layer, 'lower'), 'latin1').split(':');
    writeFileSync(join(layer, 'lower'), [...parts.slice(1), parts[0] ?? ''].join(':'));
  },
  'empty link': ({ layer }) => writeFileSync(join(layer, 'link'), ''),
  'init-id gone': ({ mounts }) => unlinkSync(join(mounts, 'init-id')),
  'mount record gone': ({ mounts }) => rmSync(mounts, { recursive: true }),
  'mount-id gone': ({ mounts }) => unlinkSync(join(mounts, 'mount-id')),
  'mount-id with a line end': ({ mounts }) => appendFileSync(join(mounts, 'mount-id'), '\n'),
  'container record cut short': ({ record }) => writeFileSync(record, readFileSync(record).subarray(0, 100)),
};

function pathsOf(root: string, id: string): ContainerPaths {
  const mounts = join(root, 'image/overlay2/layerdb/mounts', id);
  const mountId = readFileSync(join(mounts, 'mount-id'), 'latin1');
  const home = join(root, 'overlay2');
  return {
    mounts,
    home,
    layer: join(home, mountId),
    init: join(home, `${mountId}-init`),
    record: join(root, 'containers', id, 'config.v2.json'),
  };
}

/** Damage to image and layer records; the last directories by name, so that some images stay whole. */
function damageImages(root: string, imageIds: readonly string[]): void {
  const layers = join(root, 'image/overlay2/layerdb/sha256');
  const [first, second, third] = imageIds.map((id) =>
    join(root, 'image/overlay2/imagedb/content/sha256', id.replace('sha256:', '')),
  );
  if (first === undefined || second === undefined || third === undefined) throw new Error('too few images');
  appendFileSync(first, ' ');
  const topLayer = readdirSync(layers)
    .filter((name) => existsSync(join(layers, name, 'parent')))
    .toSorted();
  const [noSize, lineEnd, leftover] = topLayer;
  if (noSize === undefined || lineEnd === undefined || leftover === undefined)
    throw new Error('too few layers');
  unlinkSync(join(layers, noSize, 'size'));
  appendFileSync(join(layers, lineEnd, 'size'), '\n');
  const removing = join(layers, `${'0'.repeat(64)}-12345-removing`);
  mkdirSync(removing);
  for (const name of ['diff', 'size']) copyFileSync(join(layers, leftover, name), join(removing, name));
  mkdirSync(join(root, 'image/overlay2/layerdb/tmp/write-set-1'), { recursive: true });
}

/** Damage to volumes; the engine loads them anew at its start. */
function damageVolumes(root: string): void {
  const area = join(root, 'volumes');
  const [gone, linked, empty] = readdirSync(area)
    .filter((name) => name.startsWith('volume-') || name === 'empty')
    .toSorted()
    .toReversed();
  if (gone === undefined || linked === undefined || empty === undefined) throw new Error('too few volumes');
  renameSync(join(area, gone, '_data'), join(area, gone, 'away'));
  renameSync(join(area, linked, '_data'), join(area, linked, 'elsewhere'));
  symlinkSync('elsewhere', join(area, linked, '_data'));
  rmSync(join(area, empty), { recursive: true });
}

/**
 * A container with the volumes of another. An engine counts that reference only from its next start on (moby 20.10-28: daemon/volumes.go
 * registerMountPoints asks for one only where the mount has no source yet); no file tells whether it has been started since.
 */
async function borrowVolumes(daemon: Daemon): Promise<void> {
  const create = (HostConfig: object): Promise<{ Id: string }> =>
    daemon.api.json('POST', '/containers/create', { Image: 'base:1', Cmd: ['/bin/sh'], HostConfig });
  const { Id } = await create({ Binds: ['borrowed:/volume'] });
  await create({ VolumesFrom: [Id] });
}

export async function damageCase(
  base: string,
  seed: number,
  say: (line: string) => void,
): Promise<StoreResult> {
  const started = Date.now();
  const cell = parseCell('28.5/overlay2');
  const daemon = new Daemon(cell, base, 'damage');
  const tally = new Tally();
  try {
    await daemon.start();
    await endRunning(daemon, await generateStore(daemon.api, seed, 'free'));
    await borrowVolumes(daemon);
    const { containerIds, imageIds } = await askEngine(daemon.api);
    await daemon.stop();
    const done = Object.entries(DAMAGES).slice(0, containerIds.length - 1);
    for (const [index, [what, damage]] of done.entries()) {
      const paths = pathsOf(daemon.dataRoot, containerIds[index] ?? '');
      try {
        damage(paths);
      } catch (error) {
        // A container of an image without layers has no lower file to damage.
        say(`  not done: ${what}: ${String(error)}`);
      }
    }
    damageImages(daemon.dataRoot, imageIds);
    damageVolumes(daemon.dataRoot);
    const before = await askWeigh(fromDisk(daemon, daemon.dataRoot));
    await daemon.start();
    const engine = await askEngine(daemon.api);
    const again = await askEngine(daemon.api);
    const live = await askWeigh(fromDisk(daemon, daemon.dataRoot));
    tally.answers(engine, again, before, 'before the restart', true);
    tally.answers(engine, again, live, 'after the restart', true);
    if (![...engine.figures.values()].includes(-1)) tally.wrong.push('no damage made the engine answer -1');
    return { version: daemon.version, tally, seconds: (Date.now() - started) / 1000 };
  } finally {
    await daemon.remove();
  }
}
