import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { enginesFolder, podmanManifest } from '../../scripts/engines.mjs';
import { clearFolder, jobFolder } from '../engines/machine.ts';

const MAX_OUTPUT = 1 << 28;
/** Options of every container: the limits are those that any host allows. */
const LIMITS = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096', '--network', 'none'];

export class PodmanRefusal extends Error {}

/** Podman with a store and a configuration of its own. */
export class Podman {
  readonly folder: string;
  readonly driver: string;
  readonly version: string;
  readonly #program: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(driver: string, base: string, name: string) {
    const manifest = podmanManifest();
    if (manifest === undefined) throw new Error('no Podman here: npm run engines');
    this.driver = driver;
    this.version = manifest.version;
    this.folder = jobFolder(base, name);
    const at = (path: string): string => join(enginesFolder(), path);
    this.#program = at('podman/usr/bin/podman');
    const config = join(this.folder, 'home/.config/containers');
    mkdirSync(config, { recursive: true });
    writeFileSync(join(config, 'policy.json'), '{"default":[{"type":"insecureAcceptAnything"}]}');
    writeFileSync(join(config, 'registries.conf'), 'unqualified-search-registries = []\n');
    const lines = [
      '[engine]',
      `conmon_path = ["${at('podman/usr/bin/conmon')}"]`,
      '[engine.runtimes]',
      `runc = ["${at('tools/usr/sbin/runc')}"]`,
    ];
    writeFileSync(join(config, 'containers.conf'), `${lines.join('\n')}\n`);
    const storage = `driver = "${driver}"\ngraphroot = "${this.root}"\nrunroot = "${this.runRoot}"`;
    writeFileSync(join(config, 'storage.conf'), `[storage]\n${storage}\n`);
    this.#env = {
      PATH: `${at('podman/usr/bin')}:${at('tools/usr/sbin')}:${process.env['PATH'] ?? ''}`,
      LD_LIBRARY_PATH: manifest.libraryPath.join(':'),
      HOME: join(this.folder, 'home'),
      CONTAINERS_CONF: join(config, 'containers.conf'),
      CONTAINERS_STORAGE_CONF: join(config, 'storage.conf'),
      CONTAINERS_REGISTRIES_CONF: join(config, 'registries.conf'),
      TMPDIR: '/tmp',
    };
  }

  get root(): string {
    return join(this.folder, 'r');
  }

  get runRoot(): string {
    return join(this.folder, 'rr');
  }

  async run(...args: readonly string[]): Promise<string> {
    const own =
      `--root ${this.root} --runroot ${this.runRoot} --tmpdir ${join(this.folder, 't')} --storage-driver ${this.driver} ` +
      '--cgroup-manager cgroupfs --events-backend file --runtime runc ' +
      // Where a run that crashed finds the processes that it left.
      `--runtime-flag root=${join(this.folder, 'e/runtime-runc/podman')}`;
    try {
      const { stdout } = await promisify(execFile)(this.#program, [...own.split(' '), ...args], {
        env: this.#env,
        cwd: this.folder,
        maxBuffer: MAX_OUTPUT,
      });
      return stdout;
    } catch (error) {
      const { stderr = '', message } = error as { stderr?: string; message: string };
      throw new PodmanRefusal(`podman ${args.join(' ').slice(0, 100)}: ${stderr.slice(-600) || message}`, {
        cause: error,
      });
    }
  }

  /** `run` or `create` of a container without a network. */
  async container(verb: 'run' | 'create', ...args: readonly string[]): Promise<string> {
    return (await this.run(verb, ...LIMITS, ...args)).trim();
  }

  async json<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse((await this.run(...args, '--format', 'json')) || '[]') as T;
  }

  async remove(): Promise<void> {
    await this.run('rm', '-fa', '-t', '0').catch(() => undefined);
    await clearFolder(this.folder);
  }
}
