// What the suites take from the machine and give back: one lock for all of them, folders of their own, the redirect_dir switch, and what a
// run that crashed left behind. Only processes whose command line or runtime record names a folder of ours are ever ended.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statfsSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { enginesFolder } from '../../scripts/engines.mjs';

const TMPFS = 0x01021994;
const OVERLAY = 0x794c7630;
const REDIRECT_DIR = '/sys/module/overlay/parameters/redirect_dir';

/** The folder below which every store of the suites lives: on a real disk, since an overlay's upper directory cannot stand on an overlay. */
export function baseFolder(): string {
  const named = process.env['WEIGH_TEST_ROOT'];
  const candidates = named !== undefined && named !== '' ? [named] : [tmpdir(), dirname(enginesFolder())];
  for (const candidate of candidates) {
    mkdirSync(candidate, { recursive: true });
    const { type } = statfsSync(candidate);
    if (type === TMPFS || type === OVERLAY) continue;
    const base = join(candidate, 'weigh-engines');
    mkdirSync(base, { recursive: true, mode: 0o711 });
    return base;
  }
  throw new Error(
    `no folder on a real disk for the engines' stores among ${candidates.join(', ')}; name one in WEIGH_TEST_ROOT`,
  );
}

/** Start time of a process, which with its number names it for ever; undefined when it is gone. */
export function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

interface Owner {
  readonly pid: number;
  readonly started: string;
}

function me(): Owner {
  return { pid: process.pid, started: startTime(process.pid) ?? '' };
}

function isAlive(owner: Owner): boolean {
  return startTime(owner.pid) === owner.started;
}

function readOwner(file: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

/** Takes the one host lock of the engine suites, waiting for a run that holds it. Returns the release. */
export async function takeLock(base: string, say: (line: string) => void): Promise<() => void> {
  const file = join(base, 'lock');
  const own = join(base, `lock.${process.pid}`);
  writeFileSync(own, JSON.stringify(me()));
  let told = false;
  for (;;) {
    try {
      linkSync(own, file);
      unlinkSync(own);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readOwner(file);
    if (holder === undefined || !isAlive(holder)) rmSync(file, { force: true });
    else {
      if (!told) say(`waiting for another run of the engine suites (process ${holder.pid})`);
      told = true;
      await sleep(500);
    }
  }
}

/** A new folder of ours for one daemon. Short: a socket's path has at most 107 bytes. */
export function jobFolder(base: string, name: string): string {
  const folder = join(base, name);
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  writeFileSync(join(folder, 'owner.json'), JSON.stringify(me()));
  return folder;
}

/** Mount points at or below a folder, deepest first. */
function mountsBelow(folder: string): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'latin1')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .map((path) =>
      path.replace(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter((path) => path === folder || path.startsWith(`${folder}/`))
    .toReversed();
}

export function unmountBelow(folder: string): void {
  for (const mount of mountsBelow(folder)) {
    try {
      execFileSync('umount', [mount], { stdio: 'ignore' });
    } catch {
      execFileSync('umount', ['-l', mount], { stdio: 'ignore' });
    }
  }
}

/** Processes whose command line names the folder: dockerd, containerd, shims, FUSE servers. */
function processesOf(folder: string): readonly number[] {
  const found: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'latin1').split('\0');
      const ours = words.some(
        (word) =>
          word.startsWith(`${folder}/`) || word.includes(`=${folder}/`) || word.includes(`//${folder}/`),
      );
      if (ours) found.push(Number(name));
    } catch {
      // It has gone.
    }
  }
  return found;
}

/** First processes of containers, by the runtime's own records: below its root, by namespace. */
function containerProcesses(folder: string): readonly number[] {
  const found: number[] = [];
  for (const runtime of ['runtime-runc', 'runtime-runc-v2']) {
    for (const namespace of subfolders(join(folder, 'e', runtime))) {
      for (const container of subfolders(namespace)) {
        try {
          const record = JSON.parse(readFileSync(join(container, 'state.json'), 'utf8')) as {
            init_process_pid: number;
            init_process_start: number;
          };
          if (startTime(record.init_process_pid) === String(record.init_process_start))
            found.push(record.init_process_pid);
        } catch {
          // No record, no process.
        }
      }
    }
  }
  return found;
}

function subfolders(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone.
  }
}

/** Ends what still runs from a folder of ours, unmounts, deletes. */
export async function clearFolder(folder: string): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const left = [...containerProcesses(folder), ...processesOf(folder)];
    if (left.length === 0) break;
    for (const pid of left) end(pid);
    await sleep(100);
  }
  unmountBelow(folder);
  removeTree(folder);
}

/** rm, since trees here may be deeper than a path may be long, and btrfs subvolumes need their ioctl first. */
export function removeTree(folder: string): void {
  execFileSync('rm', ['-rf', '--one-file-system', '--', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Cleans what runs that are over left behind: their folders, and redirect_dir. The lock is held. */
export async function clearLeftovers(base: string): Promise<void> {
  restoreRedirectDir(base);
  for (const name of readdirSync(base)) {
    const folder = join(base, name);
    const waiter = /^lock\.\d+$/.test(name) ? readOwner(folder) : undefined;
    if (waiter !== undefined && !isAlive(waiter)) rmSync(folder, { force: true });
    const owner = readOwner(join(folder, 'owner.json'));
    if (!existsSync(join(folder, 'owner.json'))) continue;
    if (owner === undefined || owner.pid === process.pid || !isAlive(owner)) await clearFolder(folder);
  }
}

/** Sets overlay's redirect_dir for the whole host; what it was is kept on disk until `restoreRedirectDir`. */
export function setRedirectDir(base: string, on: boolean): void {
  const saved = join(base, 'redirect_dir');
  if (!existsSync(saved)) writeFileSync(saved, readFileSync(REDIRECT_DIR, 'latin1').trim());
  writeFileSync(REDIRECT_DIR, on ? 'Y' : 'N');
}

export function restoreRedirectDir(base: string): void {
  const saved = join(base, 'redirect_dir');
  if (!existsSync(saved)) return;
  writeFileSync(REDIRECT_DIR, readFileSync(saved, 'latin1').trim() === 'Y' ? 'Y' : 'N');
  rmSync(saved, { force: true });
}

/** When the process is told to end: processes and mounts of ours go, redirect_dir is put back, the lock is released. */
export function onEnd(base: string, release: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      void clearLeftovers(base).finally(() => {
        release();
        process.exit(signal === 'SIGINT' ? 130 : 143);
      });
    });
  process.once('exit', () => restoreRedirectDir(base));
}

/** An open file for a child's output. */
export function withLog<T>(file: string, use: (fd: number) => T): T {
  const fd = openSync(file, 'a');
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}
