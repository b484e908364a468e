// Many seeds of a cell of today's stores, resumable: what is done stands in a file of JSON lines in the cache folder, from which
// docs/soak-today.md is made.
//   npx tsx test/engines-today/soak.ts --cell 28.5/containerd --seeds 10 [--first 1] [--again] [--verbose] [--keep]
//   npx tsx test/engines-today/soak.ts --table       only write docs/soak-today.md
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { enginesFolder, enginesManifest } from '../../scripts/engines.mjs';
import { baseFolder, clearLeftovers, onEnd, takeLock } from '../engines/machine.ts';
import type { StoreResult } from '../engines/store-case.ts';
import { COMMAND } from '../engines/weigh.ts';
import { parseTodayCell, TODAY_CELLS } from './cells.ts';
import type { TodayCell } from './cells.ts';
import { containerdCase } from './containerd.ts';
import { dockerCase } from './docker.ts';
import { podmanCase } from './podman.ts';

interface Result {
  readonly cell: string;
  readonly version: string;
  readonly seed: number;
  readonly figures: number;
  readonly unequal: number;
  readonly unsteady: number;
  /** Of the command's bundles, so that it shows whether all figures come from one state of weigh. */
  readonly build: string;
}

const { values } = parseArgs({
  options: {
    cell: { type: 'string', multiple: true },
    seeds: { type: 'string', default: '10' },
    first: { type: 'string', default: '1' },
    again: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
  },
});
const say = (line: string): void => console.log(line);

function stateFile(): string {
  return join(dirname(enginesFolder()), 'soak-today.jsonl');
}

/** The latest result of each cell and seed. */
function results(): ReadonlyMap<string, Result> {
  const found = new Map<string, Result>();
  if (!existsSync(stateFile())) return found;
  for (const line of readFileSync(stateFile(), 'utf8').split('\n')) {
    if (line === '') continue;
    const result = JSON.parse(line) as Result;
    found.set(`${result.cell} ${result.seed}`, result);
  }
  return found;
}

function build(): string {
  const hash = createHash('sha256');
  const folder = dirname(COMMAND);
  const bundles = readdirSync(folder).filter((name) => name.endsWith('.cjs'));
  for (const name of bundles.sort()) hash.update(readFileSync(join(folder, name)));
  return hash.digest('hex').slice(0, 12);
}

function table(): string {
  const rows = new Map<string, Result & { readonly seeds: number }>();
  for (const result of results().values()) {
    const row = rows.get(result.cell);
    rows.set(result.cell, {
      ...result,
      seeds: (row?.seeds ?? 0) + 1,
      figures: (row?.figures ?? 0) + result.figures,
      unequal: (row?.unequal ?? 0) + result.unequal,
      unsteady: (row?.unsteady ?? 0) + result.unsteady,
    });
  }
  const number = (value: number): string => value.toLocaleString('en-US');
  return [...rows]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(
      ([cell, row]) =>
        `| ${cell} | ${row.version} | ${row.seeds} | ${number(row.figures)} | ${number(row.unequal)} | ${number(row.unsteady)} |`,
    )
    .join('\n');
}

const ABOUT = `# Soak: weigh against today's engines

Each seed makes a store with a real engine and compares every number that the engine tells with weigh's: Docker with the containerd image
store (the same seeds as [the classic stores](soak.md), and images of several platforms with attestations), containerd by \`ctr\`, Podman. A
figure that only one side has counts as unequal. *Unsteady* are figures for which the engine itself answers differently from one call to the
next; they are compared with nothing.

Made by \`npx tsx test/engines-today/soak.ts --cell CELL --seeds N\`.

| cell | engine | seeds | figures compared | unequal | unsteady |
| --- | --- | ---: | ---: | ---: | ---: |
`;

function writeTable(): void {
  writeFileSync(join(import.meta.dirname, '../../docs/soak-today.md'), `${ABOUT}${table()}\n`);
}

function run(cell: TodayCell, base: string, seed: number): Promise<StoreResult> {
  const name = `t${seed}`;
  if (cell.kind === 'docker') return dockerCase(cell.cell, base, seed, name);
  if (cell.kind === 'containerd') return containerdCase(cell, base, seed, name);
  return podmanCase(cell.driver, base, seed, name);
}

async function one(cell: TodayCell, seed: number, base: string): Promise<void> {
  const made = build();
  const { version, tally, seconds } = await run(cell, base, seed);
  const result: Result = {
    cell: cell.name,
    version,
    seed,
    figures: tally.compared,
    unequal: tally.unequal.length + tally.wrong.length,
    unsteady: tally.unsteady.length,
    build: made,
  };
  appendFileSync(stateFile(), `${JSON.stringify(result)}\n`);
  if (tally.failed) process.exitCode = 1;
  say(
    `${version} ${cell.name}: seed ${seed}, ${tally.compared} figures compared, ${tally.unequal.length} unequal, ${tally.unsteady.length} unsteady (${seconds.toFixed(0)} s)`,
  );
  tally.report(say, values.verbose ? 200 : 12);
}

async function main(): Promise<void> {
  if (values.table) {
    writeTable();
    return;
  }
  if (enginesManifest() === undefined) throw new Error('no engines here: npm run engines');
  const done = results();
  const first = Number(values.first);
  const seeds = Array.from({ length: Number(values.seeds) }, (_none, index) => first + index);
  const work = (values.cell ?? TODAY_CELLS)
    .map(parseTodayCell)
    .flatMap((cell) => seeds.map((seed) => ({ cell, seed })))
    .filter(({ cell, seed }) => values.again || !done.has(`${cell.name} ${seed}`));
  const base = baseFolder();
  const release = await takeLock(base, say);
  onEnd(base, release);
  await clearLeftovers(base);
  for (const { cell, seed } of work) {
    try {
      await one(cell, seed, base);
    } catch (error) {
      process.exitCode = 1;
      say(
        `${cell.name}: seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  }
  await clearLeftovers(base);
  release();
  writeTable();
  say(table());
}

await main();
