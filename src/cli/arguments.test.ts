import { expect, it } from 'vitest';
import { commandFirst } from './arguments.ts';
import { parseStore } from './store-flags.ts';
import { wantsJson } from './settings.ts';
import { similar } from './usage.ts';

const COMMANDS = new Set(['images', 'df', 'explain']);

it.each([
  [
    ['images', '--json'],
    ['images', '--json'],
  ],
  [
    ['--json', 'images'],
    ['images', '--json'],
  ],
  [
    ['--data-root', 'df', 'images', 'x'],
    ['images', '--data-root', 'df', 'x'],
  ],
  [
    ['--data-root=df', 'df'],
    ['df', '--data-root=df'],
  ],
  [['help'], ['--help']],
  [
    ['help', 'df'],
    ['df', '--help'],
  ],
  [
    ['--bytes', 'app'],
    ['--bytes', 'app'],
  ],
  [
    ['--', 'df'],
    ['--', 'df'],
  ],
  [[], []],
])('%j is run as %j', (args, first) => {
  expect(commandFirst(args, COMMANDS)).toEqual(first);
});

it('reads stores', () => {
  expect(parseStore('docker:/srv/docker')).toEqual({ kind: 'docker', path: '/srv/docker' });
  expect(parseStore(String.raw`docker:/a\,b,driver=vfs`)).toEqual({
    kind: 'docker',
    path: '/a,b',
    driver: 'vfs',
  });
  expect(parseStore('docker:rel:ative')).toEqual({ kind: 'docker', path: 'rel:ative' });
  expect(() => parseStore('/srv/docker')).toThrow('not a store');
  expect(() => parseStore('docker:')).toThrow('not a store');
  expect(() => parseStore('docker:/a,colour=red')).toThrow('not an option');
  expect(parseStore('containerd:/a,namespace=k8s.io')).toEqual({
    kind: 'containerd',
    path: '/a',
    namespace: 'k8s.io',
  });
  expect(parseStore('docker:/a,containerd=/b,namespace=n')).toEqual({
    kind: 'docker',
    path: '/a',
    containerd: '/b',
    namespace: 'n',
  });
  expect(() => parseStore('containerd:/a,runroot=/b')).toThrow('not an option of a store');
});

it('knows early whether failures are JSON', () => {
  expect(wantsJson(['df', '--json'])).toBe(true);
  expect(wantsJson(['--format', 'json', 'df'])).toBe(true);
  expect(wantsJson(['--format=json'])).toBe(true);
  expect(wantsJson(['df', '--', '--json'])).toBe(false);
  expect(wantsJson(['--format', 'table'])).toBe(false);
});

it('finds words that are nearly right', () => {
  expect(similar('imges', COMMANDS)).toEqual(['images']);
  expect(similar('iamges', COMMANDS)).toEqual(['images']);
  expect(similar('fd', COMMANDS)).toEqual(['df']);
  expect(similar('nginx', COMMANDS)).toEqual([]);
});
