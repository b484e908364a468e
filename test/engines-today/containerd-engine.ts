import { execFile, execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { enginesFolder } from '../../scripts/engines.mjs';
import { parseCell } from '../engines/cells.ts';
import { toolEnvironment } from '../engines/daemon.ts';
import { clearFolder, jobFolder, withLog } from '../engines/machine.ts';
import type { TodayCell } from './cells.ts';

const START_MS = 30_000;
const STOP_MS = 20_000;
const MAX_OUTPUT = 1 << 28;
const BTRFS_BYTES = 4_000_000_000;
const DOCKER_CELL: Readonly<Record<string, string>> = {
  bookworm: '20.10/overlay2',
  trixie: '26.1/overlay2',
  sid: '28.5/overlay2',
};

export type ContainerdCell = Extract<TodayCell, { readonly kind: 'containerd' }>;

/** The client could not do what was asked. */
export class CtrRefusal extends Error {}

/** A containerd in a folder of its own, asked by its client `ctr`. */
export class Containerd {
  readonly cell: ContainerdCell;
  readonly folder: string;
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | undefined;
  #version = '';

  constructor(cell: ContainerdCell, base: string, name: string) {
    this.cell = cell;
    this.folder = jobFolder(base, name);
    this.#env = { ...toolEnvironment(parseCell(DOCKER_CELL[cell.engine] ?? '')), TMPDIR: '/tmp' };
    mkdirSync(this.root);
    if (cell.snapshotter === 'btrfs') this.#mountBtrfs();
  }

  get root(): string {
    return join(this.folder, 'd');
  }

  /** Where the runtime records containers, each namespace in a folder of its own. */
  get runcRoot(): string {
    return join(this.folder, 'e/runtime-runc');
  }

  get version(): string {
    return this.#version;
  }

  get #socket(): string {
    return join(this.folder, 's');
  }

  async start(): Promise<void> {
    const config = [
      'version = 2',
      `root = "${this.root}"`,
      `state = "${join(this.folder, 'e')}"`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      '[grpc]',
      `address = "${this.#socket}"`,
    ];
    const file = join(this.folder, 'config.toml');
    writeFileSync(file, `${config.join('\n')}\n`);
    this.#child = withLog(join(this.folder, 'log'), (log) =>
      spawn(join(enginesFolder(), 'bin', this.cell.engine, 'containerd'), ['--config', file], {
        stdio: ['ignore', log, log],
        env: this.#env,
        detached: true,
      }),
    );
    const until = Date.now() + START_MS;
    for (;;) {
      try {
        const text = await this.ctr('default', 'version');
        this.#version = /Server:\s+Version:\s+v?(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? '?';
        return;
      } catch (error) {
        if (Date.now() > until || this.#child.exitCode !== null)
          throw new Error(`containerd of ${this.cell.name} did not start:\n${this.#logTail()}`, {
            cause: error,
          });
        await sleep(50);
      }
    }
  }

  #logTail(): string {
    const log = join(this.folder, 'log');
    return existsSync(log) ? readFileSync(log, 'utf8').slice(-1500) : '';
  }

  async ctr(namespace: string, ...args: readonly string[]): Promise<string> {
    const program = join(enginesFolder(), 'bin', this.cell.engine, 'ctr');
    try {
      const { stdout } = await promisify(execFile)(program, ['-a', this.#socket, '-n', namespace, ...args], {
        env: this.#env,
        maxBuffer: MAX_OUTPUT,
        encoding: 'utf8',
      });
      return stdout;
    } catch (error) {
      const { stderr = '', message } = error as { stderr?: string; message: string };
      throw new CtrRefusal(`ctr ${args.join(' ').slice(0, 100)}: ${stderr.slice(-400) || message}`, {
        cause: error,
      });
    }
  }

  /** Rows of a table that ctr prints, its heading left out. */
  async table(namespace: string, ...args: readonly string[]): Promise<readonly (readonly string[])[]> {
    const text = await this.ctr(namespace, ...args);
    return text
      .split('\n')
      .slice(1)
      .filter((line) => line.trim() !== '')
      .map((line) => line.trim().split(/\s+/));
  }

  /** Ends the daemon by its own process number and waits. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const ended = new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      else child.once('exit', () => resolve());
    });
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  /** Ends every task of a namespace, so that nothing writes any more. */
  async endTasks(namespace: string): Promise<void> {
    for (const [id = ''] of await this.table(namespace, 'tasks', 'ls')) {
      await this.ctr(namespace, 'tasks', 'kill', '-s', 'SIGKILL', id).catch(() => undefined);
      for (let tries = 0; tries < 100; tries++) {
        const gone = await this.ctr(namespace, 'tasks', 'rm', id).then(
          () => true,
          () => false,
        );
        if (gone) break;
        await sleep(50);
      }
    }
  }

  async remove(namespaces: readonly string[]): Promise<void> {
    if (this.#child !== undefined)
      for (const namespace of namespaces) await this.endTasks(namespace).catch(() => undefined);
    await this.stop();
    await clearFolder(this.folder);
  }

  #mountBtrfs(): void {
    const image = join(this.folder, 'btrfs.img');
    writeFileSync(image, '');
    truncateSync(image, BTRFS_BYTES);
    const options = { stdio: 'ignore', env: this.#env } as const;
    execFileSync('mkfs.btrfs', ['-q', image], options);
    execFileSync('mount', ['-o', 'loop,nobarrier', image, this.root], options);
  }
}
