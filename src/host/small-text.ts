import * as fs from 'node:fs';
import type { BytePath } from '../model/bytes.ts';
import type { Failure, HostFs } from './host.ts';
import { failure } from './host.ts';
import { nodePath, openQuietly } from './node-fs.ts';

/** Longest text of `readSmallText`. */
export const MAX_SMALL_TEXT: number = 4096;
const OPEN = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;

function errnoOf(error: unknown): string {
  const errno = (error as NodeJS.ErrnoException).code ?? 'EIO';
  return errno === 'ESPIPE' ? 'ENXIO' : errno;
}

function readOnce(handle: number, scratch: Buffer, path: BytePath): string | Failure {
  // At an offset: the kernel refuses that for FIFOs, sockets and terminals (ESPIPE), and reading a directory (EISDIR).
  const length = fs.readSync(handle, scratch, 0, scratch.length, 0);
  if (length > MAX_SMALL_TEXT) return failure('EFBIG', path);
  return scratch.toString('latin1', 0, length);
}

/**
 * Three system calls a file and no statistics object, which Node makes as slowly as all three: half the time of `readFile`, and a layer store
 * has thousands of such files. One read is enough, since nothing is waited for: a regular file gives all it has up to the length asked for.
 */
export function smallTextReader(): NonNullable<HostFs['readSmallText']> {
  const scratch = Buffer.allocUnsafeSlow(MAX_SMALL_TEXT + 1);
  return (path) => {
    let handle: number | undefined;
    try {
      handle = openQuietly(nodePath(path), OPEN);
      return readOnce(handle, scratch, path);
    } catch (error) {
      return failure(errnoOf(error), path);
    } finally {
      if (handle !== undefined) fs.closeSync(handle);
    }
  };
}
