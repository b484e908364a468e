// Many seeds of a cell, resumable: what is done stands in a file of JSON lines in the cache folder, from which docs/soak.md is made.
//   npm run soak -- --cell 28.5/overlay2 --seeds 20 [--jobs 2] [--first 1] [--again] [--verbose]
//   npm run soak -- --table          only write docs/soak.md
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { enginesFolder, enginesManifest } from '../../scripts/engines.mjs';
import { CELLS, parseCell } from './cells.ts';
import type { Cell } from './cells.ts';
import { baseFolder, clearLeftovers, onEnd, takeLock } from './machine.ts';
import { storeCase } from './store-case.ts';
import { Turnstile } from './turnstile.ts';
import { COMMAND } from './weigh.ts';

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
    seeds: { type: 'string', default: '20' },
    first: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '1' },
    again: { type: 'boolean', default: false },
    table: { type: 'boolean', default: false },
  },
});
const top = join(import.meta.dirname, '../..');
const say = (line: string): void => console.log(line);

function stateFile(): string {
  return join(dirname(enginesFolder()), 'soak.jsonl');
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
  const rows = new Map<
    string,
    { version: string; seeds: number; figures: number; unequal: number; unsteady: number }
  >();
  for (const result of results().values()) {
    const row = rows.get(result.cell) ?? {
      version: result.version,
      seeds: 0,
      figures: 0,
      unequal: 0,
      unsteady: 0,
    };
    rows.set(result.cell, {
      version: result.version,
      seeds: row.seeds + 1,
      figures: row.figures + result.figures,
      unequal: row.unequal + result.unequal,
      unsteady: row.unsteady + result.unsteady,
    });
  }
  const lines = [...rows]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([cell, row]) => {
      const driver = cell.split('/')[1] ?? cell;
      const number = (value: number): string => value.toLocaleString('en-US');
      return `| ${driver} | ${row.version} | ${row.seeds} | ${number(row.figures)} | ${number(row.unequal)} | ${number(row.unsteady)} |`;
    });
  return lines.join('\n');
}

const ABOUT = `# Soak: weigh against real engines

Each seed makes a store with a real Docker engine: images by import, load, pull, the classic builder, BuildKit and commit; containers that
are created, run, running and paused; volumes; names of all kinds. Then every size, count and state that the engine's API and its
\`system df\` tell is compared with weigh's: while the engine runs (weigh asking it, and from disk alone), after it has stopped, and with the
store under another path. A figure that only one side has counts as unequal. *Unsteady* are figures for which the engine itself answers
differently from one call to the next; they are compared with nothing.

Made by \`npm run soak -- --cell CELL --seeds N\`; overlay2-naive is overlay2 with the kernel's \`redirect_dir\` on.

| driver | engine | seeds | figures compared | unequal | unsteady |
| --- | --- | ---: | ---: | ---: | ---: |
`;

function writeTable(): void {
  writeFileSync(join(top, 'docs/soak.md'), `${ABOUT}${table()}\n`);
}

async function one(cell: Cell, seed: number, base: string): Promise<void> {
  const made = build();
  const { version, tally, seconds } = await storeCase(
    cell,
    base,
    seed,
    `s-${cell.name.replace('/', '-')}-${seed}`,
  );
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
  say(
    `${version} ${cell.name}: seed ${seed}, ${tally.compared} figures compared, ${tally.unequal.length} unequal, ${tally.unsteady.length} unsteady (${seconds.toFixed(0)} s)`,
  );
  tally.report(say, 12);
}

async function main(): Promise<void> {
  if (values.table) {
    writeTable();
    return;
  }
  if (enginesManifest() === undefined) throw new Error('no engines here: npm run engines');
  const cells = (values.cell ?? CELLS).map(parseCell);
  const first = Number(values.first);
  const done = results();
  const work = cells.flatMap((cell) =>
    Array.from({ length: Number(values.seeds) }, (_none, index) => ({ cell, seed: first + index })).filter(
      ({ seed }) => values.again || !done.has(`${cell.name} ${seed}`),
    ),
  );
  const base = baseFolder();
  const release = await takeLock(base, say);
  onEnd(base, release);
  await clearLeftovers(base);
  const turnstile = new Turnstile();
  const worker = async (): Promise<void> => {
    for (let next = work.shift(); next !== undefined; next = work.shift()) {
      const { cell, seed } = next;
      // redirect_dir holds for the whole host, at the daemon's start and at each mount: such a cell runs alone.
      const leave = await turnstile.enter(cell.naive);
      try {
        await one(cell, seed, base);
      } catch (error) {
        process.exitCode = 1;
        say(
          `${cell.name}: seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
      } finally {
        leave();
      }
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
  await clearLeftovers(base);
  release();
  writeTable();
  say(table());
}

await main();
