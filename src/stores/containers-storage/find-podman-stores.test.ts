import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createHost } from '../../host/create-host.ts';
import type { Host } from '../../host/host.ts';
import { bytePath, joinPath } from '../../model/bytes.ts';
import { findPodmanStores, openNamedPodman } from './find-podman-stores.ts';

const real = createHost();
let root: string;
beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'weigh-find-podman-')));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

function put(path: string, content: string): void {
  fs.mkdirSync(join(root, path, '..'), { recursive: true });
  fs.writeFileSync(join(root, path), content);
}

function store(path: string, driver = 'overlay'): void {
  put(`${path}/${driver}-layers/layers.json`, '[]');
  fs.mkdirSync(join(root, path, driver), { recursive: true });
}

function host(env: Readonly<Record<string, string>> = {}): Host {
  return { ...real, facts: { ...real.facts, env, homeDirectory: '/home/me', uid: 1000 } };
}

const USERS = [
  { home: bytePath('/home/me'), uid: 1000 },
  { home: bytePath('/home/ann'), uid: null },
];

function find(env: Readonly<Record<string, string>> = {}): ReturnType<typeof findPodmanStores> {
  return findPodmanStores(host(env), (path) => joinPath(bytePath(root), path.slice(1)), USERS);
}

const names = (): readonly string[] => find().stores.map(({ name }) => name.replace(root, ''));

it('none where there are none', () => {
  expect(find()).toEqual({ stores: [], problems: [] });
});

it("the system's and every user's", () => {
  store('var/lib/containers/storage');
  store('home/me/.local/share/containers/storage', 'vfs');
  store('home/ann/.local/share/containers/storage');
  expect(names()).toEqual([
    'podman:/var/lib/containers/storage#overlay',
    'podman:/home/me/.local/share/containers/storage#vfs',
    'podman:/home/ann/.local/share/containers/storage#overlay',
  ]);
});

it('where configurations say, with what they say beside', () => {
  put(
    'etc/containers/storage.conf',
    '[storage]\ndriver = "vfs"\ngraphroot = "/srv/c"\nrunroot = "/run/c"\nrootless_storage_path = "/pool/$USER/s"\nimagestore = "/img"\n[storage.options]\nadditionalimagestores = ["/more", "not/absolute"]',
  );
  put('usr/share/containers/storage.conf', '[storage]\ngraphroot = "/not/asked"');
  store('srv/c', 'overlay');
  store('srv/c', 'vfs');
  store('pool/me/s');
  store('pool/ann/s');
  fs.mkdirSync(join(root, 'run/c'), { recursive: true });
  fs.mkdirSync(join(root, 'img'));
  fs.mkdirSync(join(root, 'more'));
  const { stores } = find();
  expect(stores.map(({ name }) => name.replace(root, ''))).toEqual([
    'podman:/srv/c#vfs',
    'podman:/pool/me/s#overlay',
    'podman:/pool/ann/s#overlay',
  ]);
  expect(stores[0]).toMatchObject({
    runRoot: `${root}/run/c`,
    imageStore: `${root}/img`,
    additionalStores: [`${root}/more`],
  });
  expect(stores[1]).toMatchObject({ imageStore: null, additionalStores: [] });
});

it("a user's own configuration comes before the system's", () => {
  put(
    'home/me/.config/containers/storage.conf',
    '[storage]\ngraphroot = "$HOME/mine"\nrunroot = "/tmp/$UID"',
  );
  store('home/me/mine');
  fs.mkdirSync(join(root, 'tmp/1000'), { recursive: true });
  expect(find().stores).toMatchObject([{ root: `${root}/home/me/mine`, runRoot: `${root}/tmp/1000` }]);
});

it('by CONTAINERS_STORAGE_CONF, and with a word about a configuration that is none', () => {
  put('my.conf', '[storage]\ngraphroot = "/elsewhere"');
  put('etc/containers/storage.conf', '\0');
  store('elsewhere');
  const { stores } = find({ CONTAINERS_STORAGE_CONF: '/my.conf' });
  expect(stores.map(({ root: at }) => at)).toEqual([`${root}/elsewhere`]);
  expect(find().problems).toMatchObject([
    { kind: 'damaged-record', subject: '/etc/containers/storage.conf' },
  ]);
});

it('one that is named takes its run root and image store from the caller', () => {
  store('named');
  fs.mkdirSync(join(root, 'rr'));
  fs.mkdirSync(join(root, 'is'));
  const named = { path: `${root}/named`, driver: 'overlay', runRoot: `${root}/rr`, imageStore: `${root}/is` };
  expect(openNamedPodman(host(), named)).toMatchObject({ runRoot: `${root}/rr`, imageStore: `${root}/is` });
  expect(openNamedPodman(host(), { path: `${root}/named` })).toMatchObject({ imageStore: null });
});
