import { describe, expect, it } from 'vitest';
import { goTime, varint } from '../../test/fixtures/containerd-root.ts';
import { signedOf, timeOf, unsignedOf } from './containerd-values.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('numbers of containerd', () => {
  it.each([
    ['01', 1],
    ['ff7f', 16_383],
    ['ffffffffffffff0f', 9_007_199_254_740_991],
  ])('%s is %d unsigned', (text, value) => expect(unsignedOf(hex(text))).toBe(value));

  it.each([
    ['8040', 4096],
    ['80c001', 12_288],
    ['aab4de75', 123_456_789],
    ['80c07c', 1_019_904],
    ['01', -1],
    ['00', 0],
  ])('%s is %d signed', (text, value) => expect(signedOf(hex(text))).toBe(value));

  it.each(['', '80', 'ffffffffffffffffffff01', 'ffffffffffffffff7f'])('%s is none', (text) => {
    expect(unsignedOf(hex(text))).toBeNull();
    expect(signedOf(hex(text))).toBeNull();
  });

  it('are read as they are written', () => {
    for (const value of [0, 1, -1, 300, -300, 2 ** 40]) expect(signedOf(varint(value))).toBe(value);
    expect(signedOf(undefined)).toBeNull();
  });
});

describe('times of containerd', () => {
  it('are seconds since the year 1 and nanoseconds', () => {
    expect(timeOf(goTime('2024-02-03T04:05:06Z'))).toBe('2024-02-03T04:05:06Z');
    const nanos = goTime('2024-02-03T04:05:06Z');
    nanos.writeUInt32BE(120_000_000, 9);
    expect(timeOf(nanos)).toBe('2024-02-03T04:05:06.12Z');
  });

  it('may be none', () => {
    expect(timeOf(undefined)).toBeNull();
    expect(timeOf(Buffer.alloc(15, 9))).toBeNull();
    expect(timeOf(Buffer.concat([Buffer.from([1]), Buffer.alloc(14)]))).toBeNull();
    expect(timeOf(hex('01'))).toBeNull();
    expect(timeOf(Buffer.concat([Buffer.from([1]), Buffer.alloc(14, 0x7f)]))).toBeNull();
  });
});
