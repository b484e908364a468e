import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oldKernelHost } from '../../test/host/old-kernel.ts';
import { referenceChanges } from '../../test/host/reference.ts';
import {
  changeTree,
  hostileTree,
  isRoot,
  randomTree,
  remove,
  scratch,
  shell,
} from '../../test/host/trees.ts';
import { buildWorker } from '../../test/host/worker-file.ts';
import { bytePath, pathBuffer } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import { createHost } from './create-host.ts';
import type { Host } from './host.ts';
import type { ChangesTally } from './walker.ts';

let folder: string;
let worker: Awaited<ReturnType<typeof buildWorker>>;
let hosts: ReadonlyMap<string, Host>;

beforeAll(async () => {
  folder = scratch();
  worker = await buildWorker();
  const workerFile = worker.file;
  hosts = new Map([
    ['koffi, 1 thread', createHost({ threads: 1 })],
    ['koffi, 2 threads', createHost({ threads: 2, workerFile })],
    ['koffi, 4 threads', createHost({ threads: 4, workerFile })],
    ['an old kernel', oldKernelHost()],
    ['Node', createHost({ ffi: 'off' })],
  ]);
});

afterAll(async () => {
  for (const host of hosts.values()) await host.close();
  worker.remove();
  remove(folder);
});

function copy(from: string, to: string): void {
  execFileSync('cp', ['-a', '--', from, to]);
}

/** The answer that all ways give; capabilities are beyond Node. */
async function changesOf(now: BytePath, old: BytePath | null): Promise<ChangesTally> {
  const found: (readonly [string, Omit<ChangesTally, 'unreadable'>])[] = [];
  for (const [name, host] of hosts) {
    const { unreadable, ...tally } = await host.walker.compareTrees(now, old);
    expect([name, unreadable?.errno]).toEqual([
      name,
      name === 'Node' && tally.unchanged.files > 0 ? unreadable?.errno : undefined,
    ]);
    found.push([name, tally]);
  }
  const [[, first] = [], ...others] = found;
  for (const [name, tally] of others) expect([name, tally]).toEqual([name, first]);
  if (first === undefined) throw new Error('no hosts');
  return first;
}

function expectReference(tally: ChangesTally, now: BytePath, old: BytePath | null): void {
  expect(tally.failure).toBeUndefined();
  expect({
    added: tally.added.files,
    modified: tally.modified.files,
    deleted: tally.deleted,
    changed: tally.changedBytes,
    unchanged: tally.unchanged.files,
    linkNames: tally.hardLinkNames.names,
  }).toEqual(referenceChanges(pathBuffer(now), old === null ? null : pathBuffer(old)));
  expect(tally.added.bytes + tally.modified.bytes).toBe(tally.changedBytes);
}

function path(name: string): BytePath {
  return bytePath(join(folder, name));
}

const setxattr = koffi
  .load(null)
  .func('int setxattr(const char *path, const char *name, const uint8_t *value, size_t length, int flags)');

function setCapability(file: string, value: Buffer): void {
  expect(setxattr(file, 'security.capability', value, value.length, 0)).toBe(0);
}

/** Two trees made by shell, in directories `old` and `new` of a fresh folder. */
function trees(name: string, script: string): { readonly now: BytePath; readonly old: BytePath } {
  mkdirSync(join(folder, name, 'old'), { recursive: true });
  mkdirSync(join(folder, name, 'new'));
  shell(join(folder, name), script);
  return { now: path(`${name}/new`), old: path(`${name}/old`) };
}

