import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContainerdFixture } from '../../test/fixtures/containerd-root.ts';
import { DockerContainerdFixture } from '../../test/fixtures/docker-containerd.ts';
import { createHost } from '../host/create-host.ts';
import { bytePath } from '../model/bytes.ts';
import { openDockerAt } from './open-docker.ts';
import type { DockerAt } from './open-docker.ts';

const host = createHost();
let docker: DockerContainerdFixture;
beforeEach(() => {
  docker = new DockerContainerdFixture();
});
afterEach(() => docker.remove());
afterAll(() => host.close());

function classic(): void {
  for (const path of ['image/overlay2/layerdb', 'overlay2/l']) {
    fs.mkdirSync(join(docker.path, path), { recursive: true });
  }
}

function names(at: Partial<DockerAt> = {}): readonly string[] {
  const stores = openDockerAt(host, { root: bytePath(docker.path), ...at });
  return stores.map(({ kind, driver }) => `${kind} ${driver}`);
}

describe('a data root', () => {
  it('is of an engine on containerd where nothing else is there', () => {
    docker.moby.blob('x');
    docker.write();
    expect(names()).toEqual(['docker-containerd overlayfs']);
    const [store] = openDockerAt(host, { root: bytePath(docker.path) });
    expect(store?.name).toBe(`docker:${fs.realpathSync(docker.path)}#overlayfs`);
  });

  it('with both is of the graph driver, unless the engine is told otherwise', () => {
    docker.moby.blob('x');
    docker.write();
    classic();
    expect(names()).toEqual(['docker overlay2']);
    expect(names({ prefersContainerd: true })).toEqual(['docker-containerd overlayfs']);
    expect(names({ driver: 'overlayfs' })).toEqual(['docker-containerd overlayfs']);
    expect(names({ driver: 'overlay2', prefersContainerd: true })).toEqual(['docker overlay2']);
    for (const driver of [undefined, 'overlayfs']) {
      const [store] = openDockerAt(host, { root: bytePath(docker.path), driver });
      expect(store?.hidden).toHaveLength(1);
    }
  });

  it('whose engine would prefer containerd but left nothing there is of the graph driver', () => {
    classic();
    expect(names({ prefersContainerd: true })).toEqual(['docker overlay2']);
  });

  it("may have its images in the system's containerd", () => {
    const system = new ContainerdFixture();
    try {
      system.namespace('moby').snapshot('x', { kind: 'committed', bytes: 1 }, 'native');
      system.write();
      fs.rmSync(join(docker.path, 'containerd'), { recursive: true });
      expect(() => names({ systemContainerd: system.root })).toThrow('is not a store');
      fs.mkdirSync(join(docker.path, 'containers'));
      expect(names({ systemContainerd: system.root })).toEqual(['docker-containerd native']);
      expect(names({ containerd: system.root })).toEqual(['docker-containerd native']);
      expect(() => names({ containerd: system.root, namespace: 'no' })).toThrow('has no namespace no');
    } finally {
      system.remove();
    }
  });

  it('has no driver that does not exist', () => {
    expect(() => names({ driver: 'ext4' })).toThrow('no graph driver');
    expect(() => names({ driver: 'native' })).toThrow(expect.objectContaining({ code: 'NOT_A_STORE' }));
  });
});
