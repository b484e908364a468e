/**
 * Reads a bbolt file from its bytes (engines.md 2.5): pages of branch and leaf elements, buckets within buckets.
 *
 *     branch element 16 bytes: pos u32, key size u32, page u64          leaf element: flags u32, pos u32, key size u32, value size u32
 *     `pos` counts from the element's own start; a leaf element's value follows its key
 *     leaf flag 1: the value is a bucket {root page u64, sequence u64}; root 0: its one leaf page is embedded right behind
 *
 * The bytes may be damaged or made to harm: every offset is checked, a page is entered once, and no more bytes are handed out than the
 * file has. Reading needs no lock: the pages of a transaction are not written to again before two more have begun.
 */
import { malformed } from '../malformed.ts';
import type { Malformed } from '../malformed.ts';
import { newestMeta } from './meta.ts';
import type { BoltMeta } from './meta.ts';

const PAGE_HEADER = 16;
const ELEMENT = 16;
const BUCKET_HEADER = 16;
const BRANCH = 0x01;
const LEAF = 0x02;
const KIND_MASK = 0x1f;
const BUCKET_FLAG = 1;
const MAX_DEPTH = 32;

/** Thrown while a damaged file is read, caught by `readBoltFile`. */
class BoltDamage extends Error {}

function damage(why: string): never {
  throw new BoltDamage(why);
}

export interface BoltEntry {
  readonly key: Buffer;
  /** Null where the entry is a bucket. */
  readonly value: Buffer | null;
  readonly bucket: BoltBucket | null;
}

/** A bucket's entries in the order of their keys. Every page of a file can be listed once. */
export interface BoltBucket {
  entries(): Iterable<BoltEntry>;
}

/** Bytes of one page: of the file, or embedded in a leaf. */
interface Page {
  readonly bytes: Buffer;
  readonly data: DataView;
  readonly kind: number;
  readonly count: number;
}

class BoltFile {
  readonly #bytes: Buffer;
  readonly #meta: BoltMeta;
  readonly #entered = new Set<number>();
  #budget: number;

  constructor(bytes: Buffer, meta: BoltMeta) {
    this.#bytes = bytes;
    this.#meta = meta;
    this.#budget = bytes.length;
  }

  root(): BoltBucket {
    return this.#pagedBucket(this.#meta.rootPage);
  }

  #pagedBucket(id: number): BoltBucket {
    return { entries: () => this.#below(id, 0) };
  }

  #view(bytes: Buffer): Page {
    if (bytes.length < PAGE_HEADER) return damage('a page is cut off');
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const kind = data.getUint16(8, this.#meta.littleEndian) & KIND_MASK;
    const count = data.getUint16(10, this.#meta.littleEndian);
    if (PAGE_HEADER + count * ELEMENT > bytes.length) return damage('a page has more elements than room');
    return { bytes, data, kind, count };
  }

  #page(id: number): Page {
    const { pageSize, littleEndian, highWater } = this.#meta;
    if (id < 2 || id >= highWater) return damage(`page ${id} is out of bounds`);
    if (this.#entered.has(id)) return damage(`page ${id} is referred to twice`);
    this.#entered.add(id);
    const start = id * pageSize;
    if (start + PAGE_HEADER > this.#bytes.length) return damage(`page ${id} is beyond the end of the file`);
    const head = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + start, PAGE_HEADER);
    if (head.getBigUint64(0, littleEndian) !== BigInt(id))
      return damage(`page ${id} does not bear its own number`);
    const end = start + (head.getUint32(12, littleEndian) + 1) * pageSize;
    if (end > this.#bytes.length) return damage(`page ${id} runs over the end of the file`);
    return this.#view(this.#bytes.subarray(start, end));
  }

  *#below(id: number, depth: number): Generator<BoltEntry> {
    if (depth > MAX_DEPTH) damage('its pages are nested too deep');
    const page = this.#page(id);
    if (page.kind === LEAF) yield* this.#leaf(page);
    else if (page.kind === BRANCH)
      for (const child of this.#children(page)) yield* this.#below(child, depth + 1);
    else damage(`page ${id} is neither branch nor leaf`);
  }

  #children(page: Page): readonly number[] {
    const children: number[] = [];
    for (let index = 0; index < page.count; index++) {
      const at = PAGE_HEADER + index * ELEMENT;
      this.#spend(ELEMENT);
      const id = page.data.getBigUint64(at + 8, this.#meta.littleEndian);
      children.push(
        id < BigInt(this.#meta.highWater) ? Number(id) : damage('a branch leads out of the file'),
      );
    }
    return children;
  }

  /** No valid file hands out a byte twice: without this a small file could claim the same bytes over and over. */
  #spend(bytes: number): void {
    this.#budget -= bytes;
    if (this.#budget < 0) damage('its elements overlap');
  }

  *#leaf(page: Page): Generator<BoltEntry> {
    const little = this.#meta.littleEndian;
    for (let index = 0; index < page.count; index++) {
      const at = PAGE_HEADER + index * ELEMENT;
      const isBucket = (page.data.getUint32(at, little) & BUCKET_FLAG) !== 0;
      const keyStart = at + page.data.getUint32(at + 4, little);
      const valueStart = keyStart + page.data.getUint32(at + 8, little);
      const end = valueStart + page.data.getUint32(at + 12, little);
      if (end > page.bytes.length) damage('an element runs over the end of its page');
      const key = page.bytes.subarray(keyStart, valueStart);
      const value = page.bytes.subarray(valueStart, end);
      this.#spend(ELEMENT + key.length + (isBucket ? BUCKET_HEADER : value.length));
      yield isBucket ? { key, value: null, bucket: this.#bucket(value) } : { key, value, bucket: null };
    }
  }

  #bucket(value: Buffer): BoltBucket {
    if (value.length < BUCKET_HEADER) return damage('a bucket has no root');
    const data = new DataView(value.buffer, value.byteOffset, value.byteLength);
    const root = data.getBigUint64(0, this.#meta.littleEndian);
    if (root !== 0n) {
      return this.#pagedBucket(
        root < BigInt(this.#meta.highWater) ? Number(root) : damage('a bucket lies out of the file'),
      );
    }
    return { entries: () => this.#inline(value.subarray(BUCKET_HEADER)) };
  }

  *#inline(bytes: Buffer): Generator<BoltEntry> {
    const page = this.#view(bytes);
    if (page.kind !== LEAF) damage('an embedded bucket is no leaf');
    yield* this.#leaf(page);
  }
}

/** Hands the file's root bucket to `read` and answers what that makes of it. */
export function readBoltFile<T>(bytes: Buffer, read: (root: BoltBucket) => T): T | Malformed {
  const meta = newestMeta(bytes);
  if (meta === null) return malformed('it has no valid bbolt meta page');
  try {
    return read(new BoltFile(bytes, meta).root());
  } catch (error) {
    if (error instanceof BoltDamage) return malformed(error.message);
    throw error;
  }
}

/** The bucket of this name; null when there is none. Goes through the entries before it: for buckets of few entries. */
export function bucketNamed(parent: BoltBucket, name: string): BoltBucket | null {
  for (const entry of parent.entries()) {
    if (entry.key.toString('latin1') === name) return entry.bucket;
  }
  return null;
}
