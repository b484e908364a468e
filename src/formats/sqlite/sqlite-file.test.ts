import { describe, expect, it } from 'vitest';
import { sqliteFile } from '../../../test/fixtures/sqlite.ts';
import type { Cell } from '../../../test/fixtures/sqlite.ts';
import { isMalformed } from '../malformed.ts';
import { changeCounter, readSqliteFile } from './sqlite-file.ts';

const ROWS: readonly (readonly Cell[])[] = Array.from({ length: 60 }, (_, index) => [
  `id${index}`,
  index,
  index % 3 === 0 ? null : 'x'.repeat(index * 97),
  index === 7 ? -5 : 1_000_000 + index,
]);

function rows(bytes: Buffer, table = 'T'): unknown {
  return readSqliteFile(bytes, (tables) => tables.rows(table));
}

describe('an SQLite file', () => {
  it.each([512, 1024, 4096, 65536])('gives its rows back from pages of %i bytes', (pageSize) => {
    const tables = [
      { name: 'other', rows: [['a']] },
      { name: 'T', rows: ROWS },
    ];
    expect(rows(sqliteFile(tables, { pageSize, rowsAPage: pageSize === 512 ? 1 : 4 }))).toEqual(ROWS);
  });

  it('has tables without rows, and tables that are not there', () => {
    const bytes = sqliteFile([{ name: 'T', rows: [] }]);
    expect(rows(bytes)).toEqual([]);
    expect(rows(bytes, 'U')).toBeNull();
  });

  it('tells its change counter', () => {
    expect(changeCounter(sqliteFile([], { changeCounter: 77 }))).toBe(77);
    expect(changeCounter(Buffer.alloc(200))).toBeNull();
  });

  it('is not read where its newest content is in a write-ahead log', () => {
    expect(rows(sqliteFile([], { writeVersion: 2 }))).toMatchObject({
      malformed: expect.stringContaining('write-ahead'),
    });
  });
});

describe('damage', () => {
  it('of any byte ends in rows or in a sentence', () => {
    const whole = sqliteFile([{ name: 'T', rows: ROWS.slice(0, 20) }], { pageSize: 1024, rowsAPage: 3 });
    let refused = 0;
    for (let at = 0; at < whole.length; at += 3) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      if (isMalformed(rows(bytes))) refused += 1;
    }
    expect(refused).toBeGreaterThan(10);
  });

  it('of its length ends in a sentence', () => {
    const whole = sqliteFile([{ name: 'T', rows: ROWS }]);
    for (let length = 0; length < whole.length; length += 997)
      expect(isMalformed(rows(whole.subarray(0, length)))).toBe(true);
  });

  it('with a page that leads to itself ends', () => {
    const bytes = sqliteFile([{ name: 'T', rows: ROWS.slice(0, 9) }], { rowsAPage: 3 });
    bytes.writeUInt32BE(2, 4096 + 8);
    expect(rows(bytes)).toMatchObject({ malformed: 'page 2 is referred to twice' });
  });
});
