// `npm test`: everything that needs no engine, then the engine suites where engines are present. The last line is the sum of all.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkNode, install, npm, run, top } from './prepare.mjs';

const total = { passed: 0, failed: 0, skipped: 0 };

function add({ passed = 0, failed = 0, skipped = 0 }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

function step(title, go) {
  console.log(`\n== ${title}`);
  add(go() ? { passed: 1 } : { failed: 1 });
}

/** Vitest's own count, from its report in JSON. */
function unitTests() {
  console.log('\n== tests without engines');
  const folder = mkdtempSync(join(tmpdir(), 'weigh-test-'));
  const file = join(folder, 'result.json');
  try {
    const vitest = join(top, 'node_modules/vitest/vitest.mjs');
    const { status } = run(process.execPath, [
      vitest,
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile=${file}`,
    ]);
    const result = JSON.parse(readFileSync(file, 'utf8'));
    add({
      passed: result.numPassedTests,
      failed: result.numFailedTests,
      skipped: result.numPendingTests + result.numTodoTests,
    });
    // A file that does not even load has no failed test, but it has failed.
    if (status !== 0 && result.numFailedTests === 0) add({ failed: 1 });
  } catch (error) {
    console.error(`vitest gave no result: ${error.message}`);
    add({ failed: 1 });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function enginesArePresent() {
  return run(process.execPath, ['scripts/engines.mjs', '--where'], { stdio: 'ignore' }).status === 0;
}

/** Runs the engine suites; they print their own `N passed, N failed, N skipped` last. */
async function engineTests() {
  console.log('\n== engine suites');
  if (!enginesArePresent()) {
    const required = process.env.WEIGH_REQUIRE_ENGINES === '1';
    console.log(
      `engine suites skipped: npm run engines${required ? ' (WEIGH_REQUIRE_ENGINES=1: this is a failure)' : ''}`,
    );
    add(required ? { failed: 1 } : { skipped: 1 });
    return;
  }
  const tsx = join(top, 'node_modules/tsx/dist/cli.mjs');
  const child = spawn(process.execPath, [tsx, 'test/engines/run.ts'], {
    cwd: top,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let tail = '';
  child.stdout.on('data', (data) => {
    process.stdout.write(data);
    tail = (tail + data.toString()).slice(-65_536);
  });
  const status = await new Promise((resolve) => {
    child.on('close', resolve);
  });
  const last = [...tail.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1);
  const counted =
    last === undefined ? {} : { passed: Number(last[1]), failed: Number(last[2]), skipped: Number(last[3]) };
  add(counted);
  const told = (counted.failed ?? 0) > 0;
  if ((status !== 0 || last === undefined) && !told) add({ failed: 1 });
}

checkNode();
if (!install()) {
  console.log('npm ci failed');
  add({ failed: 1 });
} else {
  step('types, lint, format', () => npm(['run', '--silent', 'check']).status === 0);
  step('build', () => run(process.execPath, ['scripts/build.mjs']).status === 0);
  unitTests();
  await engineTests();
}
// The tests against real mounts stand among those without engines: no skipped one of either kind may pass for run.
if (total.skipped > 0 && process.env.WEIGH_REQUIRE_ENGINES === '1') {
  console.log('A test was skipped, and WEIGH_REQUIRE_ENGINES=1: this is a failure.');
  add({ failed: 1 });
}
process.exitCode = total.failed === 0 ? 0 : 1;
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
