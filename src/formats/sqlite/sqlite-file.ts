/**
 * Reads the tables of an SQLite database from its bytes (sqlite.org/fileformat2.html): table b-trees only, no index, no write-ahead log.
 *
 *     header 100 bytes: magic, page size u16 at 16 (1 means 65,536), write version at 18 (2: write-ahead log), reserved bytes a page at 20,
 *     change counter u32 at 24            all numbers big-endian; pages count from 1
 *     table leaf (13): cells of payload size, row ID, payload, then the first overflow page where the payload is too long
 *     table interior (5): cells of child page u32 and row ID; the last child is in the page's own header
 *
 * The bytes may be damaged or made to harm: every offset is checked, a page is entered once, depth is bounded.
 */
import { malformed } from '../malformed.ts';
import type { Malformed } from '../malformed.ts';
import { readRecord, readVarint } from './record.ts';
import type { SqliteValue } from './record.ts';

const MAGIC = 'SQLite format 3\0';
const HEADER = 100;
const LEAF = 13;
const INTERIOR = 5;
const MAX_DEPTH = 32;
const SCHEMA_PAGE = 1;

/** Thrown while a damaged file is read, caught by `readSqliteFile`. */
class SqliteDamage extends Error {}

function damage(why: string): never {
  throw new SqliteDamage(why);
}

/** A table's rows as lists of values in the order of its columns. */
export interface SqliteTables {
  /** Rows of a table; null when there is no such table. */
  rows(table: string): readonly (readonly SqliteValue[])[] | null;
}

/** The header's change counter: raised by every transaction. Null: no SQLite header. */
export function changeCounter(head: Buffer): number | null {
  if (head.length < HEADER || head.toString('latin1', 0, MAGIC.length) !== MAGIC) return null;
  return head.readUInt32BE(24);
}

/** Bytes that `changeCounter` looks at. */
export const SQLITE_HEAD: number = HEADER;

class SqliteFile implements SqliteTables {
  readonly #bytes: Buffer;
  readonly #pageSize: number;
  readonly #usable: number;
  readonly #entered = new Set<number>();

  constructor(bytes: Buffer) {
    const size = bytes.readUInt16BE(16);
    this.#bytes = bytes;
    this.#pageSize = size === 1 ? 65536 : size;
    this.#usable = this.#pageSize - (bytes[20] ?? 0);
    const isPower = (this.#pageSize & (this.#pageSize - 1)) === 0;
    if (this.#pageSize < 512 || !isPower || this.#usable < 480) damage('its page size is impossible');
  }

  rows(table: string): readonly (readonly SqliteValue[])[] | null {
    for (const [type, name, , root] of this.#tree(SCHEMA_PAGE)) {
      if (type !== 'table' || name !== table) continue;
      return typeof root === 'number' ? [...this.#tree(root)] : damage('a table has no root page');
    }
    return null;
  }

  #tree(root: number): readonly (readonly SqliteValue[])[] {
    this.#entered.clear();
    const rows: (readonly SqliteValue[])[] = [];
    this.#below(root, 0, rows);
    return rows;
  }

  #page(id: number): Buffer {
    if (this.#entered.has(id)) return damage(`page ${id} is referred to twice`);
    this.#entered.add(id);
    const start = (id - 1) * this.#pageSize;
    if (id < 1 || start + this.#pageSize > this.#bytes.length) return damage(`page ${id} is out of the file`);
    return this.#bytes.subarray(start, start + this.#usable);
  }

  #below(id: number, depth: number, rows: (readonly SqliteValue[])[]): void {
    if (depth > MAX_DEPTH) damage('its pages are nested too deep');
    const page = this.#page(id);
    const head = id === 1 ? HEADER : 0;
    const kind = page[head];
    if (kind !== LEAF && kind !== INTERIOR) damage(`page ${id} is no page of a table`);
    const cells = head + (kind === LEAF ? 8 : 12);
    const count = page.readUInt16BE(head + 3);
    if (cells + count * 2 > page.length) damage(`page ${id} has more cells than room`);
    for (let index = 0; index < count; index++) {
      const at = page.readUInt16BE(cells + index * 2);
      if (at + 4 > page.length) damage(`a cell of page ${id} is out of the page`);
      if (kind === LEAF) rows.push(this.#row(page, at));
      else this.#below(page.readUInt32BE(at), depth + 1, rows);
    }
    if (kind === INTERIOR) this.#below(page.readUInt32BE(head + 8), depth + 1, rows);
  }

  #row(page: Buffer, at: number): readonly SqliteValue[] {
    const size = readVarint(page, at) ?? damage('a cell is cut off');
    const rowId = readVarint(page, size.end) ?? damage('a cell is cut off');
    const values = readRecord(this.#payload(page, rowId.end, size.value));
    return values ?? damage('a row does not parse');
  }

  /** How much of a long payload stays in its leaf is a formula of the file format (1.6, "overflow"). */
  #payload(page: Buffer, at: number, size: number): Buffer {
    if (size > this.#bytes.length) return damage('a row is longer than the file');
    const most = this.#usable - 35;
    if (size <= most)
      return at + size <= page.length ? page.subarray(at, at + size) : damage('a row is cut off');
    const least = Math.floor(((this.#usable - 12) * 32) / 255) - 23;
    const wanted = least + ((size - least) % (this.#usable - 4));
    const local = wanted <= most ? wanted : least;
    if (at + local + 4 > page.length) return damage('a row is cut off');
    return this.#overflow(page.subarray(at, at + local), page.readUInt32BE(at + local), size);
  }

  #overflow(first: Buffer, start: number, size: number): Buffer {
    const parts = [first];
    let missing = size - first.length;
    for (let next = start; missing > 0;) {
      const page = this.#page(next);
      const part = page.subarray(4, 4 + Math.min(missing, this.#usable - 4));
      parts.push(part);
      missing -= part.length;
      next = page.readUInt32BE(0);
    }
    return Buffer.concat(parts);
  }
}

/** Hands the file's tables to `read` and answers what that makes of them. */
export function readSqliteFile<T>(bytes: Buffer, read: (tables: SqliteTables) => T): T | Malformed {
  if (changeCounter(bytes) === null) return malformed('it is no SQLite database');
  if (bytes[18] === 2) return malformed('it is written with a write-ahead log, which weigh does not read');
  try {
    return read(new SqliteFile(bytes));
  } catch (error) {
    if (error instanceof SqliteDamage || error instanceof RangeError) return malformed(error.message);
    throw error;
  }
}
