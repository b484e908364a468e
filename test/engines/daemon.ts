import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { enginesFolder, enginesManifest } from '../../scripts/engines.mjs';
import { EngineApi } from './api.ts';
import type { Cell } from './cells.ts';
import { clearFolder, jobFolder, restoreRedirectDir, setRedirectDir, withLog } from './machine.ts';

const START_MS = 60_000;
const STOP_MS = 60_000;
const BTRFS_BYTES = 4_000_000_000;

export interface EngineInfo {
  readonly ServerVersion: string;
  readonly Driver: string;
  readonly DriverStatus: readonly (readonly [string, string])[] | null;
}

/** A dockerd of one cell in a folder of its own. */
export class Daemon {
  readonly cell: Cell;
  readonly folder: string;
  readonly api: EngineApi;
  #child: ChildProcess | undefined;
  #info: EngineInfo | undefined;
  readonly #base: string;

  constructor(cell: Cell, base: string, name: string) {
    this.cell = cell;
    this.#base = base;
    this.folder = jobFolder(base, name);
    this.api = new EngineApi(join(this.folder, 's'));
    mkdirSync(this.dataRoot, { mode: 0o711 });
    if (cell.driver === 'btrfs') this.#mountBtrfs();
  }

  get dataRoot(): string {
    return join(this.folder, 'd');
  }

  /** What /info said at the start. */
  get info(): EngineInfo {
    if (this.#info === undefined) throw new Error('the daemon has not been started');
    return this.#info;
  }

  /** The version without Debian's suffix. */
  get version(): string {
    return /^\d+\.\d+\.\d+/.exec(this.info.ServerVersion)?.[0] ?? this.info.ServerVersion;
  }

  get running(): boolean {
    return this.#child !== undefined;
  }

  async start(): Promise<void> {
    if (this.cell.naive) setRedirectDir(this.#base, true);
    const features = { 'containerd-snapshotter': this.#keptByContainerd };
    const config = this.#keptByContainerd ? { 'live-restore': false, features } : { 'live-restore': false };
    writeFileSync(join(this.folder, 'daemon.json'), JSON.stringify(config));
    this.#child = withLog(join(this.folder, 'log'), (log) =>
      spawn(join(enginesFolder(), 'bin', this.cell.engine, 'dockerd'), this.#arguments(), {
        stdio: ['ignore', log, log],
        env: { ...toolEnvironment(this.cell), DOCKER_RAMDISK: '', TMPDIR: '/tmp' },
        detached: true,
      }),
    );
    this.#info = await this.#answer();
    this.#check(this.#info);
  }

  #arguments(): readonly string[] {
    const at = (name: string): string => join(this.folder, name);
    const text =
      `--config-file ${at('daemon.json')} --data-root ${this.dataRoot} --exec-root ${at('e')} ` +
      `--pidfile ${at('pid')} -H unix://${at('s')} ` +
      '--iptables=false --ip6tables=false --bridge=none --shutdown-timeout=2';
    const driver = this.#keptByContainerd ? [] : ['--storage-driver', this.cell.driver];
    return [...text.split(' '), ...driver];
  }

  get #keptByContainerd(): boolean {
    return this.cell.driver === 'overlayfs';
  }

  async #answer(): Promise<EngineInfo> {
    const until = Date.now() + START_MS;
    while (Date.now() < until && this.#child?.exitCode === null) {
      try {
        return await this.api.get<EngineInfo>('/info');
      } catch {
        await sleep(40);
      }
    }
    throw new Error(`dockerd of ${this.cell.name} did not start:\n${this.logTail()}`);
  }

  #check(info: EngineInfo): void {
    if (info.Driver !== this.cell.driver)
      throw new Error(`${this.cell.name}: the daemon chose driver ${info.Driver}`);
    const native = info.DriverStatus?.find(([name]) => name === 'Native Overlay Diff')?.[1];
    const wanted = this.cell.driver === 'overlay2' ? String(!this.cell.naive) : undefined;
    if (native !== wanted)
      throw new Error(`${this.cell.name}: Native Overlay Diff is ${native}, not ${wanted}`);
  }

  logTail(): string {
    const log = join(this.folder, 'log');
    return existsSync(log) ? readFileSync(log, 'utf8').slice(-1500) : '';
  }

  /** Ends the daemon (its containers with it) by its own process number and waits. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    this.api.close();
    const ended = new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      else child.once('exit', () => resolve());
    });
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  /** Stops, unmounts, deletes. */
  async remove(): Promise<void> {
    await this.stop();
    if (this.cell.naive) restoreRedirectDir(this.#base);
    await clearFolder(this.folder);
  }

  #mountBtrfs(): void {
    const image = join(this.folder, 'btrfs.img');
    writeFileSync(image, '');
    truncateSync(image, BTRFS_BYTES);
    const options = { stdio: 'ignore', env: toolEnvironment(this.cell) } as const;
    execFileSync('mkfs.btrfs', ['-q', image], options);
    execFileSync('mount', ['-o', 'loop,nobarrier', image, this.dataRoot], options);
  }
}

/** The environment in which the engine's programs and the tools beside them are found in the cache first. */
export function toolEnvironment(cell: Cell): NodeJS.ProcessEnv {
  const folder = enginesFolder();
  const tools = ['usr/sbin', 'usr/bin', 'sbin', 'bin'].map((part) => join(folder, 'tools', part));
  const path = [join(folder, 'bin', cell.engine), ...tools, process.env['PATH'] ?? ''].join(':');
  const libraries = enginesManifest(folder)?.libraryPath ?? [];
  return { ...process.env, PATH: path, LD_LIBRARY_PATH: libraries.join(':') };
}
