import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { makeSampleStore } from '../../scripts/sample-store.mjs';
import { runCli } from '../../src/cli/run.ts';
import { FIXED_RULES, temporaryFolder, weigh } from './weigh.ts';

const top = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

function sampleRoot(): string {
  const root = join(temporaryFolder(), 'docker');
  makeSampleStore(root);
  return root;
}

describe('wrong usage ends with 2, a sentence and a hint', () => {
  it.each([
    [['imges'], 'weigh: no command imges\n  Did you mean weigh images?\n'],
    [['images', '--data-rot', 'x'], 'weigh: no flag --data-rot here\n  Did you mean --data-root?\n'],
    [['images', '-x'], 'weigh: no flag -x here\n  See weigh --help.\n'],
    [['images', '--sort', 'siez'], 'weigh: --sort does not know siez\n  Did you mean size?\n'],
    [['images', '--filter', 'name'], 'weigh: --filter takes KEY=VALUE, not name\n'],
    [['images', '--filter', 'dangling=yes', '--data-root', '/x'], ''],
    [['images', '--top', '0'], 'weigh: --top takes a whole number above 0, not 0\n'],
    [['images', '--bytes', '--iec'], 'weigh: --bytes and --iec exclude each other\n'],
    [['images', '--format', 'yaml'], 'weigh: --format cannot be yaml\n  It takes table, json.\n'],
    [['images', '--store', '/srv'], ''],
    [['images', '--engine-version'], ''],
    [['df', 'x'], 'weigh: one argument too many: x\n  See weigh --help.\n'],
    [['explain'], 'weigh: NAME is missing\n  See weigh --help.\n'],
    [['explain', 'a', 'b'], 'weigh: one argument too many: b\n  See weigh --help.\n'],
    [['completion', 'bassh'], 'weigh: no completion for bassh\n  Did you mean bash?\n'],
    [['nginx', 'x'], 'weigh: no command nginx\n  See weigh --help.\n'],
  ])('%j', async (args, said) => {
    const { code, stdout, stderr } = await weigh(args);
    if (args.includes('dangling=yes')) {
      // Found out when a row is tested; here the root is missing before that.
      expect(code).toBe(4);
      return;
    }
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    if (said !== '') expect(stderr).toBe(said);
    expect(stderr).toMatch(/^weigh: .+\n/);
  });

  it('also for what only shows while measuring', async () => {
    const { code, stderr } = await weigh([
      'images',
      '--engine-version',
      'latest',
      '--data-root',
      sampleRoot(),
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('not an engine version: latest');
  });
});

describe('what is not there ends with 4', () => {
  it('a root', async () => {
    const { code, stderr } = await weigh(['images', '--data-root', '/does/not/exist']);
    expect(code).toBe(4);
    expect(stderr).toContain('/does/not/exist');
  });

  it('a root that is no store', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'c.tar'), 'x');
    mkdirSync(join(folder, 'sub'));
    const { code, stderr } = await weigh(['images', '--data-root', folder]);
    expect(code).toBe(4);
    expect(stderr).toMatch(/is not a/);
  });

  it('a name', async () => {
    const root = sampleRoot();
    for (const args of [['containers', 'ap'], ['images', 'ap:1'], ['explain', 'nothing'], ['nginx']]) {
      const { code, stderr } = await weigh([...args, '--data-root', root, ...FIXED_RULES]);
      expect({ args, code }).toEqual({ args, code: 4 });
      expect(stderr).toContain(args.at(-1));
    }
  });
});

it('a name alone says what there is', async () => {
  const { code, stderr } = await weigh(['app:1', '--data-root', sampleRoot(), ...FIXED_RULES]);
  expect(code).toBe(2);
  expect(stderr).toContain('weigh explain app:1');
});

it('--json tells a failure in one line that its schema allows', async () => {
  const schema = JSON.parse(readFileSync(join(top, 'schemas/weigh.error.1.json'), 'utf8')) as object;
  const validate = new Ajv().compile(schema);
  for (const args of [
    ['imges', '--json'],
    ['images', '--format', 'json', '--data-root', '/does/not/exist'],
  ]) {
    const { stdout, stderr } = await weigh(args);
    expect(stdout).toBe('');
    expect(stderr.split('\n')).toHaveLength(2);
    expect(validate(JSON.parse(stderr))).toBe(true);
  }
});

it('a bug of ours ends with 70 and shows its stack with --debug only', async () => {
  const run = async (...args: readonly string[]): Promise<readonly [number, string]> => {
    let stderr = '';
    const code = await runCli(['images', ...args], {
      stdout: { write: () => true },
      stderr: { write: (text) => (stderr += text) },
      env: {},
      version: '1.2.3',
      signal: new AbortController().signal,
      openHost: () => Promise.reject(new TypeError('boom \u001b[2J')),
    });
    return [code, stderr];
  };
  const [code, plain] = await run();
  expect(code).toBe(70);
  expect(plain).toMatch(/^weigh: internal error: boom \\x1b\[2J\n {2}This is a bug/);
  expect(plain).not.toContain('    at ');
  expect((await run('--debug'))[1]).toContain('    at ');
});

describe('interruption', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('by %s ends with %d', async (name, expected) => {
    const signal = AbortSignal.abort(name);
    const { code, stdout, stderr } = await weigh(
      ['containers', '--data-root', sampleRoot(), ...FIXED_RULES],
      { signal },
    );
    expect({ code, stdout, stderr }).toEqual({ code: expected, stdout: '', stderr: 'weigh: interrupted\n' });
  });
});

it('--version and completion', async () => {
  expect(await weigh(['--version'])).toEqual({ code: 0, stdout: 'weigh 1.2.3\n', stderr: '' });
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await weigh(['completion', shell]);
    expect(code).toBe(0);
    for (const word of ['containers', 'images', 'explain', 'data-root']) expect(stdout).toContain(word);
  }
});

describe('a name on a host without a store ends with 4', () => {
  it.each([[['explain', 'api']], [['containers', 'api']], [['images', 'api']], [['api-1']]])(
    '%j',
    async (args) => {
      const { code, stdout, stderr } = await weigh([
        ...args,
        '--no-engine',
        '--host-root',
        temporaryFolder(),
      ]);
      expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
      expect(stderr.replaceAll(/\s+/g, ' ')).toContain('no container store found on this host');
      expect(stderr).toContain('Name a store with --data-root PATH.');
    },
  );
});
