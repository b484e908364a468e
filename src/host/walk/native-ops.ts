import { constants } from 'node:fs';
import { constants as osConstants } from 'node:os';
import type { FileKind } from '../host.ts';
import type { Libc } from '../libc.ts';
import { linkTarget, userAttributes } from './attributes.ts';
import type { Listing, StatFields, TreeOps } from './tree-ops.ts';
import { LONGEST_PATH, TWO_32, emptyStat } from './tree-ops.ts';

const { ENAMETOOLONG, ENOSYS, EPERM, ENODATA, EOPNOTSUPP, EOVERFLOW, EAGAIN, E2BIG } = osConstants.errno;
const O_CLOEXEC = 0o2000000;
const O_NOATIME = 0o1000000;
const O_PATH = 0o10000000;
const { O_DIRECTORY, O_NOFOLLOW } = constants;
const OPEN = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
/** linux/stat.h: in stx_attributes. */
const STATX_ATTR_MOUNT_ROOT = 0x2000;
const SYS_OPENAT2 = 437;
const SYS_GETXATTRAT = 464;
/** linux/openat2.h */
const RESOLVE_NO_SYMLINKS = 0x04;

// Offsets in the memory that all calls of one thread share.
const HOW = 0;
const XATTR_ARGS = 32;
const STATX = 64;
const PATH = 512;
const NAME = PATH + 8192;
const VALUE = NAME + 512;
const EMPTY = VALUE + 512;
const CAPABILITY_NAME = EMPTY + 16;
const DENTS = 16384;
const DENTS_LENGTH = 32768;

const DT: Readonly<Record<number, FileKind>> = {
  8: 'file',
  4: 'directory',
  10: 'symlink',
  1: 'fifo',
  12: 'socket',
  2: 'char',
  6: 'block',
};
export const DT_DIRECTORY = 4;
export const DT_UNKNOWN = 0;

/** Longest value of security.capability that is compared: struct vfs_ns_cap_data has 24 bytes. */
const VALUE_LENGTH = 512;
const CAPABILITY = 'security.capability';

/**
 * The file system through the C library: one piece of memory for all calls of a thread, names passed as addresses within it. A directory is
 * opened by its path below the root's handle with RESOLVE_NO_SYMLINKS (openat2, Linux 5.6); where that call is missing, part by part.
 */
export class NativeOps implements TreeOps {
  readonly libc: Libc;
  readonly bytes: Buffer;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly base: number;
  /** Address of an empty name. */
  readonly emptyName: number;
  readonly direntsOffset: number = DENTS;
  readonly #i32: Int32Array;
  #openat2 = true;
  #getxattrat = true;

  constructor(libc: Libc) {
    const memory = new ArrayBuffer(DENTS + DENTS_LENGTH);
    this.libc = libc;
    this.bytes = Buffer.from(memory);
    this.u16 = new Uint16Array(memory);
    this.u32 = new Uint32Array(memory);
    this.#i32 = new Int32Array(memory);
    this.base = libc.address(this.bytes);
    this.emptyName = this.base + EMPTY;
    this.u32[(HOW + 16) >> 2] = RESOLVE_NO_SYMLINKS;
    this.bytes.write(CAPABILITY, CAPABILITY_NAME, 'latin1');
  }

  openRoot(path: string): number {
    if (path.length > LONGEST_PATH) return -ENAMETOOLONG;
    this.#write(PATH, path);
    return this.#openHere(AT_FDCWD, OPEN);
  }

  open(root: number, relative: string): number {
    const path = relative === '' ? '.' : relative;
    if (path.length > LONGEST_PATH) return -ENAMETOOLONG;
    if (!this.#openat2) return this.#openByParts(root, path);
    this.#write(PATH, path);
    const handle = this.#openBeneath(root, OPEN | O_NOATIME);
    if (handle === -EPERM) return this.#afterEperm(root, path);
    if (handle !== -ENOSYS && handle !== -E2BIG) return handle;
    this.#openat2 = false;
    return this.#openByParts(root, path);
  }

  /** Either O_NOATIME is not permitted here, or a seccomp filter refuses openat2. */
  #afterEperm(root: number, path: string): number {
    const handle = this.#openBeneath(root, OPEN);
    if (handle !== -EPERM) return handle;
    this.#openat2 = false;
    return this.#openByParts(root, path);
  }

