import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';

/**
 * JSON records read the way Go's encoding/json reads them into a struct: an absent or null member is the zero value, a member of
 * another type makes the whole record invalid, a name that differs only by case still matches, the last of equal names wins.
 * Only own members are looked at, so a member called `__proto__` is a member like any other.
 */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Thrown by the readers below, caught by `parseRecord`. */
class ShapeError extends Error {}

const WHITE = /[\t\n\r ]/;

/** The text of the first value of a stream: what Go's json.Decoder reads of a file, whatever follows. Objects only. */
function firstObject(text: string): string {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '{' || char === '[') depth++;
    else if ((char === '}' || char === ']') && --depth === 0) return text.slice(0, at + 1);
    else if (depth === 0 && char !== undefined && !WHITE.test(char)) return text;
  }
  return text;
}

function parseJson(text: string, stream: boolean): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!stream) throw error;
    return JSON.parse(firstObject(text));
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface RecordOptions {
  /** The engine reads this file with a json.Decoder: bytes after the first value are ignored. */
  readonly stream?: boolean;
}

/** Parses a record that must be a JSON object and hands it to `read`, which uses the readers of this file. */
export function parseRecord<T>(
  bytes: Buffer,
  read: (record: JsonObject) => T,
  options: RecordOptions = {},
): T | Malformed {
  if (bytes.length === 0) return malformed('it is empty');
  let value: unknown;
  try {
    value = parseJson(bytes.toString('utf8'), options.stream === true);
  } catch {
    return malformed('it is not JSON');
  }
  if (!isObject(value)) return malformed('it is not a JSON object');
  try {
    return read(value);
  } catch (error) {
    if (error instanceof ShapeError) return malformed(error.message);
    throw error;
  }
}

/** Parses a list of records, each a JSON object handed to `read`; `null` is an empty list. One wrong record makes the whole list invalid. */
export function parseRecordList<T>(bytes: Buffer, read: (record: JsonObject) => T): readonly T[] | Malformed {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return malformed('it is not JSON');
  }
  if (value === null) return [];
  if (!Array.isArray(value)) return malformed('it is not a JSON list');
  try {
    return value.map((item) => (isObject(item) ? read(item) : refuse('it holds more than objects')));
  } catch (error) {
    if (error instanceof ShapeError) return malformed(error.message);
    throw error;
  }
}

/** Ends the parsing of the record at hand. */
export function refuse(why: string): never {
  throw new ShapeError(why);
}

export function memberOf(record: JsonObject, name: string): unknown {
  if (Object.hasOwn(record, name)) return record[name];
  const lower = name.toLowerCase();
  let found: unknown;
  for (const key of Object.keys(record)) {
    if (key.length === name.length && key.toLowerCase() === lower) found = record[key];
  }
  return found;
}

export function textAt(record: JsonObject, name: string): string {
  const value = memberOf(record, name);
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : refuse(`"${name}" is not a text`);
}

export function flagAt(record: JsonObject, name: string): boolean {
  const value = memberOf(record, name);
  if (value === undefined || value === null) return false;
  return typeof value === 'boolean' ? value : refuse(`"${name}" is neither true nor false`);
}

/** A whole number of at most 2^53-1; null when absent. Larger ones are refused: they would be rounded. */
export function integerAt(record: JsonObject, name: string): number | null {
  const value = memberOf(record, name);
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number') return refuse(`"${name}" is not a number`);
  return Number.isSafeInteger(value) ? value : refuse(`"${name}" is not a whole number below 2^53`);
}

export function objectAt(record: JsonObject, name: string): JsonObject | null {
  const value = memberOf(record, name);
  if (value === undefined || value === null) return null;
  return isObject(value) ? value : refuse(`"${name}" is not an object`);
}

export function listAt(record: JsonObject, name: string): readonly unknown[] {
  const value = memberOf(record, name);
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : refuse(`"${name}" is not a list`);
}

export function textsAt(record: JsonObject, name: string): readonly string[] {
  return listAt(record, name).map((item) =>
    typeof item === 'string' ? item : refuse(`"${name}" holds more than texts`),
  );
}

export function objectsAt(record: JsonObject, name: string): readonly JsonObject[] {
  return listAt(record, name).map((item) =>
    isObject(item) ? item : refuse(`"${name}" holds more than objects`),
  );
}

/** A map of objects, by own names. A null value is left out. */
export function objectEntriesAt(
  record: JsonObject,
  name: string,
): readonly (readonly [string, JsonObject])[] {
  return Object.entries(objectAt(record, name) ?? {}).flatMap(([key, value]) => {
    if (value === null) return [];
    return isObject(value) ? [[key, value] as const] : refuse(`"${name}" holds more than objects`);
  });
}

/** A map of texts. The answer has no prototype: every name is an own member. */
export function textMapAt(record: JsonObject, name: string): Readonly<Record<string, string>> {
  const texts = Object.create(null) as Record<string, string>;
  for (const [key, value] of Object.entries(objectAt(record, name) ?? {})) {
    texts[key] =
      typeof value === 'string' ? value : value === null ? '' : refuse(`"${name}" holds more than texts`);
  }
  return texts;
}

const RFC3339 = /^(\d{4})-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:[.,]\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

/** A time as written (RFC 3339); null when absent or Go's zero time (year 1). */
export function timeAt(record: JsonObject, name: string): string | null {
  const text = memberOf(record, name);
  if (text === undefined || text === null) return null;
  const match = typeof text === 'string' ? RFC3339.exec(text) : null;
  if (typeof text !== 'string' || match === null) return refuse(`"${name}" is not a time (RFC 3339)`);
  return match[1] === '0001' ? null : text;
}
