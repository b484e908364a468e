import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { makeSampleStore } from '../../scripts/sample-store.mjs';
import { COMMANDS } from '../../src/cli/app.ts';
import { FIXED_RULES, temporaryFolder, weigh } from './weigh.ts';

const readme = readFileSync(
  join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'README.md'),
  'utf8',
);
const SHOWN = [...readme.matchAll(/```console\n\$ weigh (.*)\n([\s\S]*?)```/g)];

/** The block sizes and the root's name are those of the machine that showed it; words break by its length. */
function plain(text: string, root: string): string {
  return text
    .replaceAll(root, '/tmp/weigh/docker')
    .replaceAll(/ {2}du of[\s\S]*?\n\n/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

it.each(SHOWN.map(([, command = '', output = '']) => [command, output]))(
  'shows what weigh %s says',
  async (command, output) => {
    const root = join(temporaryFolder(), 'docker');
    makeSampleStore(root);
    const quiet = /^(?:df|.*--json)/.test(command) ? [] : ['--quiet'];
    const { code, stdout } = await weigh([
      ...command.split(' '),
      '--data-root',
      root,
      ...FIXED_RULES,
      ...quiet,
    ]);
    expect(code).toBe(0);
    expect(plain(stdout, root)).toBe(plain(output, '/tmp/weigh/docker'));
  },
);

it('shows every command', () => {
  expect(SHOWN.length).toBe(5);
  for (const name of Object.keys(COMMANDS)) expect(readme).toContain(`\`weigh ${name}`);
});