  #openBeneath(root: number, flags: number): number {
    this.u32[HOW >> 2] = flags;
    for (let turn = 0; ; turn++) {
      const handle = this.libc.syscall(SYS_OPENAT2, root, this.base + PATH, this.base + HOW, 24, 0, 0);
      if (handle >= 0) return handle;
      const errno = this.libc.errno();
      if (errno !== EAGAIN || turn > 100) return -errno;
    }
  }

  /** openat with what stands at PATH; without O_NOATIME where that is not permitted. */
  #openHere(directory: number, flags: number): number {
    const quiet = this.libc.openat(directory, this.base + PATH, flags | O_NOATIME, 0);
    if (quiet >= 0) return quiet;
    const errno = this.libc.errno();
    if (errno !== EPERM) return -errno;
    const handle = this.libc.openat(directory, this.base + PATH, flags, 0);
    return handle >= 0 ? handle : -this.libc.errno();
  }

  #openByParts(root: number, path: string): number {
    const parts = path.split('/');
    let at = root;
    for (const [index, part] of parts.entries()) {
      this.#write(PATH, part);
      const last = index === parts.length - 1;
      let next = last ? this.#openHere(at, OPEN) : this.libc.openat(at, this.base + PATH, O_PATH | OPEN, 0);
      if (next === -1) next = -this.libc.errno();
      if (at !== root) this.close(at);
      if (next < 0) return next;
      at = next;
    }
    return at;
  }

  #write(offset: number, text: string): void {
    const length = this.bytes.write(text, offset, 'latin1');
    this.bytes[offset + length] = 0;
  }

  /** Fills the memory at `direntsOffset` with the next entries (struct linux_dirent64); their bytes, 0 at the end. */
  dirents(handle: number): number {
    const got = this.libc.getdents64(handle, this.base + DENTS, DENTS_LENGTH);
    return got >= 0 ? got : -this.libc.errno();
  }

  list(handle: number, into: Listing): number {
    const got = this.dirents(handle);
    if (got <= 0) return got;
    const { bytes, u16, u32 } = this;
    for (let at = DENTS, end = DENTS + got; at < end; at += u16[(at + 16) >> 1] ?? got) {
      if (isDots(bytes, at + 19)) continue;
      into.names.push(bytes.toString('latin1', at + 19, bytes.indexOf(0, at + 19)));
      into.kinds.push(DT[bytes[at + 18] ?? 0] ?? 'unknown');
      into.inoLow.push(u32[at >> 2] ?? 0);
      into.inoHigh.push(u32[(at + 4) >> 2] ?? 0);
    }
    return 1;
  }

  stat(handle: number, name: string, into: StatFields): number {
    if (name === '') return this.statAt(handle, this.emptyName, AT_EMPTY_PATH, into);
    this.#write(NAME, name);
    return this.statAt(handle, this.base + NAME, 0, into);
  }

  /** Device of an open directory; -1 where it cannot be told, which is no device's number. */
  deviceOf(handle: number): number {
    const stat = emptyStat();
    return this.stat(handle, '', stat) < 0 ? -1 : stat.dev;
  }

  /** lstat of the name at an address. */
  statAt(handle: number, address: number, flags: number, into: StatFields): number {
    const { libc, u32 } = this;
    const given = flags | AT_SYMLINK_NOFOLLOW;
    if (libc.statx(handle, address, given, STATX_BASIC_STATS, this.base + STATX) < 0) return -libc.errno();
    const at = STATX >> 2;
    const word = (offset: number): number => u32[at + (offset >> 2)] ?? 0;
    const sizeHigh = word(44);
    if (sizeHigh >= 0x200000) return -EOVERFLOW;
    into.nlink = word(16);
    into.uid = word(20);
    into.gid = word(24);
    into.mode = word(28) & 0xffff;
    into.inoLow = word(32);
    into.inoHigh = word(36);
    into.apparentBytes = sizeHigh * TWO_32 + word(40);
    into.diskBytes = (word(52) * TWO_32 + word(48)) * 512;
    into.mtimeSeconds = (this.#i32[at + (116 >> 2)] ?? 0) * TWO_32 + word(112);
    into.mtimeNanos = word(120);
    into.rdev = word(128) * TWO_32 + word(132);
    into.dev = word(136) * TWO_32 + word(140);
    into.mounted = (word(8) & STATX_ATTR_MOUNT_ROOT) !== 0;
    return 0;
  }

  /** getxattrat (Linux 6.13), or lgetxattr through the handle's path in /proc. */
  capability(handle: number, name: string): string | number {
    let length = this.#getxattrat ? this.#readXattrAt(handle, name) : -ENOSYS;
    if (length === -ENOSYS || (length === -EPERM && this.#getxattrat)) {
      this.#getxattrat = false;
      length = this.#readXattrByPath(`/proc/self/fd/${handle}/${name}`);
    }
    if (length === -ENODATA || length === -EOPNOTSUPP) return '';
    return length < 0 ? length : this.bytes.toString('latin1', VALUE, VALUE + length);
  }

  #readXattrAt(handle: number, name: string): number {
    const { base, u32 } = this;
    const value = base + VALUE;
    u32[XATTR_ARGS >> 2] = value % TWO_32;
    u32[(XATTR_ARGS + 4) >> 2] = Math.floor(value / TWO_32);
    u32[(XATTR_ARGS + 8) >> 2] = VALUE_LENGTH;
    u32[(XATTR_ARGS + 12) >> 2] = 0;
    this.#write(NAME, name);
    const [path, attribute, args] = [base + NAME, base + CAPABILITY_NAME, base + XATTR_ARGS];
    const got = this.libc.syscall(SYS_GETXATTRAT, handle, path, AT_SYMLINK_NOFOLLOW, attribute, args, 16);
    return got >= 0 ? got : -this.libc.errno();
  }

  #readXattrByPath(path: string): number {
    this.#write(PATH, path);
    const { base } = this;
    const got = this.libc.lgetxattr(base + PATH, base + CAPABILITY_NAME, base + VALUE, VALUE_LENGTH);
    return got >= 0 ? got : -this.libc.errno();
  }

  /** Rarely asked for: memory of its own, through the handle's path in /proc. */
  userAttributes(handle: number, name: string): string | number {
    return userAttributes(this.libc, `/proc/self/fd/${handle}/${name}`);
  }

  linkTarget(handle: number, name: string): string | number {
    return linkTarget(this.libc, `/proc/self/fd/${handle}/${name}`);
  }

  close(handle: number): void {
    this.libc.close(handle);
  }

  closeRoot(root: number): void {
    this.libc.close(root);
  }
}

/** Whether a name in memory is `.` or `..`. */
export function isDots(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== 46) return false;
  return bytes[at + 1] === 0 || (bytes[at + 1] === 46 && bytes[at + 2] === 0);
}
