import type { BytePath } from '../../model/bytes.ts';
import { pathText } from '../../model/bytes.ts';
import type { FindingKind, Problem } from '../../model/finding.ts';
import { isFailure } from '../../host/host.ts';
import type { Failure, Host } from '../../host/host.ts';
import { isMalformed } from '../../formats/malformed.ts';
import type { Malformed } from '../../formats/malformed.ts';

/** What layer stores keep in a file of one line: 4 KiB is far more than any of them needs. */
const MAX_SMALL_FILE = 4096;
/** Configurations of images and containers. */
export const MAX_JSON: number = 16 * 1024 * 1024;
const PARSE_ATTEMPTS = 3;

export function problem(kind: FindingKind, subject: string, message: string): Problem {
  return { kind, subject, message };
}

/** Neither "it is not there" nor "it is there": nothing can be said of the record. */
export function isDenied(failure: Failure): boolean {
  return failure.errno === 'EACCES' || failure.errno === 'EPERM';
}

function kindOf(failure: Failure): FindingKind {
  switch (failure.errno) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'missing-record';
    case 'ELOOP':
    case 'ENXIO':
    case 'EISDIR':
      return 'damaged-record';
    case 'EFBIG':
    case 'EOVERFLOW':
      return 'limit';
    default:
      return 'unreadable';
  }
}

/** What a failed system call means for a record, as a clause. */
export function failureText(failure: Failure): string {
  switch (failure.errno) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'is not there';
    case 'ELOOP':
      return 'is a symbolic link, which weigh does not follow inside a store';
    case 'ENXIO':
    case 'EISDIR':
      return 'is not a regular file';
    case 'EFBIG':
    case 'EOVERFLOW':
      return 'is larger than weigh reads';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be read: permission denied';
    default:
      return `cannot be read (${failure.errno})`;
  }
}

/** A failure as a problem about `subject`. */
export function failureProblem(failure: Failure, subject: string, consequence = ''): Problem {
  const text = `${pathText(failure.path)} ${failureText(failure)}`;
  return problem(kindOf(failure), subject, consequence === '' ? text : `${text}: ${consequence}`);
}

/**
 * Reads and parses a record. A record that does not parse is read again at once: the engine replaces its records by renaming,
 * so that a half-written one is either damage or gone at the next look.
 */
export function readParsed<T>(
  host: Host,
  path: BytePath,
  parse: (bytes: Buffer) => T | Malformed,
): T | Malformed | Failure {
  let parsed: T | Malformed | Failure = readOnce(host, path, parse);
  for (let attempt = 1; attempt < PARSE_ATTEMPTS && isMalformed(parsed); attempt++) {
    parsed = readOnce(host, path, parse);
  }
  return parsed;
}

/** A record of one line as text, one UTF-16 unit a byte. */
export function readSmallText(host: Host, path: BytePath): string | Failure {
  const { readSmallText: quick } = host.fs;
  if (quick !== undefined) return quick(path);
  const bytes = host.fs.readFile(path, MAX_SMALL_FILE);
  return isFailure(bytes) ? bytes : bytes.toString('latin1');
}

function readOnce<T>(
  host: Host,
  path: BytePath,
  parse: (bytes: Buffer) => T | Malformed,
): T | Malformed | Failure {
  const bytes = host.fs.readFile(path, MAX_JSON);
  return isFailure(bytes) ? bytes : parse(bytes);
}
