import { fstatSync, writeSync } from 'node:fs';

/** Major number of the memory devices: /dev/null, /dev/full. They are character devices, but no terminals. */
const MEMORY_DEVICES = 1;

/** One of the process's output streams. */
export interface StandardOutput {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number | undefined;
}

/**
 * Standard output (1) or error (2). Node's own streams take longer to set up than a small store takes to read, and on Linux they write to files
 * and pipes in just this way: at once. So they are used for terminals only, and where the other side does not take everything at once.
 */
export function standardOutput(
  handle: 1 | 2,
  onError: (error: NodeJS.ErrnoException) => void,
): StandardOutput {
  let stream: NodeJS.WriteStream | undefined;
  const nodeStream = (): NodeJS.WriteStream => {
    stream ??= (handle === 1 ? process.stdout : process.stderr).on('error', onError);
    return stream;
  };
  let plain: boolean | undefined;
  const isPlain = (): boolean => (plain ??= isNoTerminal(handle));
  return {
    write: (text): void => {
      if (stream !== undefined || !isPlain()) nodeStream().write(text);
      else writeAll(handle, Buffer.from(text), (rest) => nodeStream().write(rest), onError);
    },
    get isTTY() {
      return !isPlain() && nodeStream().isTTY;
    },
    get columns() {
      return isPlain() ? undefined : nodeStream().columns;
    },
  };
}

function isNoTerminal(handle: number): boolean {
  try {
    const stat = fstatSync(handle);
    return !stat.isCharacterDevice() || stat.rdev >> 8 === MEMORY_DEVICES;
  } catch {
    return false;
  }
}

function writeAll(
  handle: number,
  bytes: Buffer,
  later: (rest: Buffer) => void,
  onError: (error: NodeJS.ErrnoException) => void,
): void {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(handle, bytes, written);
  } catch (error) {
    const failure = error as NodeJS.ErrnoException;
    if (failure.code === 'EAGAIN') later(bytes.subarray(written));
    else onError(failure);
  }
}
