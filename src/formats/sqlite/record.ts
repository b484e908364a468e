/** A value of a row. Blobs are bytes; numbers beyond 2^53 and NULL are null. */
export type SqliteValue = number | string | Buffer | null;

/** A number of one to nine bytes, seven bits each, the ninth eight; null where the bytes end or it is beyond 2^53. */
export function readVarint(
  bytes: Buffer,
  at: number,
): { readonly value: number; readonly end: number } | null {
  let value = 0;
  for (let index = 0; index < 9; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return null;
    value = index === 8 ? value * 256 + byte : value * 128 + (byte & 0x7f);
    if (value > Number.MAX_SAFE_INTEGER) return null;
    if (index === 8 || byte < 0x80) return { value, end: at + index + 1 };
  }
  return null;
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8] as const;
const FLOAT = 7;
const ZERO = 8;
const ONE = 9;

function lengthOf(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return type === FLOAT ? 8 : (INTEGER_BYTES[type] ?? 0);
}

function integerOf(bytes: Buffer): number | null {
  if (bytes.length < 8) return bytes.readIntBE(0, bytes.length);
  const value = Number(bytes.readBigInt64BE(0));
  return Number.isSafeInteger(value) ? value : null;
}

function valueOf(type: number, bytes: Buffer): SqliteValue {
  if (type === 0) return null;
  if (type === ZERO || type === ONE) return type - ZERO;
  if (type === FLOAT) return bytes.readDoubleBE(0);
  if (type < ZERO) return integerOf(bytes);
  return type % 2 === 0 ? bytes : bytes.toString('utf8');
}

/** The values of one row: a header of their types, then the values; null for a payload that is cut off. */
export function readRecord(payload: Buffer): readonly SqliteValue[] | null {
  const head = readVarint(payload, 0);
  if (head === null || head.value > payload.length) return null;
  const values: SqliteValue[] = [];
  let at = head.value;
  for (let next = head.end; next < head.value;) {
    const type = readVarint(payload, next);
    if (type === null) return null;
    const length = lengthOf(type.value);
    if (at + length > payload.length) return null;
    values.push(valueOf(type.value, payload.subarray(at, at + length)));
    at += length;
    next = type.end;
  }
  return values;
}
