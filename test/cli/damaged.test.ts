import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failure } from '../../src/host/host.ts';
import type { Host } from '../../src/host/host.ts';
import type { ContainersReport } from '../../src/model/reports.ts';
import { textWidth } from '../../src/report/escape.ts';
import { sampleDockerRoot } from '../fixtures/sample-root.ts';
import type { SampleRoot } from '../fixtures/sample-root.ts';
import { schemaErrors } from './schema.ts';
import { FIXED_RULES, weigh } from './weigh.ts';
import type { Ran } from './weigh.ts';

let sample: SampleRoot;
beforeEach(() => {
  sample = sampleDockerRoot();
});
afterEach(() => sample.remove());

function onSample(...args: readonly string[]): Promise<Ran> {
  return weigh([...args, '--data-root', sample.docker.path, ...FIXED_RULES]);
}

describe('a store as one finds it, with damage', () => {
  it.each([
    ['images', 0],
    ['containers', 3],
    ['df', 3],
    ['df -v', 3],
    ['explain lost', 3],
    ['explain api', 0],
    ['explain registry.example:5000/team/tool:2', 0],
    ['explain df', 0],
  ])('weigh %s fits 80 columns and ends with %d', async (command, expected) => {
    const { code, stdout } = await onSample(...command.split(' '));
    expect(code).toBe(expected);
    const lines = stdout.replaceAll(sample.docker.path, '/r').split('\n');
    expect(lines.filter((line) => textWidth(line) > 80 && !/[0-9a-f]{64}|\/r/.test(line))).toEqual([]);
    const asJson = await onSample(...command.split(' '), '--json');
    expect(asJson.code).toBe(expected);
    expect(schemaErrors(asJson.stdout)).toEqual([]);
  });

  it('shows what has no size as -, says why, and adds it to nothing', async () => {
    const { stdout, stderr } = await onSample('containers');
    expect(stdout).toMatch(/^lost +[0-9a-f]{12} +app:1 +exited + - + - +-$/m);
    expect(stdout).toContain('4 containers wrote >= 2.5 kB');
    expect(stdout).toMatch(/Not exact\n {2}lost: its mount record is gone/);
    expect(stderr).toBe('weigh: 2 figures are not exact: the report says why\n');
    expect((await onSample('containers', '--quiet')).stderr).toBe('');
  });

  it('leaves out findings with the rows that they are about', async () => {
    const { code, stdout } = await onSample('containers', 'api');
    expect(code).toBe(0);
    expect(stdout).not.toContain('lost');
    expect((await onSample('containers', '--filter', 'state=running')).code).toBe(0);
  });

  it('shows an answer of -1 as -, with the step that fails', async () => {
    writeFileSync(join(sample.docker.path, 'overlay2', sample.containers.api.mountId, 'lower'), '');
    const list = await onSample('containers', 'api', '--json');
    expect(list.code).toBe(3);
    expect((JSON.parse(list.stdout) as { containers: unknown[] }).containers[0]).toMatchObject({
      sizeRw: null,
      sizeRootFs: 150_027,
      engineAnswer: -1,
    });
    const explained = await onSample('explain', 'api');
    expect(explained.stdout).toMatch(/^sizeRw {2,}- {2}what the container wrote$/m);
    expect(explained.stdout).toMatch(/engine\s+answers -1/);
    expect((await onSample('df')).stdout).toMatch(/^Containers .* (?:-1B|12B) /m);
  });

  it('never takes our own missing permission for an answer of the engine', async () => {
    const denied = (host: Host): Host => ({
      ...host,
      walker: {
        ...host.walker,
        directorySize: async (root) => ({
          ...(await host.walker.directorySize(root)),
          failure: failure('EACCES', root),
        }),
      },
    });
    const args = ['containers', 'api', '--data-root', sample.docker.path, ...FIXED_RULES];
    const { code, stdout } = await weigh(args, { host: denied });
    expect(code).toBe(3);
    expect(stdout).toMatch(/^api .* (?:\?|>= \S+ k?B) +(?:\?|>= \S+ k?B) +native$/m);
    expect(stdout).toContain('permission denied');
    const asJson = JSON.parse(
      (await weigh([...args, '--json'], { host: denied })).stdout,
    ) as ContainersReport;
    expect(asJson.containers[0]?.engineAnswer).not.toBe(-1);
    expect(asJson.findings.map(({ kind }) => kind)).toContain('unreadable');
  });
});
