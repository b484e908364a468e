import { expect, it } from 'vitest';
import {
  parseLibpodContainer,
  parseLibpodState,
  parseLibpodVolume,
  parseLibpodVolumeState,
} from './libpod.ts';

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

it('a container names its image and its volumes', () => {
  const config = {
    id: 'a',
    name: 'web',
    rootfsImageID: 'i',
    rootfsImageName: 'localhost/app:1',
    createdTime: '2026-01-02T03:04:05.6Z',
    namedVolumes: [{ volumeName: 'v', dest: '/data' }],
  };
  expect(parseLibpodContainer(bytes(config))).toEqual({
    id: 'a',
    name: 'web',
    imageName: 'localhost/app:1',
    imageId: 'i',
    rootfs: '',
    created: '2026-01-02T03:04:05.6Z',
    volumeNames: ['v'],
    writtenSince: '4.3',
  });
  expect(parseLibpodContainer(Buffer.from('{'))).toHaveProperty('malformed');
});

it.each([
  [{}, '4.3'],
  [{ label_nested: false }, '4.5'],
  [{ label_nested: false, kubeExitCodePropagation: 0 }, '4.6'],
  [{ kubeExitCodePropagation: 0, readWriteTmpfs: true }, '4.7'],
  [{ readWriteTmpfs: true, use_image_hosts: false }, '5.3'],
  [{ use_image_hosts: false, defaultPause: false }, '5.5'],
])('a record with %j is as old as %s', (members, since) => {
  expect(parseLibpodContainer(bytes(members))).toMatchObject({ writtenSince: since });
});

it.each([
  [1, 'created'],
  [3, 'running'],
  [5, 'paused'],
  [6, 'exited'],
  [9, 'bad state'],
  [null, 'unknown'],
])('state %s is %s', (state, word) => {
  expect(parseLibpodState(bytes({ state }))).toBe(word);
});

it('a volume says where it is', () => {
  expect(
    parseLibpodVolume(bytes({ name: 'v', mountPoint: '/v/_data', volumeOptions: { o: 'size=1' } })),
  ).toMatchObject({ name: 'v', driver: '', mountPoint: '/v/_data', options: { o: 'size=1' } });
  expect(parseLibpodVolumeState(bytes({ mountPoint: '/mnt' }))).toBe('/mnt');
});
