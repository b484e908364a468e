declare const brand: unique symbol;

/** A string type that only the function which checked it can make. */
export type Brand<N extends string> = { readonly [brand]: { readonly [K in N]: true } };

/**
 * A path or file name as bytes: one UTF-16 unit per byte (latin1 coding), `/` between parts.
 * Names on Linux need not be UTF-8; this coding loses nothing and costs nothing. Decode only for display.
 */
export type BytePath = string & Brand<'bytePath'>;

/** Takes a path written as ordinary text (a command line argument, a configuration value) into its bytes (UTF-8). */
export function bytePath(text: string): BytePath {
  return Buffer.from(text, 'utf8').toString('latin1') as BytePath;
}

/** Joins already byte-coded parts with `/`. Parts are used as they are: no cleaning, no `..` handling. */
export function joinPath(base: BytePath, ...parts: readonly string[]): BytePath {
  let joined: string = base;
  for (const part of parts) joined += joined.endsWith('/') ? part : `/${part}`;
  return joined as BytePath;
}

/** The bytes of a path, for a system call. */
export function pathBuffer(path: BytePath): Buffer {
  return Buffer.from(path, 'latin1');
}

/** The last part of a path. */
export function baseName(path: BytePath): BytePath {
  return path.slice(path.lastIndexOf('/') + 1) as BytePath;
}

/** The path as text for people and JSON: UTF-8 where it is UTF-8, U+FFFD elsewhere. Escaping for a terminal is `report`'s work. */
export function pathText(path: BytePath): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}

/** A count of bytes is a safe integer, from 0 (or -2^53+1 for a difference) to 2^53-1. */
export function isByteCount(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
