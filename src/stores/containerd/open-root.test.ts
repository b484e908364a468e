import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContainerdFixture } from '../../../test/fixtures/containerd-root.ts';
import { createHost } from '../../host/create-host.ts';
import { failure } from '../../host/host.ts';
import { bytePath } from '../../model/bytes.ts';
import type { BytePath } from '../../model/bytes.ts';
import { openContainerd } from './open-containerd.ts';
import { isContainerdRoot, openContainerdRoot } from './open-root.ts';
import { reachable } from './reachable.ts';

const host = createHost();
let fixture: ContainerdFixture;
beforeEach(() => {
  fixture = new ContainerdFixture();
});
afterEach(() => fixture.remove());
afterAll(() => host.close());

describe('a containerd root', () => {
  it('has namespaces with names of their own', () => {
    const one = fixture.namespace('one');
    const { descriptor } = one.manifest({ layers: ['a'] });
    one.image('docker.io/library/x:1', descriptor, { k: 'v' });
    one.container('c1', 'docker.io/library/x:1', 'overlayfs', 'c1');
    one.snapshot('c1', { kind: 'active', parent: 'base' });
    one.snapshot('base', { kind: 'committed', bytes: 7 });
    fixture.namespace('two').snapshot('base', { kind: 'committed', bytes: 9 });
    const root = openContainerdRoot(host, fixture.write({ fanOut: 2, bigEndian: true }).root);
    const namespace = root.namespace('one');
    expect([...root.namespaces.keys()]).toEqual(['one', 'two']);
    expect(root.namespace('three')).toBeUndefined();
    expect(namespace?.images.get('docker.io/library/x:1')).toMatchObject({
      target: { digest: descriptor.digest, size: descriptor.size },
      createdAt: '2024-02-01T00:00:00Z',
    });
    expect(namespace?.containers.get('c1')).toMatchObject({ snapshotter: 'overlayfs', snapshotKey: 'c1' });
    // Each namespace has its own `base`, though the snapshotter keeps both.
    expect(namespace?.snapshots('overlayfs').byKey.get('base')?.backend?.bytes).toBe(7);
    expect(root.namespace('two')?.snapshots('overlayfs').byKey.get('base')?.backend?.bytes).toBe(9);
    expect(isContainerdRoot(host, fixture.root)).toBe(true);
  });

  it('has content that a namespace must record to see', () => {
    const one = fixture.namespace('one');
    const { digest } = one.blob('document');
    const unwritten = one.blob('unwritten', {}, 'record').digest;
    const foreign = one.blob('foreign', {}, 'file').digest;
    const content = openContainerdRoot(host, fixture.write().root).namespace('one')?.content;
    expect(String(content?.read(digest) as Buffer)).toBe('document');
    expect([digest, unwritten, foreign].map((each) => content?.exists(each))).toEqual([true, false, false]);
    expect(content?.info(unwritten)?.size).toBe(9);
    expect(content?.read(foreign)).toMatchObject({ errno: 'ENOENT' });
    expect(content?.read('sha256:../../../../etc/passwd')).toMatchObject({ errno: 'ENOENT' });
  });

  it('keeps a snapshot that its snapshotter does not know, and says which records make no sense', () => {
    const one = fixture.namespace('one');
    one.snapshot('lost', { kind: 'committed', bytes: 1, lost: true });
    one.draft.images['bad'] = { target: { digest: '' } };
    const namespace = openContainerdRoot(host, fixture.write().root).namespace('one');
    expect(namespace?.snapshots('overlayfs').byKey.get('lost')?.backend).toBeNull();
    expect(namespace?.problems).toMatchObject([{ kind: 'damaged-record', subject: 'image bad' }]);
  });

  it('says what keeps its snapshots from being known', () => {
    const one = fixture.namespace('one');
    one.snapshot('x', { kind: 'committed', bytes: 1 });
    one.draft.snapshots['../../x'] = { y: { name: 'y' } };
    one.draft.snapshots['stargz'] = { y: { name: 'y' } };
    fixture.write();
    fs.writeFileSync(join(fixture.path, 'io.containerd.snapshotter.v1.overlayfs/metadata.db'), 'torn');
    const namespace = openContainerdRoot(host, fixture.root).namespace('one');
    expect(namespace?.snapshots('overlayfs')).toMatchObject({
      known: false,
      problems: [{ kind: 'unreadable' }],
    });
    expect(namespace?.snapshots('../../x')).toMatchObject({
      known: false,
      problems: [{ kind: 'damaged-record' }],
    });
    expect(namespace?.snapshots('stargz')).toMatchObject({
      known: false,
      problems: [{ kind: 'unsupported-driver', message: expect.stringContaining('elsewhere') }],
    });
  });

  it.each([
    ['NOT_FOUND', 'nowhere', host],
    ['NOT_A_STORE', '.', host],
    [
      'UNREADABLE',
      '.',
      { ...host, fs: { ...host.fs, readFile: (path: BytePath) => failure('EACCES', path) } },
    ],
    [
      'UNREADABLE',
      '.',
      { ...host, fs: { ...host.fs, realPath: (path: BytePath) => failure('EACCES', path) } },
    ],
  ] as const)('is refused with %s', (code, path, on) => {
    const at = bytePath(join(fixture.path, path));
    expect(() => openContainerdRoot(on, at)).toThrow(expect.objectContaining({ code }));
  });

  it('with a torn database is unreadable, not empty', () => {
    fixture.namespace('one').blob('x');
    fixture.write();
    fs.truncateSync(join(fixture.path, 'io.containerd.metadata.v1.bolt/meta.db'), 9000);
    expect(() => openContainerdRoot(host, fixture.root)).toThrow(
      expect.objectContaining({ code: 'UNREADABLE' }),
    );
  });
});

