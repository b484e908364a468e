/** How containerd writes numbers and times into its databases (Go encoding/binary and time.MarshalBinary). */
import type { BoltBucket } from './bbolt/bolt-file.ts';

/** Bytes of a 64-bit varint. */
const MAX_VARINT = 10;
const LAST_VARINT_BYTE = 1;
/** Seconds from the year 1 to 1970. */
const YEAR_ONE = 62_135_596_800n;
/** Furthest time that a Date holds, in seconds. */
const MAX_SECONDS = 8_640_000_000_000n;
const TIME_LENGTH = 13;

/** An unsigned varint; null where the bytes are none, or stand for more than 64 bits. */
function varint(bytes: Buffer): bigint | null {
  let value = 0n;
  for (let index = 0; index < Math.min(bytes.length, MAX_VARINT); index++) {
    const byte = bytes[index] ?? 0;
    if (index === MAX_VARINT - 1 && byte > LAST_VARINT_BYTE) return null;
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return value;
  }
  return null;
}

/** binary.Uvarint, where it is a safe integer. */
export function unsignedOf(bytes: Buffer | undefined): number | null {
  return safe(bytes === undefined ? null : varint(bytes));
}

/** binary.Varint (zigzag), where it is a safe integer. */
export function signedOf(bytes: Buffer | undefined): number | null {
  const value = bytes === undefined ? null : varint(bytes);
  return safe(value === null ? null : (value & 1n) === 0n ? value >> 1n : -(value >> 1n) - 1n);
}

function safe(value: bigint | null): number | null {
  const number = value === null ? Number.NaN : Number(value);
  return Number.isSafeInteger(number) ? number : null;
}

/** A time as RFC 3339 in UTC with as many digits as it needs; null for the zero time and for what is none. */
export function timeOf(bytes: Buffer | undefined): string | null {
  if (bytes === undefined || bytes.length < TIME_LENGTH || (bytes[0] !== 1 && bytes[0] !== 2)) return null;
  const seconds = bytes.readBigInt64BE(1) - YEAR_ONE;
  const nanos = bytes.readUInt32BE(9);
  if (seconds === -YEAR_ONE || seconds > MAX_SECONDS || seconds < -MAX_SECONDS || nanos > 999_999_999) {
    return null;
  }
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, -'.000Z'.length);
  const fraction = String(nanos).padStart(9, '0').replace(/0+$/, '');
  return `${whole}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** The values and the buckets of one bucket, by key. */
export interface BucketContent {
  readonly values: ReadonlyMap<string, Buffer>;
  readonly buckets: ReadonlyMap<string, BoltBucket>;
}

const EMPTY: BucketContent = { values: new Map(), buckets: new Map() };

/** Keys are UTF-8 text. A bucket that is not there is an empty one. */
export function contentOf(bucket: BoltBucket | null | undefined): BucketContent {
  if (bucket === null || bucket === undefined) return EMPTY;
  const values = new Map<string, Buffer>();
  const buckets = new Map<string, BoltBucket>();
  for (const entry of bucket.entries()) {
    const key = entry.key.toString('utf8');
    if (entry.bucket !== null) buckets.set(key, entry.bucket);
    else if (entry.value !== null) values.set(key, entry.value);
  }
  return { values, buckets };
}

export function textOf(bytes: Buffer | undefined): string {
  return bytes === undefined ? '' : bytes.toString('utf8');
}
