import { describe, expect, it } from 'vitest';
import { hostOf, storeOf } from '../../test/fixtures/store-double.ts';
import { askEngine } from './ask-engine.ts';
import { openScope } from './scope.ts';

const info = {
  ServerVersion: '28.5.2+dfsg2',
  Driver: 'overlay2',
  DockerRootDir: '/store',
  DriverStatus: [
    ['Backing Filesystem', 'extfs'],
    ['Native Overlay Diff', 'false'],
  ],
};
const SOCKET = '/run/docker.sock';

describe('askEngine', () => {
  it('takes the answer of the engine of this very root and driver', async () => {
    const host = hostOf({ engines: { [SOCKET]: info } });
    expect(await askEngine(host, storeOf({}))).toEqual({
      version: '28.5.2+dfsg2',
      nativeDiff: false,
    });
  });

  it.each([
    ['another root', { ...info, DockerRootDir: '/elsewhere' }],
    ['another driver', { ...info, Driver: 'vfs' }],
    ['no object', 'pong'],
    ['no version', { ...info, ServerVersion: 28 }],
    ['nothing', undefined],
  ])('takes no answer from %s', async (_, answer) => {
    expect(await askEngine(hostOf({ engines: { [SOCKET]: answer } }), storeOf({}))).toBeUndefined();
  });

  it('asks the socket that DOCKER_HOST names, not a remote one', async () => {
    const asked: string[] = [];
    const base = hostOf({ engines: { '/mine.sock': info, [SOCKET]: info } });
    const host = (dockerHost: string) => ({
      ...base,
      facts: { ...base.facts, env: { DOCKER_HOST: dockerHost } },
      socket: {
        get: (path: string) => {
          asked.push(path);
          return Promise.reject(new Error('refused'));
        },
      },
    });
    expect(await askEngine(host('unix:///mine.sock'), storeOf({}))).toBeUndefined();
    expect(asked).toEqual(['/mine.sock', SOCKET]);
    asked.length = 0;
    await askEngine(host('tcp://10.0.0.1:2375'), storeOf({}));
    expect(asked).toEqual([SOCKET]);
  });
});

describe('openScope', () => {
  const context = { host: hostOf({ engines: { [SOCKET]: info } }), stores: [] };

  it('uses the rules that the engine tells of', async () => {
    const { used } = await openScope({ ...context, askEngine: true }, storeOf({}));
    expect(used).toMatchObject({
      engineVersion: '28.5.2',
      engineVersionFrom: 'engine',
      nativeDiff: false,
      nativeDiffFrom: 'engine',
    });
  });

  it('asks nobody when that is forbidden', async () => {
    const { used } = await openScope({ ...context, askEngine: false }, storeOf({}));
    expect(used).toMatchObject({ engineVersionFrom: 'newest', nativeDiffFrom: 'host' });
  });
});