describe('stores of a containerd root', () => {
  it('are its namespaces, each with the snapshotter that it uses most', () => {
    const one = fixture.namespace('one');
    one.snapshot('a', { kind: 'committed', bytes: 1 }, 'native');
    one.snapshot('b', { kind: 'committed', bytes: 1 }, 'native');
    one.snapshot('c', { kind: 'committed', bytes: 1 });
    fixture.namespace('two').blob('x');
    // What an engine on a graph driver leaves: containers without snapshots.
    fixture.namespace('moby').container('c', 'x', '', '');
    const stores = openContainerd(host, { root: fixture.write().root });
    expect(stores.map(({ name }) => name.replace(fixture.path, ''))).toEqual([
      'containerd:,namespace=one#native',
      'containerd:,namespace=two#overlayfs',
    ]);
    expect(stores[0]?.hidden).toMatchObject([{ driver: 'overlayfs' }]);
    expect(openContainerd(host, { root: fixture.root, namespace: 'two' })).toHaveLength(1);
    expect(() => openContainerd(host, { root: fixture.root, namespace: 'six' })).toThrow(
      'has no namespace six',
    );
  });
});

describe('what the garbage collector keeps', () => {
  it('is what images, containers and leases refer to, and what that refers to', () => {
    const one = fixture.namespace('one');
    const kept = one.manifest({ layers: ['base', 'kept'] });
    const other = one.manifest({ layers: ['base', 'other'] });
    one.image('kept', kept.descriptor);
    one.image('other', other.descriptor);
    for (const { chainIds } of [kept, other]) {
      chainIds.forEach((key, index) =>
        one.snapshot(key, { kind: 'committed', parent: chainIds[index - 1] ?? '', bytes: 1 }),
      );
    }
    one.snapshot('leased', { kind: 'committed', bytes: 1 });
    one.snapshot('flat', { kind: 'committed', parent: 'leased', bytes: 1 });
    one.snapshot('rooted', { kind: 'committed', bytes: 1, labels: { 'containerd.io/gc.root': 'yes' } });
    one.snapshot('loose', { kind: 'committed', bytes: 1 });
    one.snapshot('rw', { kind: 'active', parent: 'loose' });
    one.container('c', 'kept', 'overlayfs', 'rw');
    one.lease('l', ['leased']);
    one.lease('f', ['flat'], { 'containerd.io/gc.flat': 'yes' });
    const namespace = openContainerdRoot(host, fixture.write().root).namespace('one');
    if (namespace === undefined) throw new Error('no namespace');
    const images = [...namespace.images.values()].filter(({ name }) => name === 'kept');
    const { blobs, snapshots } = reachable(namespace, images);
    const keys = ['leased', 'flat', 'rooted', 'loose', 'rw', ...kept.chainIds].map(
      (key) => `overlayfs/${key}`,
    );
    expect([...snapshots].sort()).toEqual(keys.sort());
    expect(blobs.has(kept.descriptor.digest)).toBe(true);
    expect(blobs.has(other.descriptor.digest)).toBe(false);
    // Manifest, configuration and two layers.
    expect(blobs.size).toBe(4);
  });
});
