import { expect, it } from 'vitest';
import { parseStorageConf } from './storage-conf.ts';

const parse = (text: string): unknown => parseStorageConf(Buffer.from(text));

it('tells where a store lies', () => {
  const text = `
# [storage] in a comment
[storage]
driver = "overlay" # the default
graphroot = '/srv/a #1'
runroot="/run/x\\"y"
  imagestore = ""
transient_store = true
rootless_storage_path = "$HOME/.local"
[storage.options]
additionalimagestores = [
  "/a", # one
  '/b,c',
]
mount_program = "/not/this"
[storage.options.overlay]
mount_program = "/usr/bin/fuse-overlayfs"
mountopt = "nodev,metacopy=on"
[storage.options.vfs]
graphroot = "/no"
`;
  expect(parse(text)).toEqual({
    driver: 'overlay',
    graphRoot: '/srv/a #1',
    runRoot: '/run/x"y',
    rootlessStoragePath: '$HOME/.local',
    imageStore: '',
    transientStore: true,
    additionalImageStores: ['/a', '/b,c'],
    mountProgram: '/usr/bin/fuse-overlayfs',
    mountOptions: 'nodev,metacopy=on',
  });
});

it('takes what it does not understand as not said', () => {
  const nothing = {
    driver: '',
    graphRoot: '',
    runRoot: '',
    rootlessStoragePath: '',
    imageStore: '',
    transientStore: false,
    additionalImageStores: [],
    mountProgram: '',
    mountOptions: '',
  };
  for (const text of ['', '[storage', '[storage]\ndriver = 3\ngraphroot = [', 'driver = "overlay"'])
    expect(parse(text)).toEqual(nothing);
  expect(parse('[storage]\nrunroot = "a" "b"')).toEqual(nothing);
  expect(parse('\0')).toEqual({ malformed: 'it is not text' });
});
