import { describe, expect, it } from 'vitest';
import { parseContainerConfig, parseHostConfig } from './container-config.ts';

const ID = 'd'.repeat(64);
const START = '2024-01-02T03:04:05Z';
const parse = (members: object): ReturnType<typeof parseContainerConfig> =>
  parseContainerConfig(Buffer.from(JSON.stringify({ ID, ...members })));

describe('config.v2.json', () => {
  it.each([
    ['running', { Running: true, StartedAt: START }],
    ['paused', { Running: true, Paused: true, Restarting: true }],
    ['restarting', { Running: true, Restarting: true }],
    ['dead', { Dead: true, StartedAt: START }],
    ['created', { StartedAt: '0001-01-01T00:00:00Z' }],
    ['created', { Paused: true }],
    ['exited', { StartedAt: START }],
  ])('%s: %j', (state, State) => {
    expect(parse({ State })).toMatchObject({ state });
  });

  it('gives what the store needs', () => {
    const image = `sha256:${'e'.repeat(64)}`;
    const config = parse({
      Name: '/api',
      Image: image,
      Driver: 'overlay2',
      Created: START,
      LogPath: '/l',
      Config: { Image: 'app:1', Labels: { a: 'b' } },
      MountPoints: {
        '/b': { Name: 'two', Driver: 'local' },
        '/a': { Name: 'one', Driver: 'local' },
        '/c': { Name: 'one', Driver: 'local' },
        '/d': { Source: '/host', Name: '', Driver: '' },
        '/e': { Type: 'bind', Name: 'not-a-volume' },
      },
    });
    expect(config).toEqual({
      id: ID,
      name: 'api',
      imageId: image,
      imageName: 'app:1',
      state: 'created',
      created: START,
      driver: 'overlay2',
      os: 'linux',
      labels: { a: 'b' },
      volumeNames: ['one', 'two'],
      logPath: '/l',
    });
  });

  it.each([
    { ID: 'short' },
    { State: { Running: 'yes' } },
    { Created: 5 },
    { MountPoints: [] },
    { Config: { Labels: [] } },
  ])('refuses %j', (members) => {
    expect(parse(members)).toHaveProperty('malformed');
  });
});

describe('hostconfig.json', () => {
  it('only has to parse', () => {
    expect(parseHostConfig(Buffer.from('{"x":1}\n'))).toBe(true);
    expect(parseHostConfig(Buffer.from('{"x":'))).toHaveProperty('malformed');
  });
});
