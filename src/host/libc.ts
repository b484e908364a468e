import { createRequire } from 'node:module';
import { constants } from 'node:os';

/**
 * The C library's calls that a walk needs. Pointers are addresses as numbers (user space ends below 2^48), so that no call allocates.
 * All answer -1 on failure; `errno()` then, at once, tells why.
 */
export interface Libc {
  openat(directory: number, path: number, flags: number, mode: number): number;
  getdents64(handle: number, buffer: number, length: number): number;
  statx(directory: number, path: number, flags: number, mask: number, buffer: number): number;
  close(handle: number): number;
  lgetxattr(path: number, name: number, value: number, length: number): number;
  llistxattr(path: number, list: number, length: number): number;
  readlink(path: number, target: number, length: number): number;
  /** Any call with up to six arguments of word size, by its number. */
  syscall(number: number, a: number, b: number, c: number, d: number, e: number, f: number): number;
  errno(): number;
  /** Of memory that stays where it is: an ArrayBuffer of its own. */
  address(memory: Uint8Array): number;
}

interface Koffi {
  load(path: string | null): { func(definition: string): (...words: readonly number[]) => number };
  errno(): number;
  address(memory: Uint8Array): bigint;
}

/** Where koffi's own files are looked for: this module, unless a worker is told where its maker found it. */
export const LIBC_ORIGIN: string = import.meta.url;

function isKoffi(value: unknown): value is Koffi {
  return typeof value === 'object' && value !== null && 'load' in value && 'errno' in value;
}

function bind(koffi: Koffi): Libc {
  const program = koffi.load(null);
  return {
    openat: program.func('int openat(int, intptr_t, int, int)'),
    getdents64: program.func('intptr_t getdents64(int, intptr_t, size_t)'),
    statx: program.func('int statx(int, intptr_t, int, uint32_t, intptr_t)'),
    close: program.func('int close(int)'),
    lgetxattr: program.func('intptr_t lgetxattr(intptr_t, intptr_t, intptr_t, size_t)'),
    llistxattr: program.func('intptr_t llistxattr(intptr_t, intptr_t, size_t)'),
    readlink: program.func('intptr_t readlink(intptr_t, intptr_t, size_t)'),
    syscall: program.func('long syscall(long, intptr_t, intptr_t, intptr_t, intptr_t, intptr_t, intptr_t)'),
    errno: () => koffi.errno(),
    address: (memory) => Number(koffi.address(memory)),
  };
}

/**
 * Koffi's binary by itself: its JavaScript takes five times as long to load and adds what is not used here. Through that where the binary lies
 * elsewhere or is for another C library (musl).
 */
function requireKoffi(require: NodeJS.Require): unknown {
  try {
    return require(`@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`);
  } catch {
    return require('koffi');
  }
}

/**
 * The C library through koffi; undefined where koffi is not installed, has no binary for this machine, or a function is missing. Linux with
 * 64-bit little-endian words only: the structures are read by their offsets.
 */
export function loadLibc(origin: string = LIBC_ORIGIN): Libc | undefined {
  if (process.platform !== 'linux' || !['x64', 'arm64', 'riscv64', 'loong64'].includes(process.arch)) {
    return undefined;
  }
  try {
    const koffi = requireKoffi(createRequire(origin));
    return isKoffi(koffi) ? bind(koffi) : undefined;
  } catch {
    return undefined;
  }
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    .toReversed()
    .map(([name, number]) => [number, name]),
);

/** `ENOENT` for 2. Where two names share a number, the one that the C library lists first. */
export function errnoName(number: number): string {
  if (number === constants.errno.EAGAIN) return 'EAGAIN';
  if (number === constants.errno.EOPNOTSUPP) return 'ENOTSUP';
  return NAMES.get(number) ?? `E${number}`;
}

/** The number of an error of node:fs. */
export function errnoNumber(error: unknown): number {
  const { errno, code } = error as NodeJS.ErrnoException;
  if (typeof errno === 'number') return Math.abs(errno);
  return (constants.errno as Readonly<Record<string, number>>)[code ?? ''] ?? constants.errno.EIO;
}
