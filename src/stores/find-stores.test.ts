import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHost } from '../host/create-host.ts';
import type { Host } from '../host/host.ts';
import { failure } from '../host/host.ts';
import { findEngineRoots } from './find-engine-roots.ts';
import { discoverStores, findStores } from './find-stores.ts';

const real = createHost();
let root: string;

beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'weigh-find-')));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

function put(path: string, content: string): void {
  fs.mkdirSync(join(root, path, '..'), { recursive: true });
  fs.writeFileSync(join(root, path), content);
}

function store(path: string, driver = 'overlay2'): void {
  fs.mkdirSync(join(root, path, 'image', driver, 'layerdb'), { recursive: true });
  fs.mkdirSync(join(root, path, driver, 'l'), { recursive: true });
}

/** A host whose `/` is the test's directory and whose user lives in /home/me. */
function host(env: Readonly<Record<string, string>> = {}): Host {
  const at = <T extends string>(path: T): T => (path.startsWith(root) ? path : `${root}${path}`) as T;
  const { fs: real_ } = real;
  return {
    ...real,
    facts: { ...real.facts, uid: 1000, homeDirectory: '/home/me', env },
    fs: {
      ...real_,
      lstat: (path) => real_.lstat(at(path)),
      readDirectory: (path) => real_.readDirectory(at(path)),
      readFile: (path, max) => real_.readFile(at(path), max),
      readRange: (path, offset, length) => real_.readRange(at(path), offset, length),
      readLink: (path) => real_.readLink(at(path)),
      realPath: (path) => real_.realPath(at(path)),
    },
  };
}

const names = (found: ReturnType<typeof discoverStores>): readonly string[] =>
  found.stores.map((one) => one.name.replace(root, ''));

describe('stores of a host', () => {
  it('are none where there are none', async () => {
    expect(discoverStores(host())).toEqual({ stores: [], problems: [] });
    expect(await findStores(host())).toEqual([]);
  });

  it("are found where engines keep theirs: the system's, rootless users', a snap's", () => {
    put(
      'etc/passwd',
      'root:x:0:0::/root:/bin/sh\nme:x:1000:1000::/home/me:/bin/sh\nann:x:1001:1001::/home/ann/:/bin/sh\nx\n',
    );
    store('var/lib/docker');
    store('home/me/.local/share/docker', 'fuse-overlayfs');
    store('home/ann/.local/share/docker', 'vfs');
    store('var/snap/docker/common/var-lib-docker');
    expect(names(discoverStores(host()))).toEqual([
      'docker:/var/lib/docker#overlay2',
      'docker:/home/me/.local/share/docker#fuse-overlayfs',
      'docker:/home/ann/.local/share/docker#vfs',
      'docker:/var/snap/docker/common/var-lib-docker#overlay2',
    ]);
  });

  it('are found by daemon.json, and by its driver, and where they were before', () => {
    put('etc/docker/daemon.json', '{"data-root":"/srv/docker","storage-driver":"vfs"}');
    store('srv/docker');
    store('srv/docker', 'vfs');
    store('var/lib/docker');
    const found = discoverStores(host());
    expect(names(found)).toEqual(['docker:/srv/docker#vfs', 'docker:/var/lib/docker#overlay2']);
    expect(found.stores[0]?.problems).toEqual([]);
  });

  it("are found by the user's own configuration and by XDG_DATA_HOME", () => {
    put('home/me/.config/docker/daemon.json', '{"graph":"/data/me"}');
    store('data/me');
    store('xdg/docker', 'vfs');
    expect(names(discoverStores(host({ XDG_DATA_HOME: '/xdg' })))).toEqual([
      'docker:/data/me#overlay2',
      'docker:/xdg/docker#vfs',
    ]);
  });

  it('is one where two names lead to it', () => {
    put('etc/docker/daemon.json', '{"data-root":"/var/lib/docker"}');
    store('srv/real');
    fs.mkdirSync(join(root, 'var/lib'), { recursive: true });
    fs.symlinkSync('../../srv/real', join(root, 'var/lib/docker'));
    expect(names(discoverStores(host()))).toEqual(['docker:/srv/real#overlay2']);
  });

  it('keep what another driver left when the configured one has nothing', () => {
    put('etc/docker/daemon.json', '{"storage-driver":"btrfs","features":{"containerd-snapshotter":true}}');
    store('var/lib/docker');
    const found = discoverStores(host());
    expect(names(found)).toEqual(['docker:/var/lib/docker#overlay2']);
    expect(found.stores[0]?.problems).toMatchObject([{ kind: 'hidden-store' }]);
  });

  it('say what a configuration names that is none, or when it does not parse', () => {
    put('etc/docker/daemon.json', '{"data-root":"/gone"}');
    expect(discoverStores(host()).problems).toMatchObject([
      { kind: 'missing-directory', message: expect.stringContaining('/gone') },
    ]);
    put('etc/docker/daemon.json', '{');
    expect(discoverStores(host()).problems).toMatchObject([{ kind: 'damaged-record' }]);
  });

  it('throw when the only ones may not be read', async () => {
    store('var/lib/docker');
    const on = host();
    const readDirectory: Host['fs']['readDirectory'] = (path) => failure('EACCES', path);
    await expect(findStores({ ...on, fs: { ...on.fs, readDirectory } })).rejects.toMatchObject({
      code: 'UNREADABLE',
    });
  });
});

