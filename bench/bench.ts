// npm run bench [-- --rows version,images,walker,containers,naive] [--rounds N]
// Measures whole processes side by side, in turn, on stores and trees that it makes itself, and prints a table. It fails on nothing.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { arch, cpus, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { baseFolder, clearLeftovers, takeLock } from '../test/engines/machine.ts';
import { ROWS } from './rows.ts';
import type { Row } from './rows.ts';

const weigh = join(import.meta.dirname, '../dist/weigh.cjs');

function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(
    (row) =>
      `| ${row.work} | ${row.against} | ${row.ours} | ${row.theirs} | ${row.measured.toFixed(row.measured > 10 ? 0 : 3)} | ` +
      `≤ ${row.atMost} | ${row.measured <= row.atMost ? 'reached' : 'MISSED'} |`,
  );
  return [
    '| work | against | weigh | other | measured | to reach | |',
    '|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: Object.keys(ROWS).join(',') },
      rounds: { type: 'string', default: '7' },
    },
  });
  if (!existsSync(weigh)) throw new Error('build first: npm run build');
  const say = (line: string): void => console.error(line);
  const engineBase = baseFolder();
  const release_ = await takeLock(engineBase, say);
  await clearLeftovers(engineBase);
  const folder = mkdtempSync(join(engineBase, 'bench-'));
  const rows: Row[] = [];
  try {
    for (const name of values.rows.split(',')) {
      const make = ROWS[name];
      if (make === undefined) throw new Error(`no row ${name}: ${Object.keys(ROWS).join(', ')}`);
      const made = await make({ folder, engineBase, weigh, rounds: Number(values.rounds), say });
      rows.push(...made);
      say(tableOf(made));
    }
  } finally {
    // The engines are free; deleting a million files takes its time.
    release_();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(
    `Node ${process.version}, ${cpus().length} cores ${cpus()[0]?.model ?? arch()}, Linux ${release()}, medians of ${values.rounds} rounds in turn\n`,
  );
  console.log(tableOf(rows));
}

await main();
