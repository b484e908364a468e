import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { boltFile } from '../../../test/fixtures/bolt-file.ts';
import type { DockerRoot } from '../../../test/fixtures/docker-root.ts';
import { buildDockerRoot } from '../../../test/fixtures/docker-root.ts';
import { createHost } from '../../host/create-host.ts';
import type { Host } from '../../host/host.ts';
import { readVolumes } from './volume-store.ts';

const host = createHost();
let docker: DockerRoot;
const read = (on: Host = host): ReturnType<typeof readVolumes> => readVolumes(on, docker.root);
const optionsOf = (): Readonly<Record<string, boolean>> =>
  Object.fromEntries(read().records.map((volume) => [volume.name, volume.hasOptions]));

beforeEach(() => {
  docker = buildDockerRoot({ driver: 'vfs' });
  docker.addVolume('plain', { labels: { a: 'b' } });
  docker.addVolume('nfs', { options: { type: 'nfs' } });
});
afterEach(() => docker.remove());

const database = (): string => join(docker.path, 'volumes/metadata.db');

it('takes labels and options from metadata.db', () => {
  expect(read()).toMatchObject({
    records: [
      { name: 'nfs', driver: 'local', hasOptions: true },
      { name: 'plain', driver: 'local', hasOptions: false, labels: { a: 'b' } },
    ],
    problems: [],
  });
  expect(read().records[1]?.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

it('does not ask opts.json while there is metadata.db', () => {
  fs.rmSync(join(docker.path, 'volumes/nfs/opts.json'));
  fs.writeFileSync(join(docker.path, 'volumes/plain/opts.json'), '{"MountType":"tmpfs"}');
  expect(optionsOf()).toEqual({ nfs: true, plain: false });
});

it('takes a directory without a record as a volume, and no file', () => {
  fs.mkdirSync(join(docker.path, 'volumes/found/_data'), { recursive: true });
  fs.writeFileSync(join(docker.path, 'volumes/backingFsBlockDev'), '');
  expect(optionsOf()).toEqual({ found: false, nfs: true, plain: false });
});

it('falls back on opts.json when metadata.db is damaged, and says so', () => {
  fs.writeFileSync(database(), 'x'.repeat(70_000));
  expect(optionsOf()).toEqual({ nfs: true, plain: false });
  expect(read().problems).toMatchObject([{ kind: 'damaged-record', subject: 'volumes' }]);
});

it('names a record that does not parse', () => {
  fs.writeFileSync(database(), boltFile({ volumes: { plain: '{', nfs: '' } }));
  expect(optionsOf()).toEqual({ nfs: false, plain: false });
  expect(read().problems).toMatchObject([{ kind: 'damaged-record', subject: 'volume plain' }]);
});

it('reads a database again that changed under it, and gives up on one that never rests', () => {
  let txid = 10;
  const moving = (changes: number): Host => {
    let reads = 0;
    const readFile: Host['fs']['readFile'] = (path, max) => {
      const bytes = host.fs.readFile(path, max);
      if (path.endsWith('metadata.db') && reads++ < changes) {
        fs.writeFileSync(
          database(),
          boltFile({ volumes: { plain: '{"Name":"plain","Options":{"o":"x"}}' } }, { txid: ++txid }),
        );
      }
      return bytes;
    };
    return { ...host, fs: { ...host.fs, readFile } };
  };
  const steady = read(moving(3));
  expect(steady.problems).toEqual([]);
  expect(steady.records.find((volume) => volume.name === 'plain')?.hasOptions).toBe(true);
  expect(read(moving(1000)).problems).toMatchObject([{ message: expect.stringContaining('busy') }]);
});
