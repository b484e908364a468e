import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import { bytePath } from '../../model/bytes.ts';
import type { BytePath } from '../../model/bytes.ts';
import { engineFails, isNoSize, isOwnError, noSizeOf } from '../outcome.ts';
import type { NoSize } from '../outcome.ts';

/** The marks that a directory of a layer can carry. */
export interface Marks {
  /** Nothing of the same path in lower layers shows through. */
  isOpaque(directory: BytePath): boolean | NoSize;
  /** Where the lower part of a renamed directory is: a name beside, or an absolute path within the layers. null: not renamed. */
  redirect(directory: BytePath): BytePath | null | NoSize;
  /** First directory whose marks could not be read, if any: what depends on them is a bound. */
  unreadable(): BytePath | null;
}

const IDENTITY_MAP = /^\s*0\s+0\s+4294967295\s*$/;

/**
 * Marks as the kernel's overlay reads them. `trusted.overlay.*`, and needs CAP_SYS_ADMIN; mounted with `userxattr`, as an engine inside a user
 * namespace does, `user.overlay.*` instead, and redirects are refused (Linux 5.11 on: fs/overlayfs params.c, namei.c).
 * `home` is the driver's directory: one that does not belong to root is a rootless engine's.
 */
export function kernelMarks(host: Host, home: BytePath): Marks {
  const isInside = isInsideNamespace(host);
  const rootless = isRootless(host, home, isInside);
  const prefix = rootless ? 'user.overlay.' : 'trusted.overlay.';
  const hidden = !rootless && (isInside || !host.facts.canReadTrusted);
  let unreadable: BytePath | null = null;
  const read = (directory: BytePath, name: string): Buffer | null | NoSize => {
    if (!hidden) {
      const value = host.fs.getXattr(directory, prefix + name);
      if (!isFailure(value)) return value;
      if (value.errno === 'ENODATA' || value.errno === 'ENOENT') return null;
      if (value.errno !== 'ENOTSUP' && !isOwnError(value)) return noSizeOf(value);
    }
    unreadable ??= directory;
    return null;
  };
  return {
    isOpaque: (directory) => {
      const value = read(directory, 'opaque');
      return isNoSize(value) ? value : value?.toString('latin1') === 'y';
    },
    redirect: (directory) => {
      const value = read(directory, 'redirect');
      if (value === null || isNoSize(value)) return value;
      if (rootless)
        return engineFails("a renamed directory, which a rootless engine's mount refuses to follow");
      return checkedRedirect(value.toString('latin1'));
    },
    unreadable: () => unreadable,
  };
}

/** This process runs in a user namespace: its CAP_SYS_ADMIN does not reach trusted.* attributes. */
function isInsideNamespace(host: Host): boolean {
  const map = host.fs.readFile(bytePath('/proc/self/uid_map'), 4096);
  return !isFailure(map) && !IDENTITY_MAP.test(map.toString('latin1'));
}

/** From outside, a rootless engine's root belongs to a user; from inside, to the namespace's root. */
function isRootless(host: Host, home: BytePath, isInside: boolean): boolean {
  const stat = host.fs.lstat(home);
  return !isFailure(stat) && (stat.uid === 0) === isInside;
}

/** The kernel refuses empty parts and, in a relative redirect, a slash (fs/overlayfs util.c ovl_get_redirect_xattr); it does not climb. */
function checkedRedirect(value: string): BytePath | NoSize {
  const parts = value.startsWith('/') ? value.slice(1).split('/') : [value];
  const valid = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('/'));
  return valid && !value.includes('\0')
    ? (value as BytePath)
    : engineFails("the redirect mark of a renamed directory is damaged, which ends the mount's look-up");
}