describe('compareTrees', () => {
  it.each([11, 12, 13, 14])('finds in a changed copy what the rule says (seed %i)', async (seed) => {
    randomTree(join(folder, `old${seed}`), seed, 1200);
    copy(join(folder, `old${seed}`), join(folder, `new${seed}`));
    changeTree(join(folder, `new${seed}`), seed);
    const tally = await changesOf(path(`new${seed}`), path(`old${seed}`));
    expectReference(tally, path(`new${seed}`), path(`old${seed}`));
    expect(Math.min(tally.added.files, tally.modified.files, tally.deleted)).toBeGreaterThan(0);
  });

  it('counts nothing of a true copy, and everything against nothing', async () => {
    hostileTree(join(folder, 'hostile'));
    copy(join(folder, 'hostile'), join(folder, 'copy'));
    const same = await changesOf(path('copy'), path('hostile'));
    expectReference(same, path('copy'), path('hostile'));
    expect(same).toMatchObject({ changedBytes: 0, deleted: 0 });
    expect(same.unchanged.files).toBeGreaterThan(30);
    const whole = await changesOf(path('copy'), null);
    expectReference(whole, path('copy'), null);
    expect(whole.changedBytes).toBeGreaterThan(3 * 1024 ** 3);
  });

  it('takes times without a fraction for equal to any in the same second', async () => {
    const { now, old } = trees(
      'times',
      `for t in old new; do for f in both one none second; do printf 123 >$t/$f; done; done
       touch -d '2020-01-01 10:00:00.5' old/both; touch -d '2020-01-01 10:00:00.25' new/both
       touch -d '2020-01-01 10:00:00.5' old/one; touch -d '2020-01-01 10:00:00' new/one
       touch -d '2020-01-01 10:00:00.5' old/none new/none
       touch -d '2020-01-01 10:00:00' old/second; touch -d '2020-01-01 10:00:01' new/second`,
    );
    expect(await changesOf(now, old)).toMatchObject({ changedBytes: 6, modified: { files: 2, bytes: 6 } });
  });

  it('does not look below names that both directories give one inode number', async () => {
    const { now, old } = trees(
      'pruned',
      `printf 12345 >old/linked; ln old/linked new/linked; printf 1 >new/own`,
    );
    const tally = await changesOf(now, old);
    expect(tally).toMatchObject({ changedBytes: 1, entries: 1, unchanged: { files: 0 } });
  });

  it('counts a changed group of hard links once, within a directory and across', async () => {
    const { now, old } = trees(
      'links',
      `printf 1234 >old/had; mkdir new/d; printf 123456 >new/had; ln new/had new/more; ln new/had new/d/most`,
    );
    expect(await changesOf(now, old)).toMatchObject({
      changedBytes: 6,
      modified: { files: 1, bytes: 6 },
      added: { files: 0, bytes: 0 },
      hardLinkNames: { names: 2, bytes: 12 },
    });
  });

  it('counts a change of type, and nothing for what is gone', async () => {
    const { now, old } = trees(
      'types',
      `mkdir -p old/d/deep old/gone/deep new/f; printf 12 >old/d/deep/x; printf 12 >old/f; printf 1 >old/gone/y
       printf 123 >new/d; printf 12345 >new/f/in; ln -s 1234567 new/s; printf 1 >old/s`,
    );
    expect(await changesOf(now, old)).toMatchObject({
      changedBytes: 3 + 5 + 7,
      modified: { files: 2, bytes: 10 },
      added: { files: 1, bytes: 5 },
      deleted: 1,
    });
  });

  it.runIf(isRoot)('compares the bytes of security.capability where all else is equal', async () => {
    const { now, old } = trees('capabilities', 'printf 12345 >old/a; printf 123 >old/b; cp -a old/. new/');
    const one = Buffer.from('0100000202000000000000000000000000000000', 'hex');
    const two = Buffer.from('0100000204000000000000000000000000000000', 'hex');
    setCapability(`${old}/a`, one);
    setCapability(`${now}/a`, two);
    setCapability(`${old}/b`, one);
    setCapability(`${now}/b`, one);
    for (const [name, host] of hosts) {
      const tally = await host.walker.compareTrees(now, old);
      if (name === 'Node') expect(tally).toMatchObject({ changedBytes: 0, unreadable: { errno: 'ENOTSUP' } });
      else
        expect([name, tally]).toMatchObject([name, { changedBytes: 5, unchanged: { files: 1, bytes: 3 } }]);
    }
  });

  it('fails where a root is missing, and where a whole path is too long for the engine', async () => {
    mkdirSync(join(folder, 'there'));
    const missing = await changesOf(path('there'), path('not there'));
    expect(missing.failure).toEqual({ failed: true, errno: 'ENOENT', path: path('not there') });
    shell(
      folder,
      `mkdir deep; cd deep; n=$(printf 'n%.0s' $(seq 200)); for i in $(seq 21); do mkdir $n; cd -P $n; done`,
    );
    expect((await changesOf(path('deep'), path('there'))).failure?.errno).toBe('ENAMETOOLONG');
    expect((await changesOf(path('there'), path('deep'))).failure?.errno).toBe('ENAMETOOLONG');
  });

  it('stops at the signal', async () => {
    for (const host of hosts.values()) {
      const walk = host.walker.compareTrees(path('new11'), path('old11'), {
        signal: AbortSignal.abort('SIGINT'),
      });
      await expect(walk).rejects.toMatchObject({ code: 'INTERRUPTED' });
    }
  });
});
