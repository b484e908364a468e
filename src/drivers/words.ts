import type { Failure } from '../host/host.ts';
import { pathText } from '../model/bytes.ts';

/** A count with its thousands separated, as the explanations show it. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** "1 file", "3,871 files". */
export function countOf(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const ERRNO_TEXT: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'cannot be read: permission denied',
  EPERM: 'cannot be read: operation not permitted',
  ENOTDIR: 'is not a directory',
  ELOOP: 'is a link where none may be',
  EIO: 'cannot be read: input/output error',
  ENAMETOOLONG: 'has a path of more than 4,095 bytes',
  EOVERFLOW: 'is larger than can be counted exactly',
  EFBIG: 'is larger than such a record can be',
};

/** "<path> does not exist": a clause that says what a system call's failure means. */
export function failureText(failure: Failure): string {
  const text = ERRNO_TEXT[failure.errno] ?? `cannot be read: ${failure.errno}`;
  return `${pathText(failure.path)} ${text}`;
}
