import { describe, expect, it } from 'vitest';
import {
  chooseEngineVersion,
  parseEngineVersion,
  plainVersion,
  ruleSource,
  rulesFor,
} from './engine-rules.ts';

describe('parseEngineVersion', () => {
  it.each([
    ['28.5', [28, 5, Infinity]],
    ['28.5.2', [28, 5, 2]],
    ['20.10.24+dfsg1', [20, 10, 24]],
    ['v29.0.0-rc.1', [29, 0, 0]],
    ['29', [29, Infinity, Infinity]],
    ['26.1.5+dfsg1-9+b11', [26, 1, 5]],
  ])('reads %s', (text, [major, minor, patch]) => {
    expect(parseEngineVersion(text)).toEqual({ major, minor, patch });
  });

  it.each(['', 'newest', '28.', '28.x', '1.2.3.4', '1.2 3'])('refuses %j', (text) => {
    expect(parseEngineVersion(text)).toBeNull();
  });

  it('drops what a distribution adds', () => {
    expect(plainVersion('20.10.24+dfsg1')).toBe('20.10.24');
    expect(plainVersion('28.5')).toBe('28.5');
  });
});

describe('rulesFor', () => {
  it.each([
    ['20.10', '1.41', 'listed-images', 'present', 'layers-less-used', 'referenced', 'not-shared'],
    ['23.0', '1.42', 'all-images', 'present', 'layers-less-used', 'referenced', 'not-shared'],
    ['26.1.5', '1.45', 'all-images', 'omitted', 'layers-less-used', 'referenced', 'not-shared'],
    ['28.5', '1.51', 'all-images', 'omitted', 'layers-less-used', 'referenced', 'not-shared'],
    ['29.0', '1.52', 'all-images', 'omitted', 'layers-less-unused', 'not-reclaimable', 'all'],
    ['29.3.1', '1.54', 'all-images', 'omitted', 'layers-less-unused', 'not-reclaimable', 'all'],
    ['29.4', '1.54', 'all-images', 'omitted', 'unused-unique', 'not-reclaimable', 'all'],
    ['30.0', '1.55', 'all-images', 'omitted', 'unused-unique', 'not-reclaimable', 'all'],
  ])('%s', (version, api, sharedSize, virtualSize, imagesReclaimable, volumesActive, buildCacheSize) => {
    expect(rulesFor(version)).toMatchObject({
      api,
      sharedSize,
      virtualSize,
      imagesReclaimable,
      volumesActive,
      buildCacheSize,
    });
  });

  it('changes with a patch release where the engine did', () => {
    expect(rulesFor('20.10.5').applyDiff).toBe('parent-matches');
    expect(rulesFor('20.10.6').applyDiff).toBe('parent-matches-and-native-diff');
    expect(rulesFor('20.10').applyDiff).toBe('parent-matches-and-native-diff');
  });

  it('knows which user namespaces had a native diff and which containers name no driver', () => {
    expect(rulesFor('26.1').userNamespaceDiff).toBe('naive');
    expect(rulesFor('27.0').userNamespaceDiff).toBe('native-with-userxattr');
    expect(rulesFor('23.0').unnamedDriver).toBe('aufs');
    expect(rulesFor('24.0').unnamedDriver).toBe('none');
  });

  it('names the source of the rule in force', () => {
    expect(ruleSource('28.5', 'imagesReclaimable')).toContain('20.10');
    expect(ruleSource('29.2', 'imagesReclaimable')).toContain('29.0');
    expect(ruleSource('29.7', 'imagesReclaimable')).toContain('29.4');
  });

  it('refuses what is no version', () => {
    expect(() => rulesFor('latest')).toThrow('not an engine version: latest');
  });
});

describe('chooseEngineVersion', () => {
  const store = { driver: 'overlay2', shows: '20.10' } as const;

  it('believes the option, then the engine, then the store', () => {
    expect(chooseEngineVersion({ option: '23.0', engineAnswer: '28.5.2', store })).toEqual({
      engineVersion: '23.0',
      engineVersionFrom: 'option',
    });
    expect(chooseEngineVersion({ engineAnswer: '28.5.2+dfsg2', store })).toEqual({
      engineVersion: '28.5.2',
      engineVersionFrom: 'engine',
    });
    expect(chooseEngineVersion({ engineAnswer: 'dev', store })).toEqual({
      engineVersion: '20.10',
      engineVersionFrom: 'store',
    });
  });

  it.each([
    ['overlay2', '29.7'],
    ['aufs', '23.0'],
    ['devicemapper', '24.0'],
  ] as const)('takes the newest engine that writes %s stores', (driver, engineVersion) => {
    expect(chooseEngineVersion({ store: { driver, shows: null } })).toEqual({
      engineVersion,
      engineVersionFrom: 'newest',
    });
  });
});
