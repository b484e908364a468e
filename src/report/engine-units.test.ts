import { describe, expect, it } from 'vitest';
import { engineReclaimable, engineSize, goGeneral, podmanReclaimable } from './engine-units.ts';

describe('engineSize', () => {
  it.each([
    [0, '0B'],
    [999, '999B'],
    [1000, '1kB'],
    [2625, '2.625kB'],
    [5_000_512, '5.001MB'],
    [999_999, '1000kB'],
    [21_300_000_000, '21.3GB'],
    [-1, '-1B'],
    [-28_870_000, '-2.887e+07B'],
  ])('%d is %s with four digits', (bytes, text) => {
    expect(engineSize(bytes)).toBe(text);
  });

  it('goes to the even digit where the binary value is an exact tie', () => {
    // 2.625 has an exact binary value: Go's %.3g gives 2.62, JavaScript's toPrecision(3) 2.63.
    expect(engineSize(2625, 3)).toBe('2.62kB');
    expect(engineSize(2875, 3)).toBe('2.88kB');
    expect(goGeneral(1.0625, 4)).toBe('1.062');
    expect(goGeneral(1.1875, 4)).toBe('1.188');
    // 2.675 is a little less than its digits say: no tie.
    expect(goGeneral(2.675, 3)).toBe('2.67');
  });

  it('switches to an exponent where three digits are not enough', () => {
    expect(engineSize(999_999, 3)).toBe('1e+03kB');
    expect(goGeneral(123_456, 3)).toBe('1.23e+05');
    expect(goGeneral(0.00001, 4)).toBe('1e-05');
    expect(goGeneral(0.0125, 4)).toBe('0.0125');
  });
});

describe('engineReclaimable', () => {
  it('cuts the percent off', () => {
    expect(engineReclaimable(8_800_000_000, 21_300_000_000)).toBe('8.8GB (41%)');
    expect(engineReclaimable(999, 1000)).toBe('999B (99%)');
    expect(engineReclaimable(0, 0)).toBe('0B');
  });
});

it.each([
  [6029889, 15133108, '6.03MB (40%)'],
  [30, 42, '30B (71%)'],
  [0, 0, '0B (0%)'],
  [5, 0, '5B (0%)'],
  [-3, 200, '-3B (-2%)'],
])('podman prints %i of %i reclaimable as %s', (bytes, total, text) => {
  expect(podmanReclaimable(bytes, total)).toBe(text);
});
