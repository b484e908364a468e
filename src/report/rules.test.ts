import { expect, it } from 'vitest';
import type { RulesUsed } from '../model/reports.ts';
import { ruleLines } from './rules.ts';

const USED: RulesUsed = {
  store: 'docker:/a#overlay2',
  driver: 'overlay2',
  engineVersion: '28.5',
  engineVersionFrom: 'engine',
  nativeDiff: true,
  nativeDiffFrom: 'engine',
};
const VFS: RulesUsed = {
  ...USED,
  store: 'docker:/b#vfs',
  engineVersionFrom: 'store',
  nativeDiff: null,
  nativeDiffFrom: 'driver',
};

it('says which rules and how they are known', () => {
  expect(ruleLines([USED], 80)).toEqual([
    'Rules of Docker 28.5, native diff on (the daemon of this root said so).',
  ]);
  expect(ruleLines([VFS], 80)).toEqual(['Rules of Docker 28.5 (the store shows it).']);
  expect(ruleLines([{ ...USED, engineVersionFrom: 'option', nativeDiffFrom: 'host' }], 200)).toEqual([
    'Rules of Docker 28.5 (as the flag says), native diff on (as this host would choose; otherwise: --native-diff).',
  ]);
});

it('calls Podman by its name, and where its library keeps what it found', () => {
  const podman = {
    ...USED,
    store: 'podman:/a#overlay',
    engineVersion: '4.3',
    engineVersionFrom: 'store',
  } as const;
  expect(ruleLines([podman], 200)).toEqual([
    'Rules of Podman 4.3 (the store shows it), native diff on (as its run root says).',
  ]);
});

it('says it once for stores with the same rules', () => {
  expect(ruleLines([USED, { ...USED, store: 'docker:/c#overlay2' }], 80)).toHaveLength(1);
  expect(ruleLines([USED, VFS], 200)).toEqual([
    'docker:/a#overlay2: rules of Docker 28.5, native diff on (the daemon of this root said so).',
    'docker:/b#vfs: rules of Docker 28.5 (the store shows it).',
  ]);
});
