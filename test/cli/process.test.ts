import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleCommand } from '../../scripts/bundle.mjs';
import { makeSampleStore } from '../../scripts/sample-store.mjs';
import { temporaryFolder } from './weigh.ts';

/** Inside node_modules, so that the command finds its dependencies as it does when it is installed. */
const modules = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'node_modules');
let folder = '';
let command = '';

beforeAll(async () => {
  mkdirSync(join(modules, '.cache'), { recursive: true });
  folder = mkdtempSync(join(modules, '.cache/weigh-test-'));
  command = join(folder, 'weigh.cjs');
  await bundleCommand(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function sampleRoot(): string {
  const root = join(temporaryFolder(), 'docker');
  makeSampleStore(root);
  return root;
}

describe('the command as a process', () => {
  it('prints its version without its bundle', () => {
    const alone = join(temporaryFolder(), 'weigh.cjs');
    copyFileSync(command, alone);
    const { status, stdout } = spawnSync(process.execPath, [alone, '--version'], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/^weigh \d+\.\d+\.\d+\n$/) as string,
    });
  });

  it('works through a link, as npm installs it, and without a code cache', () => {
    const link = join(temporaryFolder(), 'weigh');
    symlinkSync(command, link);
    const args = [link, 'images', '--json', '--no-engine', '--data-root', sampleRoot()];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect((JSON.parse(stdout) as { images: unknown[] }).images).toHaveLength(3);
  });

  it('is quiet when its reader has enough', () => {
    const script = `"${process.execPath}" "${command}" images --json --no-engine --data-root "${sampleRoot()}" | true; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
  });

  it('tells that its report could not be written', () => {
    const script = `"${process.execPath}" "${command}" images --no-engine --data-root "${sampleRoot()}" > /dev/full; echo "$?"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    expect(stdout).toBe('70\n');
    expect(stderr).toMatch(/cannot write the report: ENOSPC/);
  });

  it('completes in bash', () => {
    const complete = (...words: readonly string[]): string => {
      const script = `source <("${process.execPath}" "${command}" completion bash)
COMP_WORDS=(weigh ${words.map((word) => `"${word}"`).join(' ')}); COMP_CWORD=${String(words.length)}; _weigh; echo "\${COMPREPLY[*]}"`;
      return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim();
    };
    expect(complete('im')).toBe('images');
    expect(complete('df', '--no-t')).toBe('--no-trunc');
    expect(complete('--format', 'j')).toBe('json');
    expect(complete('completion', '')).toBe('bash zsh fish');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends in order on %s', async (signal, expected) => {
    const root = sampleRoot();
    // An engine that never answers keeps the command waiting.
    const socket = join(temporaryFolder(), 'engine.sock');
    const connected = new Promise<void>((resolve) => {
      const server = createServer(() => resolve());
      server.listen(socket);
      server.unref();
    });
    const child = spawn(process.execPath, [command, 'containers', '--data-root', root], {
      env: { ...process.env, DOCKER_HOST: `unix://${socket}` },
    });
    let said = '';
    child.stdout.on('data', (data: Buffer) => (said += data.toString()));
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    await connected;
    child.kill(signal);
    const code = await new Promise((resolve) => {
      child.on('close', (status) => resolve(status));
    });
    expect({ code, said }).toEqual({ code: expected, said: 'weigh: interrupted\n' });
  });
});
