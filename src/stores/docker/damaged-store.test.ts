import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBuildkit } from '../../../test/fixtures/buildkit.ts';
import type { SampleRoot } from '../../../test/fixtures/sample-root.ts';
import { sampleDockerRoot } from '../../../test/fixtures/sample-root.ts';
import { createHost } from '../../host/create-host.ts';
import type { Failure, Host } from '../../host/host.ts';
import { failure, isFailure } from '../../host/host.ts';
import { openDockerStore } from './open-docker-store.ts';
import type { DockerStore } from './records.ts';

const host = createHost();
const ROUNDS = 300;
let sample: SampleRoot;

beforeAll(() => {
  sample = sampleDockerRoot();
  writeBuildkit(
    sample.docker,
    {
      a: { 'snapshot.committed': true, 'cache.blobonly': true, 'cache.snapshot': sample.layers.base.chainId },
      b: { 'snapshot.committed': true, 'cache.parent': 'a', 'cache.createdAt': 1_700_000_000_000_000_001n },
    },
    { b: { committed: 'dir' }, dir: { parent: sample.layers.base.chainId } },
  );
});
afterAll(() => sample.remove());

/** Numbers below a bound, the same for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

const ERRORS = ['ENOENT', 'EACCES', 'EIO', 'ELOOP', 'ENXIO', 'EFBIG', 'ESTALE'] as const;

function damaged(
  bytes: Buffer,
  path: Parameters<Host['fs']['readFile']>[0],
  random: (below: number) => number,
): Buffer | Failure {
  const copy = Buffer.from(bytes);
  switch (random(6)) {
    case 0:
      return failure(ERRORS[random(ERRORS.length)]!, path);
    case 1:
      return copy.subarray(0, random(copy.length + 1));
    case 2:
      return Buffer.alloc(0);
    case 3:
      return Buffer.concat([copy, Buffer.from('\n')]);
    case 4:
      return Buffer.from(Array.from({ length: random(200) }, () => random(256)));
    default:
      for (let change = 0; change <= random(4) && copy.length > 0; change++)
        copy[random(copy.length)] = random(256);
      return copy;
  }
}

/** A host that damages about one file of `rarity`, always the same ones for the same seed. */
function damaging(seed: number, rarity: number): Host {
  const random = randomOf(seed);
  const kept = new Map<string, Buffer | Failure>();
  const readFile: Host['fs']['readFile'] = (path, max) => {
    const known = kept.get(path);
    if (known !== undefined) return known;
    const bytes = host.fs.readFile(path, max);
    const answer = isFailure(bytes) || random(rarity) > 0 ? bytes : damaged(bytes, path, random);
    kept.set(path, answer);
    return answer;
  };
  return { ...host, fs: { ...host.fs, readFile, readSmallText: undefined } };
}

function readAll(store: DockerStore): ReturnType<DockerStore['layers']> {
  for (const image of store.images().records)
    void [image.parent, image.history, store.blobsOf(image.diffIds[0]!)];
  for (const volume of store.volumes().records) void volume.created;
  store.containers();
  store.buildCache();
  return store.layers();
}

describe('a store with damage all over', () => {
  it('is read without a throw, and what is listed hangs together', () => {
    let problems = 0;
    for (let seed = 1; seed <= ROUNDS; seed++) {
      const store = openDockerStore(damaging(seed, 1 + (seed % 12)), { root: sample.docker.root });
      const { layers, rwLayers } = readAll(store);
      for (const layer of layers.values()) {
        expect(Number.isSafeInteger(layer.recordedBytes)).toBe(true);
        expect(layer.cacheId).toMatch(/^[^/\0]+$/);
        if (layer.parent !== null) expect(layers.has(layer.parent), `seed ${seed}`).toBe(true);
      }
      for (const mount of rwLayers.values())
        if (mount.parent !== null) expect(layers.has(mount.parent)).toBe(true);
      for (const image of store.images().records) {
        if (image.topChainId !== null) expect(layers.has(image.topChainId), `seed ${seed}`).toBe(true);
      }
      problems +=
        store.layers().problems.length + store.images().problems.length + store.containers().problems.length;
    }
    expect(problems).toBeGreaterThan(ROUNDS);
  });
});
