import {
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { oldKernelHost } from '../../test/host/old-kernel.ts';
import { referenceSize } from '../../test/host/reference.ts';
import { deepTree, hostileTree, isRoot, randomTree, remove, scratch, shell } from '../../test/host/trees.ts';
import { buildWorker } from '../../test/host/worker-file.ts';
import { bytePath, pathBuffer } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import { createHost } from './create-host.ts';
import type { Host } from './host.ts';
import type { DirectoryTally } from './walker.ts';

let folder: string;
let worker: Awaited<ReturnType<typeof buildWorker>>;
let hosts: ReadonlyMap<string, Host>;
const mounts: string[] = [];

beforeAll(async () => {
  folder = scratch();
  worker = await buildWorker();
  const workerFile = worker.file;
  hosts = new Map([
    ['koffi, 1 thread', createHost({ threads: 1 })],
    ['koffi, 2 threads', createHost({ threads: 2, workerFile })],
    ['koffi, 4 threads', createHost({ threads: 4, workerFile })],
    ['as it comes', createHost({ workerFile })],
    ['an old kernel', oldKernelHost()],
    ['Node', createHost({ ffi: 'off' })],
  ]);
});

afterEach(() => {
  for (const mount of mounts.splice(0)) shell(folder, `umount -l ${mount}`);
});

afterAll(async () => {
  for (const host of hosts.values()) await host.close();
  worker.remove();
  remove(folder);
});

async function byAll(root: BytePath): Promise<readonly (readonly [string, DirectoryTally])[]> {
  const found: (readonly [string, DirectoryTally])[] = [];
  for (const [name, host] of hosts) found.push([name, await host.walker.directorySize(root)]);
  return found;
}

/** Every way of walking says the same; that is then the answer. */
async function sizeOf(root: BytePath): Promise<DirectoryTally> {
  const [[, first] = [], ...others] = await byAll(root);
  for (const [name, tally] of others) expect([name, tally]).toEqual([name, first]);
  if (first === undefined) throw new Error('no hosts');
  return first;
}

function expectReference(tally: DirectoryTally, root: BytePath): void {
  const { files, symlinks, others, directories } = tally;
  expect({
    counted: tally.countedBytes,
    names: {
      files: files.names,
      symlinks: symlinks.names,
      others: others.names,
      directories: directories.names,
    },
    hardLinkNames: tally.hardLinkNames.names,
    hardLinkBytes: tally.hardLinkNames.bytes,
    apparentBytes: tally.apparentBytes,
    diskBytes: tally.diskBytes,
    entries: tally.entries,
  }).toEqual(referenceSize(pathBuffer(root)));
  expect(tally.vanished).toBe(0);
  expect(tally.failure).toBeUndefined();
}

async function failuresOf(root: BytePath): Promise<readonly unknown[]> {
  return (await byAll(root)).map(([, { failure }]) => failure?.errno);
}

describe('directorySize', () => {
  it('counts a hostile tree alike in every way', async () => {
    const root = bytePath(join(folder, 'hostile'));
    hostileTree(root);
    const tally = await sizeOf(root);
    expectReference(tally, root);
    expect(tally.countedBytes).toBeGreaterThan(3 * 1024 ** 3);
    expect(tally.hardLinkNames.names).toBe(24);
  });

  it.each([1, 2, 3])('counts a random tree as the rule says (seed %i)', async (seed) => {
    const root = bytePath(join(folder, `random${seed}`));
    randomTree(root, seed, 1500);
    expectReference(await sizeOf(root), root);
  });

  it('goes 1,000 directories deep', async () => {
    const root = bytePath(join(folder, 'deep'));
    deepTree(root, 1000);
    const tally = await sizeOf(root);
    expectReference(tally, root);
    expect(tally.directories.names).toBe(1001);
    expect(tally.files.names).toBe(10);
  });

  it('fails like the engine where a whole path is longer than 4,095 bytes', async () => {
    const root = bytePath(join(folder, 'long'));
    const name = 'n'.repeat(99);
    const depth = Math.floor((4095 - root.length) / 100);
    deepTree(root, depth, name);
    expect(await failuresOf(root)).toEqual([...hosts.keys()].map(() => undefined));
    remove(root);
    deepTree(root, depth + 3, name);
    expect(await failuresOf(root)).toEqual([...hosts.keys()].map(() => 'ENAMETOOLONG'));
  });

  it.runIf(isRoot)('fails with the name of what may not be read', async () => {
    const root = join(folder, 'forbidden');
    mkdirSync(join(root, 'locked'), { recursive: true, mode: 0o755 });
    shell(root, `chmod 755 .. . ; chmod 700 locked; : >locked/in`);
    process.seteuid?.(65534);
    try {
      const path = bytePath(join(root, 'locked'));
      expect((await byAll(bytePath(root))).map(([, { failure }]) => failure)).toEqual(
        [...hosts.keys()].map(() => ({ failed: true, errno: 'EACCES', path })),
      );
    } finally {
      process.seteuid?.(0);
    }
  });

  it('measures a root that is a link, a file, or not there', async () => {
    symlinkSync('12345', join(folder, 'link'));
    const link = await sizeOf(bytePath(join(folder, 'link')));
    expect(link).toMatchObject({ countedBytes: 5, rootIsNotDirectory: true, entries: 1 });
    writeFileSync(join(folder, 'file'), '1234567');
    const file = await sizeOf(bytePath(join(folder, 'file')));
    expect(file).toMatchObject({ countedBytes: 7, rootIsNotDirectory: true });
    const missing = bytePath(join(folder, 'missing'));
    expect((await sizeOf(missing)).failure).toEqual({ failed: true, errno: 'ENOENT', path: missing });
  });

  it.runIf(isRoot)(
    'counts an inode number once over several file systems, in the order of names',
    async () => {
      const root = join(folder, 'mounted');
      mkdirSync(root);
      for (const name of ['b', 'a']) {
        mkdirSync(join(root, name));
        shell(root, `mount -t tmpfs none ${name}`);
        mounts.push(join(root, name));
      }
      // Each tmpfs numbers its inodes from the same start.
      for (const name of ['b', 'a'])
        for (let n = 0; n < 5; n++)
          writeFileSync(join(root, name, `${n}`), 'z'.repeat(name === 'a' ? 10 : 300));
      const tally = await sizeOf(bytePath(root));
      expectReference(tally, bytePath(root));
      expect(tally.countedBytes).toBe(50);
    },
  );

  it.runIf(isRoot)('says so where a length or a sum is beyond 2^53-1', async () => {
    const root = join(folder, 'huge');
    mkdirSync(root);
    shell(root, 'mount -t tmpfs none .');
    mounts.push(root);
    shell(root, 'truncate -s 9007199254740991 file');
    expect((await sizeOf(bytePath(root))).countedBytes).toBe(Number.MAX_SAFE_INTEGER);
    const overflows = [...hosts.keys()].map(() => 'EOVERFLOW');
    shell(root, 'truncate -s 9007199254740992 file');
    expect(await failuresOf(bytePath(root))).toEqual(overflows);
    shell(root, 'truncate -s 5000000000000000 file; truncate -s 5000000000000000 other');
    expect(await failuresOf(bytePath(root))).toEqual(overflows);
  });

  it.runIf(isRoot)('counts a directory that is mounted a second time once', async () => {
    const root = join(folder, 'bound');
    mkdirSync(join(root, 'one'), { recursive: true });
    mkdirSync(join(root, 'two'));
    writeFileSync(join(root, 'one', 'file'), 'z'.repeat(1000));
    shell(root, 'mount --bind one two');
    mounts.push(join(root, 'two'));
    const tally = await sizeOf(bytePath(root));
    expectReference(tally, bytePath(root));
    expect(tally).toMatchObject({ countedBytes: 1000, hardLinkNames: { names: 1, bytes: 1000 } });
  });

  it.runIf(isRoot)('leaves access times as they are', async () => {
    const root = join(folder, 'times');
    mkdirSync(join(root, 'directory'), { recursive: true });
    writeFileSync(join(root, 'directory', 'file'), 'x');
    const old = new Date(1_000_000);
    const paths = [root, join(root, 'directory'), join(root, 'directory', 'file')];
    for (const [name, host] of hosts) {
      if (name === 'Node') continue;
      for (const path of paths) utimesSync(path, old, new Date());
      await host.walker.directorySize(bytePath(root));
      await host.walker.compareTrees(bytePath(root), null);
      expect([name, paths.map((path) => statSync(path).atimeMs)]).toEqual([name, paths.map(() => 1_000_000)]);
    }
  });

  it('never leaves the root by a directory that is swapped for a link', async () => {
    const root = join(folder, 'swapped');
    mkdirSync(join(folder, 'outside'));
    writeFileSync(join(folder, 'outside', 'secret'), 's'.repeat(1_000_000));
    mkdirSync(join(root, 'dir', 'sub'), { recursive: true });
    symlinkSync(join(folder, 'outside'), join(root, 'other'));
    const swap = (): void => {
      renameSync(join(root, 'dir'), join(root, 'kept'));
      renameSync(join(root, 'other'), join(root, 'dir'));
      renameSync(join(root, 'dir'), join(root, 'other'));
      renameSync(join(root, 'kept'), join(root, 'dir'));
    };
    for (let round = 0; round < 50; round++) {
      for (const host of hosts.values()) {
        const walk = host.walker.directorySize(bytePath(root));
        swap();
        expect((await walk).countedBytes).toBeLessThan(2000);
      }
    }
  });

  it('passes over what vanishes during the walk', async () => {
    for (const [name, host] of hosts) {
      const root = join(folder, `vanishing ${name}`);
      for (let n = 0; n < 300; n++) {
        mkdirSync(join(root, `${n}`), { recursive: true });
        writeFileSync(join(root, `${n}`, 'file'), '1');
      }
      const walk = host.walker.directorySize(bytePath(root));
      for (let n = 0; n < 300; n += 2) {
        rmSync(join(root, `${n}`), { recursive: true });
        if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      const tally = await walk;
      expect([name, tally.failure]).toEqual([name, undefined]);
      expect(tally.files.names).toBeGreaterThanOrEqual(150);
    }
  });
});

describe('a long walk', () => {
  beforeAll(() => {
    shell(
      folder,
      `mkdir large; cd large; seq 1 60 | xargs mkdir; for d in *; do (cd $d; seq 1 500 | xargs touch); done`,
    );
  });

  it('stops within 100 ms of the signal and can be begun again', async () => {
    const root = join(folder, 'large');
    const took: number[] = [];
    for (const [name, host] of hosts) {
      const controller = new AbortController();
      const walk = host.walker.directorySize(bytePath(root), { signal: controller.signal });
      await new Promise((resolve) => setImmediate(resolve));
      const from = performance.now();
      controller.abort('SIGINT');
      await expect(walk, name).rejects.toMatchObject({ code: 'INTERRUPTED' });
      took.push(performance.now() - from);
    }
    // One that had the machine to itself is in time; all are, give or take what else runs here.
    expect(Math.min(...took)).toBeLessThan(100);
    expect(Math.max(...took)).toBeLessThan(1500);
    const whole = await sizeOf(bytePath(root));
    expect(whole.entries).toBe(60 * 500 + 61);
  });

  it('tells how far it is', async () => {
    const host = createHost({ ffi: 'off' });
    const seen: number[] = [];
    await host.walker.directorySize(bytePath(join(folder, 'large')), {
      onProgress: (entries) => seen.push(entries),
    });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('goes on in one thread where the worker cannot be started, and leaves no handle open', async () => {
    const broken = join(folder, 'broken.cjs');
    writeFileSync(broken, 'throw new Error("broken")');
    const handles = (): number => readdirSync('/proc/self/fd').length;
    const before = handles();
    const host = createHost({ threads: 2, workerFile: broken });
    expect((await host.walker.directorySize(bytePath(join(folder, 'large')))).entries).toBe(60 * 500 + 61);
    await host.close();
    expect(handles()).toBe(before);
  });
});
