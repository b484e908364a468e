import { describe, expect, it } from 'vitest';
import { boltFile, fnv64 } from '../../../test/fixtures/bolt-file.ts';
import type { BoltFileOptions, BoltTree } from '../../../test/fixtures/bolt-file.ts';
import { isMalformed } from '../malformed.ts';
import { bucketNamed, readBoltFile } from './bolt-file.ts';
import type { BoltBucket } from './bolt-file.ts';
import { newestMeta } from './meta.ts';

interface Plain {
  [key: string]: string | Plain;
}

function plain(bucket: BoltBucket): Plain {
  const out: Plain = {};
  for (const { key, value, bucket: inner } of bucket.entries()) {
    out[key.toString('latin1')] = inner === null ? (value?.toString('latin1') ?? '') : plain(inner);
  }
  return out;
}

const TREE: BoltTree = {
  _main: {
    a: { x: '1', y: 'two' },
    b: { x: '3' },
    '\xff\x00': { '': 'empty key' },
    big: { text: 'v'.repeat(9000) },
    empty: {},
  },
  other: Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [`key${String(index).padStart(4, '0')}`, `value ${index}`]),
  ),
};

describe('reading a bbolt file', () => {
  const cases: readonly (readonly [string, BoltFileOptions])[] = [
    ['4 KiB pages, little-endian', {}],
    ['big-endian', { bigEndian: true }],
    ['16 KiB pages', { pageSize: 16384 }],
    ['64 KiB pages, big-endian', { pageSize: 65536, bigEndian: true }],
    ['no inline buckets', { inline: false }],
    ['branch pages of two', { fanOut: 2 }],
    ['branch pages of seven, big-endian, not inline', { fanOut: 7, bigEndian: true, inline: false }],
  ];
  it.each(cases)('%s', (_, options) => {
    expect(readBoltFile(boltFile(TREE, options), plain)).toEqual(TREE);
  });

  it('keeps the keys in order through branches', () => {
    const keys = readBoltFile(boltFile(TREE, { fanOut: 3 }), (root) => {
      return [...(bucketNamed(root, 'other')?.entries() ?? [])].map(({ key }) => key.toString());
    });
    expect(keys).toEqual(Object.keys(TREE['other'] as BoltTree));
  });

  it('answers null for a bucket that is not there or is a value', () => {
    expect(readBoltFile(boltFile({ a: 'value' }), (root) => bucketNamed(root, 'b'))).toBeNull();
    expect(readBoltFile(boltFile({ a: 'value' }), (root) => bucketNamed(root, 'a'))).toBeNull();
  });
});

describe('choosing the meta page', () => {
  it('takes the higher transaction', () => {
    expect(newestMeta(boltFile(TREE, { txid: 12 }))?.txid).toBe(12n);
  });

  it('takes the other one when the newer is torn', () => {
    const bytes = boltFile(TREE, { txid: 12 });
    bytes[4096 + 20] = 0;
    bytes.writeUInt8(bytes.readUInt8(4096 + 70) ^ 1, 4096 + 70);
    expect(newestMeta(bytes)?.txid).toBe(11n);
  });

  it.each([4096, 16384, 65536])('finds page 1 of %i bytes when page 0 is gone', (pageSize) => {
    const bytes = boltFile(TREE, { pageSize, txid: 5 });
    bytes.fill(0, 0, 100);
    expect(newestMeta(bytes)).toMatchObject({ txid: 5n, pageSize });
    expect(readBoltFile(bytes, plain)).toEqual(TREE);
  });

  it('refuses a file without a valid one', () => {
    const bytes = boltFile(TREE);
    bytes.writeUInt8(1, 24);
    bytes.writeUInt8(1, 4096 + 24);
    expect(readBoltFile(bytes, plain)).toEqual({ malformed: 'it has no valid bbolt meta page' });
    expect(newestMeta(Buffer.alloc(0))).toBeNull();
  });
});

/** Writes a meta's checksum anew after a change to it. */
function seal(bytes: Buffer, page: number): void {
  const at = page * 4096;
  bytes.writeBigUInt64LE(fnv64(bytes.subarray(at + 16, at + 72)), at + 72);
}

describe('a damaged file', () => {
  it('does not follow a page that leads back to itself', () => {
    const bytes = boltFile(TREE, { fanOut: 2, inline: false });
    const branch = Array.from({ length: bytes.length / 4096 }, (_, page) => page).find(
      (page) => page > 2 && bytes.readUInt16LE(page * 4096 + 8) === 1,
    );
    expect(branch).toBeDefined();
    bytes.writeBigUInt64LE(BigInt(branch!), branch! * 4096 + 16 + 8);
    expect(readBoltFile(bytes, plain)).toHaveProperty('malformed');
  });

  it('refuses a root page out of the file, in a sealed meta', () => {
    const bytes = boltFile(TREE);
    for (const page of [0, 1]) {
      bytes.writeBigUInt64LE(99_999n, page * 4096 + 32);
      seal(bytes, page);
    }
    expect(readBoltFile(bytes, plain)).toEqual({ malformed: 'page 99999 is out of bounds' });
  });

  it('refuses elements that claim the same bytes again and again', () => {
    const entries = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`k${index}`, 'v'.repeat(10)]),
    );
    const bytes = boltFile({ all: entries }, { inline: false });
    const page = 3;
    for (let index = 0; index < 100; index++) {
      const at = page * 4096 + 16 + index * 16;
      bytes.writeUInt32LE(0, at + 4);
      bytes.writeUInt32LE(0, at + 8);
      bytes.writeUInt32LE(4096 - 16 - index * 16, at + 12);
    }
    expect(readBoltFile(bytes, plain)).toEqual({ malformed: 'its elements overlap' });
  });

  it('survives thousands of random changes and cuts', () => {
    let state = 0x2545f491;
    const random = (below: number): number => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) % below;
    };
    const whole = [
      boltFile(TREE),
      boltFile(TREE, { fanOut: 4, inline: false }),
      boltFile(TREE, { bigEndian: true, fanOut: 9 }),
    ];
    let damaged = 0;
    for (let round = 0; round < 6000; round++) {
      const bytes = Buffer.from(whole[round % whole.length]!);
      // Beyond the metas: a damaged meta is refused by its checksum and would hide the rest.
      for (let change = 0; change <= random(6); change++) {
        const page = 3 + random(bytes.length / 4096 - 3);
        bytes[page * 4096 + random(random(2) === 0 ? 64 : 4096)] = random(256);
      }
      const cut = random(8) === 0 ? bytes.subarray(0, 8192 + random(bytes.length - 8192)) : bytes;
      if (isMalformed(readBoltFile(cut, plain))) damaged++;
    }
    expect(damaged).toBeGreaterThan(1000);
    expect(damaged).toBeLessThan(6000);
  });
});
