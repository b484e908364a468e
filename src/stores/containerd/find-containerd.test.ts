import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { ContainerdFixture } from '../../../test/fixtures/containerd-root.ts';
import { createHost } from '../../host/create-host.ts';
import { failure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import type { BytePath } from '../../model/bytes.ts';
import { bytePath } from '../../model/bytes.ts';
import { findContainerd } from './find-containerd.ts';
import type { Claimed } from './find-containerd.ts';

const host = createHost();
let root: string;
beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'weigh-find-c-')));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));
afterAll(() => host.close());

function containerd(path: string, ...namespaces: readonly string[]): void {
  const fixture = new ContainerdFixture(join(root, path));
  for (const name of namespaces) fixture.namespace(name).blob('x');
  fixture.write();
}

function found(claimed: readonly Claimed[] = [], on: Host = host): ReturnType<typeof findContainerd> {
  return findContainerd(on, (path) => `${root}${path}` as BytePath, [bytePath('/home/me')], claimed);
}

function names(claimed: readonly Claimed[] = []): readonly string[] {
  return found(claimed).stores.map(({ name }) => name.replace(root, ''));
}

it('containerds are found where they are by themselves, and where their configuration says', () => {
  expect(names()).toEqual([]);
  containerd('var/lib/containerd', 'default', 'k8s.io');
  containerd('var/lib/rancher/k3s/agent/containerd', 'k8s.io');
  containerd('home/me/.local/share/containerd', 'default');
  containerd('srv/c', 'default');
  fs.mkdirSync(join(root, 'etc/containerd'), { recursive: true });
  fs.writeFileSync(
    join(root, 'etc/containerd/config.toml'),
    'version = 3\n# root = "/no"\nroot = "/srv/c" # here\n[plugins]\nroot = "/other"\n',
  );
  expect(names()).toEqual([
    'containerd:/srv/c,namespace=default#overlayfs',
    'containerd:/var/lib/containerd,namespace=default#overlayfs',
    'containerd:/var/lib/containerd,namespace=k8s.io#overlayfs',
    'containerd:/var/lib/rancher/k3s/agent/containerd,namespace=k8s.io#overlayfs',
    'containerd:/home/me/.local/share/containerd,namespace=default#overlayfs',
  ]);
});

it('a table of the configuration has a root of its own', () => {
  containerd('other', 'default');
  fs.mkdirSync(join(root, 'etc/containerd'), { recursive: true });
  fs.writeFileSync(join(root, 'etc/containerd/config.toml'), '[plugins]\nroot = "/other"\n');
  expect(names()).toEqual([]);
});

it('a namespace that a Docker store speaks for is left to that', () => {
  containerd('var/lib/containerd', 'default', 'moby');
  const claimed = [{ root: bytePath(`${root}/var/lib/containerd`), namespace: 'moby' }];
  expect(names(claimed)).toEqual(['containerd:/var/lib/containerd,namespace=default#overlayfs']);
});

it('one that cannot be read is told', () => {
  containerd('var/lib/containerd', 'default');
  fs.truncateSync(join(root, 'var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db'), 100);
  expect(found().problems).toMatchObject([{ kind: 'unreadable' }]);
  const lstat: Host['fs']['lstat'] = (path) =>
    path.endsWith('meta.db') ? failure('EACCES', path) : host.fs.lstat(path);
  const readDirectory: Host['fs']['readDirectory'] = (path) => failure('EACCES', path);
  const closed: Host = { ...host, fs: { ...host.fs, lstat, readDirectory } };
  expect(found([], closed)).toMatchObject({
    stores: [],
    problems: [{ kind: 'unreadable', message: expect.stringContaining('permission denied') }],
  });
});
