import type { Failure, HostFs } from './host.ts';
import { failure } from './host.ts';
import { errnoName } from './libc.ts';
import type { Libc } from './libc.ts';
import { userAttributes } from './walk/attributes.ts';

/** XATTR_SIZE_MAX and XATTR_NAME_MAX of linux/limits.h. */
const VALUE_MAX = 65536;
const NAME_MAX = 255;
const PATH_MAX = 4096;
const NAME_AT = PATH_MAX;
const VALUE_AT = NAME_AT + NAME_MAX + 1;

function withoutXattrs(path: Parameters<HostFs['getXattr']>[0]): Failure {
  return failure('ENOTSUP', path);
}

/** lgetxattr, with the C library asked for at the first call. Without one every answer is ENOTSUP. */
export function xattrReader(libcOf: () => Libc | undefined): HostFs['getXattr'] {
  let reader: HostFs['getXattr'] | undefined;
  return (path, name) => {
    if (reader === undefined) {
      const libc = libcOf();
      reader = libc === undefined ? withoutXattrs : readerWith(libc);
    }
    return reader(path, name);
  };
}

function readerWith(libc: Libc): HostFs['getXattr'] {
  const memory = Buffer.from(new ArrayBuffer(VALUE_AT + VALUE_MAX));
  const base = libc.address(memory);
  return (path, name) => {
    if (path.length >= PATH_MAX) return failure('ENAMETOOLONG', path);
    if (name.length > NAME_MAX) return failure('ERANGE', path);
    memory[memory.write(path, 0, 'latin1')] = 0;
    memory[NAME_AT + memory.write(name, NAME_AT, 'latin1')] = 0;
    const length = libc.lgetxattr(base, base + NAME_AT, base + VALUE_AT, VALUE_MAX);
    if (length < 0) return failure(errnoName(libc.errno()), path);
    return Buffer.from(memory.subarray(VALUE_AT, VALUE_AT + length));
  };
}

/** The `user.*` attributes of a path. Without the C library every answer is ENOTSUP. */
export function userAttributeReader(libcOf: () => Libc | undefined): NonNullable<HostFs['userAttributes']> {
  return (path) => {
    const libc = libcOf();
    if (libc === undefined) return withoutXattrs(path);
    const value = userAttributes(libc, path);
    return typeof value === 'string' ? value : failure(errnoName(-value), path);
  };
}
