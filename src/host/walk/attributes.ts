import { constants } from 'node:os';
import type { Libc } from '../libc.ts';

const { ENODATA, EOPNOTSUPP, E2BIG } = constants.errno;
/** XATTR_LIST_MAX and XATTR_SIZE_MAX of linux/limits.h. */
const LIST_MAX = 65536;
const VALUE_MAX = 65536;
const PATH_MAX = 4096;
const NAME_MAX = 256;
const PATH_AT = 0;
const NAME_AT = PATH_AT + PATH_MAX;
const LIST_AT = NAME_AT + NAME_MAX;
const VALUE_AT = LIST_AT + LIST_MAX;

interface Memory {
  readonly bytes: Buffer;
  readonly base: number;
}

const memories = new WeakMap<Libc, Memory>();

function memoryOf(libc: Libc): Memory {
  const known = memories.get(libc);
  if (known !== undefined) return known;
  const bytes = Buffer.from(new ArrayBuffer(VALUE_AT + VALUE_MAX));
  const made = { bytes, base: libc.address(bytes) };
  memories.set(libc, made);
  return made;
}

function write({ bytes }: Memory, at: number, text: string): void {
  bytes[at + bytes.write(text, at, 'latin1')] = 0;
}

/** The value of one attribute; '' for one that is gone or too long, which the differ passes over; or a negative errno. */
function valueOf(libc: Libc, memory: Memory, name: string): string | number {
  write(memory, NAME_AT, name);
  const { base, bytes } = memory;
  const length = libc.lgetxattr(base + PATH_AT, base + NAME_AT, base + VALUE_AT, VALUE_MAX);
  if (length >= 0) return bytes.toString('latin1', VALUE_AT, VALUE_AT + length);
  const errno = libc.errno();
  return errno === ENODATA || errno === E2BIG ? '' : -errno;
}

/** Every `user.*` attribute of a path with its value, in the order of their names. */
export function userAttributes(libc: Libc, path: string): string | number {
  if (path.length >= PATH_MAX) return '';
  const memory = memoryOf(libc);
  write(memory, PATH_AT, path);
  const { base, bytes } = memory;
  const length = libc.llistxattr(base + PATH_AT, base + LIST_AT, LIST_MAX);
  if (length < 0) {
    const errno = libc.errno();
    return errno === EOPNOTSUPP ? '' : -errno;
  }
  const names = bytes.toString('latin1', LIST_AT, LIST_AT + length).split('\0');
  const parts: string[] = [];
  for (const name of names.filter((one) => one.startsWith('user.')).toSorted()) {
    const value = valueOf(libc, memory, name);
    if (typeof value === 'number') return value;
    parts.push(`${name}\0${value.length}\0${value}`);
  }
  return parts.join('\0');
}

/** readlink. */
export function linkTarget(libc: Libc, path: string): string | number {
  const memory = memoryOf(libc);
  write(memory, PATH_AT, path);
  const { base, bytes } = memory;
  const length = libc.readlink(base + PATH_AT, base + VALUE_AT, VALUE_MAX);
  return length >= 0 ? bytes.toString('latin1', VALUE_AT, VALUE_AT + length) : -libc.errno();
}
