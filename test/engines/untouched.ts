// Proof that weigh only reads: all metadata but access times are the same after each command, and a read-only mount is enough.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { askEngine, short } from './answers.ts';
import { parseCell } from './cells.ts';
import { Tally } from './compare.ts';
import { Daemon } from './daemon.ts';
import { generateStore } from './generator.ts';
import { endRunning, fromDisk } from './store-case.ts';
import type { StoreResult } from './store-case.ts';
import { askWeigh, weighJson } from './weigh.ts';

/** Everything that `find` tells of every file below a root, except access times. */
function metadata(root: string): string {
  const format = '%p %y %i %m %n %U %G %s %b %T@ %C@ %l\\0';
  const listed = execFileSync('find', [root, '-printf', format], { maxBuffer: 1 << 30 });
  return createHash('sha256').update(listed).digest('hex');
}

export async function untouchedCase(base: string, cellName: string, seed: number): Promise<StoreResult> {
  const started = Date.now();
  const daemon = new Daemon(parseCell(cellName), base, 'untouched');
  const tally = new Tally();
  try {
    await daemon.start();
    await endRunning(daemon, await generateStore(daemon.api, seed, 'free'));
    const first = await askEngine(daemon.api);
    const last = await askEngine(daemon.api);
    await daemon.stop();
    const target = fromDisk(daemon, daemon.dataRoot);
    const names = [last.containerIds[0], last.imageIds[0]].map((id) => short(id ?? ''));
    const commands = [
      ['containers'],
      ['images'],
      ['df'],
      ['explain', 'df'],
      ...names.map((name) => ['explain', name]),
      [],
    ];
    const before = metadata(daemon.dataRoot);
    for (const command of commands) {
      await weighJson(command, target);
      const when = `weigh ${command.join(' ')}`;
      tally.figure({ key: 'metadata of the store', engine: before, weigh: metadata(daemon.dataRoot), when });
    }
    await readOnly(daemon, async (root) => {
      tally.answers(last, first, await askWeigh(fromDisk(daemon, root)), 'mounted read-only');
    });
    return { version: daemon.version, tally, seconds: (Date.now() - started) / 1000 };
  } finally {
    await daemon.remove();
  }
}

async function readOnly(daemon: Daemon, use: (root: string) => Promise<void>): Promise<void> {
  const other = join(daemon.folder, 'read-only');
  mkdirSync(other);
  execFileSync('mount', ['--bind', daemon.dataRoot, other]);
  try {
    execFileSync('mount', ['-o', 'remount,bind,ro', other]);
    await use(other);
  } finally {
    execFileSync('umount', [other]);
    rmdirSync(other);
  }
}
