// Writes the output shown in README.md anew: each block that starts with `$ weigh ...` is run on the sample store. Needs a build.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, top } from './prepare.mjs';
import { makeSampleStore } from './sample-store.mjs';

/** The path that the README shows. */
const FOLDER = '/tmp/weigh';
const root = join(FOLDER, 'docker');
const RULES = ['--data-root', root, '--engine-version', '28.5', '--native-diff', 'on', '--no-engine'];

function outputOf(words) {
  const quiet = words[0] === 'df' || words.includes('--json') ? [] : ['--quiet'];
  const { status, stdout } = spawnSync(process.execPath, [command, ...words, ...RULES, ...quiet], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`weigh ${words.join(' ')} ended with ${status}`);
  return stdout;
}

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER);
try {
  makeSampleStore(root);
  const file = join(top, 'README.md');
  const text = readFileSync(file, 'utf8');
  const block = /(```console\n\$ weigh )(.*)\n[\s\S]*?```/g;
  writeFileSync(
    file,
    text.replace(block, (_, start, words) => `${start}${words}\n${outputOf(words.split(' '))}\`\`\``),
  );
} finally {
  rmSync(FOLDER, { recursive: true, force: true });
}