describe('a host that is mounted elsewhere', () => {
  it('is looked at below that directory, its absolute links too', () => {
    put('etc/docker/daemon.json', '{"data-root":"/srv/docker"}');
    store('big/disk');
    fs.mkdirSync(join(root, 'srv'));
    fs.symlinkSync('/big/disk', join(root, 'srv/docker'));
    expect(names(discoverStores(real, { hostRoot: root }))).toEqual(['docker:/big/disk#overlay2']);
  });
});

describe('engines that answer', () => {
  const answering = (
    answer: unknown,
    env: Readonly<Record<string, string>> = {},
  ): { readonly on: Host; readonly asked: string[] } => {
    const asked: string[] = [];
    const get: Host['socket']['get'] = async (socket, path, ms) => {
      asked.push(`${socket} ${path} ${ms}`);
      if (answer instanceof Error) throw answer;
      return answer;
    };
    return { on: { ...host(env), socket: { get } }, asked };
  };

  it('tell a root that no file names', async () => {
    put('run/docker.sock', '');
    put('me.sock', '');
    store('srv/flag');
    const { on, asked } = answering({ DockerRootDir: '/srv/flag' }, { DOCKER_HOST: 'unix:///me.sock' });
    const engineRoots = await findEngineRoots(on);
    expect(asked).toEqual(['/me.sock /info 200', '/run/docker.sock /info 200']);
    expect(names(discoverStores(on, { engineRoots }))).toEqual(['docker:/srv/flag#overlay2']);
  });

  it.each([
    [undefined],
    [null],
    [{ DockerRootDir: 7 }],
    [{ DockerRootDir: 'relative' }],
    [new Error('gone')],
  ])('are not needed: %j', async (answer) => {
    put('run/docker.sock', '');
    expect(await findEngineRoots(answering(answer).on)).toEqual([]);
  });

  it('may name a root that is not there, as one in a virtual machine', async () => {
    put('run/docker.sock', '');
    const { on } = answering({ DockerRootDir: '/var/lib/docker' });
    expect(discoverStores(on, { engineRoots: await findEngineRoots(on) })).toEqual({
      stores: [],
      problems: [],
    });
  });
});

describe('engines whose disk is elsewhere', () => {
  const away = (env: Readonly<Record<string, string>>): readonly string[] =>
    discoverStores(host(env)).problems.map((problem) => problem.message);

  it.each([
    ['ssh://me@far.example:2222', 'far.example'],
    ['tcp://10.1.2.3:2376', '10.1.2.3'],
  ])('%s', (url, machine) => {
    expect(away({ DOCKER_HOST: url })).toEqual([
      expect.stringContaining(`its disk is on ${machine}; run weigh there`),
    ]);
  });

  it('a virtual machine', () => {
    expect(away({ DOCKER_HOST: 'unix:///home/me/.docker/desktop/docker.sock' })).toEqual([
      expect.stringContaining('virtual machine'),
    ]);
  });

  it('not a socket of this host', () => {
    expect(away({ DOCKER_HOST: 'unix:///run/docker.sock' })).toEqual([]);
  });

  it('the context in use', () => {
    const meta = (name: string): string =>
      `home/me/.docker/contexts/meta/${real.sha256(Buffer.from(name))}/meta.json`;
    put(meta('prod'), '{"Name":"prod","Endpoints":{"docker":{"Host":"ssh://prod.example"}}}');
    put(meta('here'), '{"Name":"here","Endpoints":{"docker":{"Host":"unix:///run/docker.sock"}}}');
    put('home/me/.docker/config.json', '{"currentContext":"prod"}');
    expect(away({})).toEqual([
      expect.stringContaining('context prod is a remote engine (ssh): its disk is on prod.example'),
    ]);
    expect(away({ DOCKER_CONTEXT: 'here' })).toEqual([]);
    put('home/me/.docker/config.json', '{"currentContext":');
    expect(away({})).toEqual([]);
  });
});

describe('named stores', () => {
  it('are the only ones looked at', async () => {
    store('var/lib/docker');
    store('a');
    store('b', 'vfs');
    const found = await findStores(host(), {
      named: [
        { kind: 'docker', path: '/a' },
        { kind: 'docker', path: '/b', driver: 'vfs' },
        { kind: 'docker', path: '/a' },
      ],
    });
    expect(found.map((one) => one.name.replace(root, ''))).toEqual(['docker:/a#overlay2', 'docker:/b#vfs']);
  });

  it.each([
    [{ path: '/a', driver: 'ext4' }, 'USAGE'],
    [{ path: '/a', driver: 'zfs' }, 'NOT_FOUND'],
    [{ path: '/nowhere' }, 'NOT_FOUND'],
    [{ path: '/empty' }, 'NOT_A_STORE'],
  ])('%j is refused', async (named, code) => {
    store('a');
    fs.mkdirSync(join(root, 'empty'));
    await expect(findStores(host(), { named: [{ kind: 'docker', ...named }] })).rejects.toMatchObject({
      code,
    });
  });
});
