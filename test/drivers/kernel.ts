import { existsSync, readFileSync } from 'node:fs';
import koffi from 'koffi';

/** System calls that Node lacks, for building fixtures and for mounting the referee of a test. */

const libc = koffi.load('libc.so.6');
const cMount = libc.func(
  'int mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data)',
);
const cUnmount = libc.func('int umount2(const char *target, int flags)');
const cSetXattr = libc.func(
  'int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)',
);
const cGetXattr = libc.func(
  'long lgetxattr(const char *path, const char *name, _Out_ uint8_t *value, size_t size)',
);
const cRemoveXattr = libc.func('int lremovexattr(const char *path, const char *name)');
const cMknod = libc.func('int mknod(const char *path, unsigned int mode, unsigned long device)');
const cRename = libc.func(
  'int renameat2(int olddir, const char *old, int newdir, const char *now, unsigned int flags)',
);

const MNT_DETACH = 2;
const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;

function check(result: unknown, what: string): void {
  if (Number(result) < 0) throw new Error(`${what}: errno ${String(koffi.errno())}`);
}

export function mountOverlay(target: string, options: string): void {
  check(cMount('overlay', target, 'overlay', 0, options), `mount overlay ${options}`);
}

export function unmount(target: string): void {
  check(cUnmount(target, MNT_DETACH), `umount ${target}`);
}

export function setXattr(path: string, name: string, value: Uint8Array | string): void {
  const bytes = Buffer.from(value);
  check(cSetXattr(path, name, bytes, bytes.length, 0), `setxattr ${name} ${path}`);
}

/** null where the attribute is not set. */
export function getXattr(path: string, name: string): Buffer | null {
  const buffer = Buffer.alloc(65_536);
  const length = Number(cGetXattr(path, name, buffer, buffer.length));
  return length < 0 ? null : buffer.subarray(0, length);
}

/** No matter whether it was set. */
export function removeXattr(path: string, name: string): void {
  cRemoveXattr(path, name);
}

const KINDS = { char: 0o020000, block: 0o060000, fifo: 0o010000, socket: 0o140000 } as const;

export function makeNode(path: string, kind: keyof typeof KINDS, major = 0, minor = 0): void {
  check(cMknod(path, KINDS[kind] | 0o644, major * 256 + minor), `mknod ${path}`);
}

/** A whiteout as overlay keeps it. */
export function makeWhiteout(path: string): void {
  makeNode(path, 'char', 0, 0);
}

export function exchange(a: string, b: string): void {
  check(cRename(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE), `exchange ${a} ${b}`);
}

/** Overlay mounts can be made here: root in the first user namespace, with a kernel that has them. */
export function canMountOverlay(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/proc/filesystems')) return false;
  if (!/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'latin1'))) return false;
  return readFileSync('/proc/filesystems', 'latin1').includes('\toverlay\n');
}
