import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DockerRoot, FixtureImage } from '../../../test/fixtures/docker-root.ts';
import { buildDockerRoot } from '../../../test/fixtures/docker-root.ts';
import { createHost } from '../../host/create-host.ts';
import { readContainers } from './container-store.ts';

const host = createHost();
let docker: DockerRoot;
let image: FixtureImage;

beforeEach(() => {
  docker = buildDockerRoot({ driver: 'vfs' });
  image = docker.addImage({ tags: ['app:1'] });
});
afterEach(() => docker.remove());

const read = (): ReturnType<typeof readContainers> => readContainers(host, docker.root, 'vfs');
const file = (id: string, name: string): string => join(docker.path, 'containers', id, name);

it('gives what the engine would list', () => {
  const container = docker.addContainer({ name: 'api', image, state: 'running', volumes: ['data'] });
  expect(read()).toMatchObject({
    records: [
      {
        id: container.id,
        name: 'api',
        imageId: image.id,
        imageName: 'app:1',
        state: 'running',
        driver: 'vfs',
        volumeNames: ['data'],
        labels: { fixture: 'api' },
      },
    ],
    problems: [],
  });
});

it('is empty without the directory', () => {
  fs.rmSync(join(docker.path, 'containers'), { recursive: true });
  expect(read()).toEqual({ records: [], problems: [] });
});

it('leaves out containers of another driver, and counts them', () => {
  docker.addContainer({ name: 'a', image, config: { Driver: 'overlay2' } });
  docker.addContainer({ name: 'b', image, config: { Driver: 'overlay2' } });
  docker.addContainer({ name: 'c', image });
  expect(read().records.map((container) => container.name)).toEqual(['c']);
  expect(read().problems).toMatchObject([
    { kind: 'hidden-store', message: expect.stringContaining('2 made with overlay2') },
  ]);
});

describe('a container that the engine does not load', () => {
  it.each([
    ['no configuration', (id: string): void => fs.rmSync(file(id, 'config.v2.json')), 'missing-record'],
    ['half of one', (id: string): void => fs.truncateSync(file(id, 'config.v2.json'), 40), 'damaged-record'],
    ['an empty one', (id: string): void => fs.truncateSync(file(id, 'config.v2.json')), 'damaged-record'],
    [
      'a damaged hostconfig.json',
      (id: string): void => fs.writeFileSync(file(id, 'hostconfig.json'), '{'),
      'damaged-record',
    ],
    [
      'a link in its place',
      (id: string): void => {
        fs.renameSync(file(id, 'config.v2.json'), file(id, 'real'));
        fs.symlinkSync('real', file(id, 'config.v2.json'));
      },
      'damaged-record',
    ],
  ])('has %s', (_, damage, kind) => {
    const { id } = docker.addContainer({ name: 'x', image });
    damage(id);
    expect(read()).toMatchObject({ records: [], problems: [{ kind, subject: `container ${id}` }] });
  });

  it("lies in another one's directory", () => {
    const { id } = docker.addContainer({ name: 'x', image });
    fs.renameSync(join(docker.path, 'containers', id), join(docker.path, 'containers', 'e'.repeat(64)));
    expect(read()).toMatchObject({ records: [], problems: [{ kind: 'damaged-record' }] });
  });
});

it('bears one without hostconfig.json, as the engine does', () => {
  const { id } = docker.addContainer({ name: 'x', image });
  fs.rmSync(file(id, 'hostconfig.json'));
  expect(read().records).toHaveLength(1);
});
