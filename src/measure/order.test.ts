import { expect, it } from 'vitest';
import { compareCreated } from './order.ts';

it.each([
  ['2024-01-01T00:00:00Z', '2024-01-01T00:00:00.000000001Z', -1],
  ['2024-01-01T00:00:00.1Z', '2024-01-01T00:00:00.09Z', 1],
  ['2024-01-01T02:00:00+02:00', '2024-01-01T00:00:00Z', 0],
  ['2024-01-01T00:00:00.5+01:00', '2023-12-31T23:00:00.4Z', 1],
  [null, '0001-01-01T00:00:00Z', -1],
  ['not a time', null, 0],
])('compareCreated(%s, %s) is %i', (a, b, expected) => {
  expect(Math.sign(compareCreated(a, b))).toBe(expected);
  expect(Math.sign(compareCreated(b, a))).toBe(expected === 0 ? 0 : -expected);
});
