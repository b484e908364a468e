import { describe, expect, it } from 'vitest';
import { formatAmount, formatBytes, formatCount, formatPercent, plural } from './units.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [6, '6 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1250, '1.3 kB'],
    [999_949, '999.9 kB'],
    [999_950, '1.0 MB'],
    [21_300_000_000, '21.3 GB'],
    [9_007_199_254_740_991, '9.0 PB'],
    [-1, '-1 B'],
    [-1_600_000, '-1.6 MB'],
  ])('%d in decimal units is %s', (bytes, text) => {
    expect(formatBytes(bytes, 'decimal')).toBe(text);
  });

  it.each([
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1024 * 1024 - 1, '1.0 MiB'],
    [21_300_000_000, '19.8 GiB'],
  ])('%d in binary units is %s', (bytes, text) => {
    expect(formatBytes(bytes, 'binary')).toBe(text);
  });

  it('writes whole bytes with commas', () => {
    expect(formatBytes(318_731_746, 'bytes')).toBe('318,731,746');
    expect(formatCount(-1_234)).toBe('-1,234');
    expect(formatCount(999)).toBe('999');
  });
});

describe('formatAmount', () => {
  it('shows a bound at the number', () => {
    expect(formatAmount({ bytes: 1_200_000_000 }, 'decimal')).toBe('1.2 GB');
    expect(formatAmount({ bytes: 1_200_000_000, bound: 'at-least' }, 'decimal')).toBe('>= 1.2 GB');
    expect(formatAmount({ bytes: 1_200_000_000, bound: 'at-most' }, 'decimal')).toBe('<= 1.2 GB');
    expect(formatAmount({ bytes: 0, bound: 'unknown' }, 'decimal')).toBe('~ 0 B');
    expect(formatAmount({ bytes: null, bound: 'unknown' }, 'decimal')).toBe('?');
  });
});

describe('formatPercent', () => {
  it('never says all or nothing of a part', () => {
    expect(formatPercent(999, 1000)).toBe('99 %');
    expect(formatPercent(1, 1000)).toBe('1 %');
    expect(formatPercent(1000, 1000)).toBe('100 %');
    expect(formatPercent(0, 1000)).toBe('0 %');
    expect(formatPercent(0, 0)).toBe('0 %');
    expect(formatPercent(415, 1000)).toBe('42 %');
  });
});

it('plural', () => {
  expect(plural(1, 'image')).toBe('1 image');
  expect(plural(1400, 'image')).toBe('1,400 images');
});
