import { describe, expect, it } from 'vitest';
import { hostOf, storeOf } from '../../test/fixtures/store-double.ts';
import type { HostParts } from '../../test/fixtures/store-double.ts';
import { rulesFor } from './engine-rules.ts';
import { chooseNativeDiff } from './native-diff.ts';
import type { NativeDiffEvidence } from './native-diff.ts';

const PARAMETER = '/sys/module/overlay/parameters/redirect_dir';

function choose(parts: HostParts, rest: Partial<NativeDiffEvidence> = {}): unknown {
  return chooseNativeDiff({ host: hostOf(parts), store: storeOf({}), rules: rulesFor('28.5'), ...rest });
}

describe('chooseNativeDiff', () => {
  it('believes the option, then the engine, then this host', () => {
    expect(choose({}, { option: 'off', engineAnswer: true })).toEqual({
      nativeDiff: false,
      nativeDiffFrom: 'option',
    });
    expect(choose({}, { option: 'auto', engineAnswer: false })).toEqual({
      nativeDiff: false,
      nativeDiffFrom: 'engine',
    });
    expect(choose({}, { engineAnswer: null })).toEqual({ nativeDiff: true, nativeDiffFrom: 'host' });
  });

  it.each([
    ['Y\n', false],
    ['N\n', true],
  ])('takes redirect_dir %j for what the trial rename would meet', (text, nativeDiff) => {
    expect(choose({ files: { [PARAMETER]: text } })).toEqual({ nativeDiff, nativeDiffFrom: 'host' });
  });

  it('is off on kernels that copy the opaque mark up', () => {
    expect(choose({ kernel: '4.7.10' })).toMatchObject({ nativeDiff: false });
    expect(choose({ kernel: '4.8.0-1-amd64' })).toMatchObject({ nativeDiff: true });
  });

  it.each([
    ['26.1', '6.1.0', false],
    ['27.0', '6.1.0', true],
    ['27.0', '5.10.0', false],
  ])('rootless %s on Linux %s: %s', (version, kernel, nativeDiff) => {
    expect(choose({ uid: 1000, kernel }, { rules: rulesFor(version) })).toMatchObject({ nativeDiff });
  });

  it('takes a remapped root for one whose engine is outside the user namespace', () => {
    const store = storeOf({ root: '/store/100000.100000' });
    expect(choose({ uid: 100_000 }, { store, rules: rulesFor('26.1') })).toMatchObject({ nativeDiff: true });
  });

  it('is no question for other drivers', () => {
    expect(choose({}, { store: { ...storeOf({}), driver: 'vfs' }, option: 'on' })).toEqual({
      nativeDiff: null,
      nativeDiffFrom: 'driver',
    });
  });
});
