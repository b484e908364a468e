import { expect, it } from 'vitest';
import { hasSysAdmin } from './facts.ts';
import { loadLibc } from './libc.ts';
import type { Libc } from './libc.ts';
import { isTrustworthy } from './self-check.ts';
import { statDiffers } from './stat-rules.ts';
import { InodeTable } from './walk/inode-table.ts';

const libc = loadLibc();

it('finds koffi here and trusts it', () => {
  expect(libc).toBeDefined();
  expect(libc !== undefined && isTrustworthy(libc)).toBe(true);
});

it('has no C library where koffi is not', () => {
  expect(loadLibc('file:///nowhere/at/all.js')).toBeUndefined();
});

it.each<[string, (real: Libc) => Partial<Libc>]>([
  ['says nothing', () => ({ statx: () => 0 })],
  ['fails', () => ({ getdents64: () => -1 })],
  [
    'puts the fields elsewhere',
    (real) => ({ statx: (d, path, flags, mask, at) => real.statx(d, path, flags, mask, at + 8) }),
  ],
  [
    'throws',
    () => ({
      openat: () => {
        throw new Error('no');
      },
    }),
  ],
])('does not trust a C library that %s', (_, broken) => {
  if (libc === undefined) throw new Error('koffi is missing');
  expect(isTrustworthy({ ...libc, ...broken(libc) })).toBe(false);
});

it('knows CAP_SYS_ADMIN by its bit', () => {
  expect(hasSysAdmin('Name:\tx\nCapEff:\t000001ffffffffff\n')).toBe(true);
  expect(hasSysAdmin('CapEff:\t0000000000200000\n')).toBe(true);
  expect(hasSysAdmin('CapPrm:\t0000000000200000\nCapEff:\t00000000a80425fb\n')).toBe(false);
  expect(hasSysAdmin('')).toBe(false);
});

it('keeps 64-bit inode numbers apart', () => {
  const table = new InodeTable();
  const numbers: (readonly [number, number])[] = [[0, 0]];
  for (let n = 1; n < 5000; n++) numbers.push([n, 0], [0, n], [0xffffffff, 0x80000000 + n]);
  for (const [low, high] of numbers) expect(table.add(low, high)).toBe(true);
  for (const [low, high] of numbers) expect(table.add(low, high)).toBe(false);
});

it('compares what the engine compares', () => {
  const file = { mode: 0x81a4, uid: 0, gid: 0, rdev: 0, apparentBytes: 5, mtimeSeconds: 9, mtimeNanos: 7 };
  const folder = { ...file, mode: 0x41ed };
  expect(statDiffers(file, { ...file })).toBe(false);
  for (const change of [{ mode: 0x81a0 }, { uid: 1 }, { gid: 1 }, { rdev: 1 }, { apparentBytes: 6 }])
    expect(statDiffers(file, { ...file, ...change })).toBe(true);
  expect(statDiffers(file, { ...file, mtimeSeconds: 8 })).toBe(true);
  expect(statDiffers(file, { ...file, mtimeNanos: 8 })).toBe(true);
  expect(statDiffers(file, { ...file, mtimeNanos: 0 })).toBe(false);
  expect(statDiffers({ ...file, mtimeNanos: 0 }, file)).toBe(false);
  expect(statDiffers(folder, { ...folder, apparentBytes: 9, mtimeSeconds: 1 })).toBe(false);
  expect(statDiffers(folder, { ...folder, gid: 9 })).toBe(true);
});
