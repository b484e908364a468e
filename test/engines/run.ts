// The engine suites as `npm test` runs them: a fresh seed or two for each cell, then damage, then proof that nothing was written.
//   tsx test/engines/run.ts [--cell NAME]... [--seed N] [--only cells|damage|untouched]
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { enginesFolder, enginesManifest } from '../../scripts/engines.mjs';
import { CELLS, parseCell } from './cells.ts';
import { damageCase } from './damage.ts';
import { baseFolder, clearLeftovers, onEnd, takeLock } from './machine.ts';
import { linkMode, storeCase } from './store-case.ts';
import type { StoreResult } from './store-case.ts';
import { untouchedCase } from './untouched.ts';
import { COMMAND } from './weigh.ts';

const SEED_LIMIT = 2 ** 31;
const say = (line: string): void => console.log(line);

const { values } = parseArgs({
  options: {
    cell: { type: 'string', multiple: true },
    seed: { type: 'string' },
    only: { type: 'string' },
  },
});
const cells = values.cell ?? CELLS;

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}
const counts: Counts = { passed: 0, failed: 0, skipped: 0 };

/** A printed seed makes the same store again: `--cell NAME --seed N`. */
function seed(): number {
  return values.seed === undefined ? randomInt(SEED_LIMIT) : Number(values.seed);
}

/**
 * A fresh seed of a cell. On fuse-overlayfs one with steady hard links: where that engine contradicts itself (its FUSE server's memory decides),
 * a difference proves nothing; the soak counts those stores, apart.
 */
function seedOf(cell: string): number {
  const chosen = seed();
  const isUnsteady = values.seed === undefined && linkMode(parseCell(cell), chosen) === 'free';
  return isUnsteady && cell.endsWith('fuse-overlayfs') ? chosen + 1 : chosen;
}

async function suite(title: string, chosen: number, run: () => Promise<StoreResult>): Promise<void> {
  try {
    const { version, tally, seconds } = await run();
    const unsteady = tally.unsteady.length === 0 ? '' : `, ${tally.unsteady.length} unsteady`;
    say(
      `${version} ${title}: seed ${chosen}, ${tally.compared} figures compared, ${tally.unequal.length} unequal${unsteady} (${seconds.toFixed(0)} s)`,
    );
    tally.report(say);
    if (tally.failed) counts.failed++;
    else counts.passed++;
  } catch (error) {
    counts.failed++;
    say(
      `${title}: seed ${chosen}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }
}

function wants(part: string): boolean {
  return values.only === undefined || values.only === part;
}

async function all(base: string): Promise<void> {
  for (const name of wants('cells') ? cells : []) {
    const chosen = seedOf(name);
    await suite(name.split('/')[1] ?? name, chosen, () => storeCase(parseCell(name), base, chosen, 'cell'));
  }
  const damaged = seed();
  if (wants('damage')) await suite('overlay2 damaged', damaged, () => damageCase(base, damaged, say));
  for (const name of wants('untouched') ? ['28.5/overlay2', '26.1/vfs'] : []) {
    const chosen = seed();
    await suite(`${name.split('/')[1] ?? name} untouched`, chosen, () => untouchedCase(base, name, chosen));
  }
}

/** Why the suites cannot run here, if so. */
function obstacle(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'they need root on Linux';
  if (enginesManifest() === undefined) return `no engines in ${enginesFolder()}: npm run engines`;
  if (!existsSync(COMMAND)) return 'weigh is not built: npm run build';
  return undefined;
}

async function main(): Promise<void> {
  const why = obstacle();
  if (why !== undefined) {
    const required = process.env['WEIGH_REQUIRE_ENGINES'] === '1';
    say(`engine suites ${required ? 'cannot run' : 'skipped'}: ${why}`);
    if (required) counts.failed = cells.length;
    else counts.skipped = cells.length;
  } else {
    const base = baseFolder();
    const release = await takeLock(base, say);
    onEnd(base, release);
    await clearLeftovers(base);
    await all(base);
    await clearLeftovers(base);
    release();
  }
  say(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  process.exitCode = counts.failed > 0 ? 1 : 0;
}

await main();
