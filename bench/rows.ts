import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleProgram } from '../scripts/bundle.mjs';
import { enginesFolder } from '../scripts/engines.mjs';
import { storeWithLargeRwLayer, storeWithNaiveDiff } from './engine-stores.ts';
import type { EngineStore } from './engine-stores.ts';
import { makeImagesStore } from './images-store.ts';
import type { Command, Run } from './timing.ts';
import { interleave, median, medianRatio, peakOf } from './timing.ts';
import { makeTree } from './trees.ts';

/** One line of the table: `measured` is a ratio of whole-process times (or bytes), to reach `atMost`. */
export interface Row {
  readonly work: string;
  readonly against: string;
  readonly ours: string;
  readonly theirs: string;
  readonly measured: number;
  readonly atMost: number;
}

export interface BenchContext {
  /** A folder on a real disk, removed afterwards. */
  readonly folder: string;
  /** Where the engines' stores are made. */
  readonly engineBase: string;
  readonly weigh: string;
  readonly rounds: number;
  readonly say: (line: string) => void;
}

export type RowMaker = (context: BenchContext) => Promise<readonly Row[]>;

const NODE = process.execPath;
/** Beside the walker's worker, which it needs. */
const WALK = join(import.meta.dirname, '../dist/bench-walk.cjs');

function seconds(runs: readonly Run[]): string {
  return `${median(runs.map((run) => run.wallSeconds)).toFixed(3)} s`;
}

async function pair(
  context: BenchContext,
  work: string,
  against: string,
  commands: { readonly ours: Command['argv']; readonly theirs: Command['argv'] },
  atMost: number,
  options: { readonly before?: () => void; readonly rounds?: number } = {},
): Promise<Row> {
  const rounds = options.rounds ?? context.rounds;
  const [ours = [], theirs = []] = await interleave(
    [
      { label: work, argv: commands.ours },
      { label: against, argv: commands.theirs },
    ],
    rounds,
    options.before === undefined ? {} : { before: options.before, warmUp: false },
  );
  return {
    work,
    against,
    ours: seconds(ours),
    theirs: seconds(theirs),
    measured: medianRatio(ours, theirs),
    atMost,
  };
}

function emptyProgram(context: BenchContext): string {
  const file = join(context.folder, 'empty.cjs');
  writeFileSync(file, '');
  return file;
}

const version: RowMaker = async (context) => [
  await pair(
    context,
    'weigh --version',
    'empty node process',
    { ours: [NODE, context.weigh, '--version'], theirs: [NODE, emptyProgram(context)] },
    1.4,
    { rounds: context.rounds * 4 },
  ),
];

const images: RowMaker = async (context) => {
  const root = join(context.folder, 'images-store');
  makeImagesStore(root, 200, 5);
  const ours = [NODE, context.weigh, 'images', '--no-engine', '--data-root', root] as const;
  const work = 'weigh images, 200 images, 1,000 layers';
  const commands = { ours, theirs: [NODE, emptyProgram(context)] as const };
  return [await pair(context, work, 'empty node process', commands, 4.5, { rounds: context.rounds * 4 })];
};

function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
}

function diskus(): string | undefined {
  const cached = join(enginesFolder(), 'rivals/usr/bin/diskus');
  return [cached, 'diskus'].find(hasProgram);
}

function dropCaches(): void {
  spawnSync('sync');
  writeFileSync('/proc/sys/vm/drop_caches', '3');
}

function walkOf(tree: string): Command['argv'] {
  return [NODE, WALK, tree];
}

const walker: RowMaker = async (context) => {
  const tree = join(context.folder, 'tree');
  await bundleProgram('bench/walk-only.ts', WALK);
  context.say('making a tree of 500,000 entries');
  makeTree(tree, 500_000);
  const du = ['du', '-s', '--apparent-size', tree] as const;
  const rows = [
    await pair(
      context,
      'walker, 500,000 entries, warm',
      'du -s --apparent-size',
      { ours: walkOf(tree), theirs: du },
      0.62,
    ),
  ];
  const rival = diskus();
  if (rival === undefined)
    context.say('diskus is not here: its row is left out (npm run engines -- --rivals)');
  else
    rows.push(
      await pair(
        context,
        'walker, 500,000 entries, warm',
        'diskus',
        { ours: walkOf(tree), theirs: [rival, tree] },
        1.05,
      ),
    );
  if (process.getuid?.() !== 0) context.say('only root can drop caches: the cold row is left out');
  else {
    const cold = { before: dropCaches, rounds: Math.max(3, Math.ceil(context.rounds / 2)) };
    rows.push(
      await pair(
        context,
        'walker, 500,000 entries, cold',
        'du -s --apparent-size',
        { ours: walkOf(tree), theirs: du },
        0.45,
        cold,
      ),
    );
  }
  return [...rows, await peak(tree), await linear(context, tree)];
};

async function peak(tree: string): Promise<Row> {
  const work = 'peak memory, 500,000 entries';
  const bytes = await peakOf({ label: work, argv: walkOf(tree) }, 3);
  const megabytes = bytes / 1e6;
  return {
    work,
    against: '',
    ours: `${megabytes.toFixed(0)} MB`,
    theirs: '',
    measured: megabytes,
    atMost: 150,
  };
}

async function linear(context: BenchContext, half: string): Promise<Row> {
  context.say('making a second tree of 500,000 entries beside it');
  const whole = join(context.folder, 'trees');
  makeTree(join(whole, 'a'), 500_000);
  makeTree(join(whole, 'b'), 500_000);
  return pair(
    context,
    'walker, 1,000,000 entries',
    'walker, 500,000',
    { ours: walkOf(whole), theirs: walkOf(half) },
    2.2,
  );
}

function dockerProgram(): string {
  const cached = join(enginesFolder(), 'bin/sid/docker');
  return hasProgram(cached) ? cached : 'docker';
}

async function againstDockerPs(
  context: BenchContext,
  store: EngineStore,
  row: { readonly work: string; readonly atMost: number; readonly nativeDiff: 'on' | 'off' },
): Promise<Row> {
  const { daemon } = store;
  const options = ['--no-engine', '--engine-version', daemon.version, '--native-diff', row.nativeDiff];
  try {
    return await pair(
      context,
      row.work,
      'docker ps -as',
      {
        ours: [NODE, context.weigh, 'containers', '--data-root', daemon.dataRoot, ...options],
        theirs: [dockerProgram(), '-H', `unix://${daemon.api.socketPath}`, 'ps', '-as'],
      },
      row.atMost,
    );
  } finally {
    await daemon.remove();
  }
}

const containers: RowMaker = async (context) => {
  context.say('making a container with 300,000 files in its RW layer');
  const store = await storeWithLargeRwLayer(context.engineBase, 300_000);
  return [
    await againstDockerPs(context, store, {
      work: 'weigh containers, RW layer of 300,000 files',
      atMost: 0.4,
      nativeDiff: 'on',
    }),
  ];
};

const naive: RowMaker = async (context) => {
  context.say('making an image of 300,000 files and a container that changed 100 of them');
  const store = await storeWithNaiveDiff(context.engineBase, 300_000, 100);
  return [
    await againstDockerPs(context, store, {
      work: 'weigh containers, naive, 100 of 300,000 files changed',
      atMost: 0.02,
      nativeDiff: 'off',
    }),
  ];
};

/** By the names that `--rows` takes. */
export const ROWS: Readonly<Record<string, RowMaker>> = { version, images, walker, containers, naive };
