// One seed of one cell: make the store, compare while the engine runs, after it has stopped, and from another place.
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { askEngine, short } from './answers.ts';
import type { EngineAnswers } from './answers.ts';
import type { Cell } from './cells.ts';
import { checkCommandLine } from './cli-check.ts';
import { Tally } from './compare.ts';
import { Daemon } from './daemon.ts';
import { generateStore } from './generator.ts';
import type { GeneratedStore } from './generator.ts';
import type { LinkMode } from './tree.ts';
import { askWeigh, explainWeigh } from './weigh.ts';
import type { WeighAnswers, WeighTarget } from './weigh.ts';

export interface StoreResult {
  readonly version: string;
  readonly tally: Tally;
  readonly seconds: number;
}

/** How the store at a path is weighed without asking an engine. */
export function fromDisk(daemon: Daemon, root: string): WeighTarget {
  const native = daemon.cell.driver === 'overlay2' ? ['--native-diff', daemon.cell.naive ? 'off' : 'on'] : [];
  return {
    options: ['--data-root', root, '--no-engine', '--engine-version', daemon.version, ...native],
  };
}

/** weigh finds the engine and asks it. */
export function askingEngine(daemon: Daemon): WeighTarget {
  return {
    options: ['--data-root', daemon.dataRoot],
    env: { DOCKER_HOST: `unix://${daemon.api.socketPath}` },
  };
}

/** Four in five stores of fuse-overlayfs have no hard links that the engine itself counts differently each time. */
export function linkMode(cell: Cell, seed: number): LinkMode {
  return cell.driver === 'fuse-overlayfs' && seed % 5 !== 0 ? 'none' : 'free';
}

export async function storeCase(cell: Cell, base: string, seed: number, name: string): Promise<StoreResult> {
  const started = Date.now();
  const tally = new Tally();
  const daemon = new Daemon(cell, base, name);
  try {
    await daemon.start();
    const store = await generateStore(daemon.api, seed, linkMode(cell, seed));
    const live = await askLive(daemon);
    await endRunning(daemon, store);
    const last = await askEngine(daemon.api);
    compareLive(live, cell.driver === 'fuse-overlayfs' ? last : undefined, tally);
    const again = await askEngine(daemon.api);
    await daemon.stop();
    const stopped = await askWeigh(fromDisk(daemon, daemon.dataRoot));
    tally.answers(last, again, stopped, 'stopped');
    await explained(daemon, last, (key) => !stopped.unsteady.has(key), tally);
    await elsewhere(daemon, async (root) => {
      tally.answers(last, again, await askWeigh(fromDisk(daemon, root)), 'moved');
    });
    return { version: daemon.version, tally, seconds: (Date.now() - started) / 1000 };
  } finally {
    await daemon.remove();
  }
}

/** Ends the containers that run, so that stopping the engine changes nothing more. */
export async function endRunning(daemon: Daemon, store: GeneratedStore): Promise<void> {
  for (const id of store.running) {
    await daemon.api.call('POST', `/containers/${id}/unpause`, { allow: [409, 500] });
    await daemon.api.call('POST', `/containers/${id}/kill`);
    await daemon.api.call('POST', `/containers/${id}/wait`);
  }
}

interface LiveAnswers {
  readonly disk: WeighAnswers;
  readonly asking: WeighAnswers;
  readonly first: EngineAnswers;
  readonly again: EngineAnswers;
  /** What the engine's command line prints otherwise than the suite computes. */
  readonly printed: readonly string[];
}

/** weigh goes first: it must not depend on what the engine writes down when it is asked for sizes. */
async function askLive(daemon: Daemon): Promise<LiveAnswers> {
  const disk = await askWeigh(fromDisk(daemon, daemon.dataRoot));
  const first = await askEngine(daemon.api);
  const printed = checkCommandLine(daemon, first);
  const asking = await askWeigh(askingEngine(daemon));
  return { disk, first, printed, asking, again: await askEngine(daemon.api) };
}

/**
 * `later`: the engine's answers when the containers have ended, all their files being as they were. A FUSE server that lives as long as its
 * container runs confuses files and directories (even to an error, -1) that a fresh one shows rightly: no file tells what it holds in memory.
 */
function compareLive(live: LiveAnswers, later: EngineAnswers | undefined, tally: Tally): void {
  const { first, again, disk, asking, printed } = live;
  tally.answers(first, later === undefined ? again : contradicted(again, later), disk, 'live');
  tally.answers(
    again,
    later === undefined ? first : contradicted(first, later),
    asking,
    'live, engine asked',
  );
  if (tally.unsteady.length === 0) tally.wrong.push(...printed);
}

/** The answers with those of containers' sizes that a later answer contradicts. */
function contradicted(answers: EngineAnswers, later: EngineAnswers): EngineAnswers {
  const figures = new Map(answers.figures);
  for (const [key, value] of later.figures)
    if (/\.(sizeRw|sizeRootFs)$|^df\|containers\.size$/.test(key)) figures.set(key, value);
  return { ...answers, figures };
}

/** `weigh explain` of a few: the same figures, and the layers' sizes against the engine's history. */
async function explained(
  daemon: Daemon,
  engine: EngineAnswers,
  isSteady: (key: string) => boolean,
  tally: Tally,
): Promise<void> {
  const target = fromDisk(daemon, daemon.dataRoot);
  const images = [...engine.history];
  const hidden = images.filter(([, image]) => image.hidden);
  const shown = images.filter(([, image]) => !image.hidden);
  for (const [id, image] of [...hidden.slice(0, 2), ...shown.slice(0, 3)]) {
    const { report, wrong } = await explainWeigh(`image:${short(id)}`, target);
    tally.wrong.push(...wrong);
    const figure = report.figures.find((found) => found.name === 'size');
    const steps = (figure?.steps ?? []).flatMap(({ bytes }) =>
      bytes === undefined || bytes === 0 ? [] : [bytes],
    );
    const key = `image ${short(id)}`;
    const when = 'stopped';
    tally.figure({ key: `${key}|size explained`, engine: image.size, weigh: figure?.bytes, when });
    tally.figure({ key: `${key}|history`, engine: image.layers.join('+'), weigh: steps.join('+'), when });
  }
  for (const id of engine.containerIds.slice(0, 4)) {
    const { report, wrong } = await explainWeigh(`container:${short(id)}`, target);
    tally.wrong.push(...wrong);
    for (const field of ['sizeRw', 'sizeRootFs']) {
      const key = `container ${report.subject.name}|list.${field}`;
      const bytes = report.figures.find((figure) => figure.name === field)?.bytes;
      const shown = {
        key: `${key} explained`,
        engine: engine.figures.get(key),
        weigh: bytes ?? -1,
        when: 'stopped',
      };
      tally.figure(shown, isSteady(key));
    }
  }
}

/** The same files under another path: moved, or, where they are a file system of their own, mounted there. */
export async function elsewhere(daemon: Daemon, use: (root: string) => Promise<void>): Promise<void> {
  const other = join(daemon.folder, 'copy of it');
  if (daemon.cell.driver !== 'btrfs') {
    renameSync(daemon.dataRoot, other);
    try {
      await use(other);
    } finally {
      renameSync(other, daemon.dataRoot);
    }
    return;
  }
  mkdirSync(other);
  execFileSync('mount', ['--bind', daemon.dataRoot, other]);
  try {
    await use(other);
  } finally {
    execFileSync('umount', [other]);
    rmdirSync(other);
  }
}
