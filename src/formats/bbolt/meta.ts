/**
 * Meta pages of a bbolt file (etcd-io/bbolt 1.3-1.5 internal/common meta.go, db.go getPageSize). Two of them, pages 0 and 1:
 *
 *     page header 16 bytes: id u64, flags u16, count u16, overflow u32
 *     then: magic u32, version u32, page size u32, flags u32, root {page u64, sequence u64}, freelist u64, high water u64, txid u64,
 *     checksum u64 (FNV-1a over the 56 bytes before it)
 *
 * in the byte order of the machine that wrote them. The valid one with the higher txid is the database.
 */
const MAGIC = 0xed0cdaed;
const VERSION = 2;
const META_AT = 16;
const CHECKED_BYTES = 56;
const META_BYTES = META_AT + CHECKED_BYTES + 8;
const META_FLAG = 0x04;
const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;
const MASK_64 = 2n ** 64n - 1n;
const MIN_PAGE = 1024;
export const MAX_PAGE: number = 64 * 1024;
/** How much of the beginning of a file holds both meta pages, whatever its page size. */
export const META_RANGE: number = 2 * MAX_PAGE;

export interface BoltMeta {
  readonly littleEndian: boolean;
  readonly pageSize: number;
  readonly rootPage: number;
  /** Page IDs are below it. */
  readonly highWater: number;
  readonly txid: bigint;
}

function fnv1a(bytes: Uint8Array): bigint {
  let hash = FNV_OFFSET;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * FNV_PRIME) & MASK_64;
  return hash;
}

function view(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function metaAt(bytes: Buffer, at: number): BoltMeta | null {
  if (at + META_BYTES > bytes.length) return null;
  const data = view(bytes.subarray(at, at + META_BYTES));
  const littleEndian = data.getUint32(META_AT, true) === MAGIC;
  if (!littleEndian && data.getUint32(META_AT, false) !== MAGIC) return null;
  if (data.getUint32(META_AT + 4, littleEndian) !== VERSION) return null;
  if ((data.getUint16(8, littleEndian) & META_FLAG) === 0) return null;
  const checksum = data.getBigUint64(META_AT + CHECKED_BYTES, littleEndian);
  if (fnv1a(bytes.subarray(at + META_AT, at + META_AT + CHECKED_BYTES)) !== checksum) return null;
  const pageSize = data.getUint32(META_AT + 8, littleEndian);
  const powerOfTwo = (pageSize & (pageSize - 1)) === 0;
  if (pageSize < MIN_PAGE || pageSize > MAX_PAGE || !powerOfTwo) return null;
  const rootPage = Number(data.getBigUint64(META_AT + 16, littleEndian));
  const highWater = Number(data.getBigUint64(META_AT + 40, littleEndian));
  if (!Number.isSafeInteger(rootPage) || !Number.isSafeInteger(highWater)) return null;
  return { littleEndian, pageSize, rootPage, highWater, txid: data.getBigUint64(META_AT + 48, littleEndian) };
}

/** Page 1, wherever the page size puts it: asked for when page 0 does not tell. */
function secondMeta(bytes: Buffer, first: BoltMeta | null): BoltMeta | null {
  if (first !== null) return metaAt(bytes, first.pageSize);
  for (let pageSize = MIN_PAGE; pageSize <= MAX_PAGE; pageSize *= 2) {
    const meta = metaAt(bytes, pageSize);
    if (meta?.pageSize === pageSize) return meta;
  }
  return null;
}

/** The newest valid meta of a file, of which the first `META_RANGE` bytes are enough; null when neither is valid. */
export function newestMeta(bytes: Buffer): BoltMeta | null {
  const first = metaAt(bytes, 0);
  const second = secondMeta(bytes, first);
  if (first === null || second === null) return first ?? second;
  return second.txid > first.txid ? second : first;
}
