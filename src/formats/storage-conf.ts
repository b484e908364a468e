/**
 * `storage.conf` of containers/storage: the few members of it that say where a store lies and how its layers are put together. A reader for the
 * part of TOML that such files use: tables, texts in either quotes, true and false, lists of texts over several lines, comments.
 */
import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';

/** '' and empty lists stand for what the file does not say. Paths are as written: `$HOME`, `$UID` and the like are the caller's to expand. */
export interface StorageConf {
  readonly driver: string;
  readonly graphRoot: string;
  readonly runRoot: string;
  readonly rootlessStoragePath: string;
  readonly imageStore: string;
  readonly transientStore: boolean;
  readonly additionalImageStores: readonly string[];
  readonly mountProgram: string;
  readonly mountOptions: string;
}

type Value = string | boolean | readonly string[] | null;

const TABLE = /^\[([^[\]]+)\]$/;
const MEMBER = /^([A-Za-z0-9_."-]+)\s*=\s*(.*)$/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', '"': '"', '\\': '\\' };

/** The line up to a `#` that stands outside of quotes. */
function withoutComment(line: string): string {
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? '';
    if (quote !== '') {
      if (char === '\\' && quote === '"') at++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '#') return line.slice(0, at).trim();
  }
  return line.trim();
}

function textOf(token: string): string {
  if (token.startsWith("'")) return token.slice(1, -1);
  return token.slice(1, -1).replace(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? `\\${char}`);
}

const TOKENS = /"(?:[^"\\]|\\.)*"|'[^']*'/g;

function valueOf(text: string): Value {
  if (text === 'true' || text === 'false') return text === 'true';
  const tokens = (text.match(TOKENS) ?? []).map(textOf);
  if (text.startsWith('[')) return tokens;
  return tokens.length === 1 ? (tokens[0] ?? null) : null;
}

function isOpenList(text: string): boolean {
  return text.startsWith('[') && !text.replace(TOKENS, '').includes(']');
}

function membersOf(text: string): ReadonlyMap<string, Value> {
  const members = new Map<string, Value>();
  let table = '';
  let open: { readonly key: string; readonly text: string } | null = null;
  for (const raw of text.split('\n')) {
    const line = withoutComment(raw);
    if (open !== null) {
      const joined: string = `${open.text} ${line}`;
      if (isOpenList(joined)) open = { key: open.key, text: joined };
      else {
        members.set(open.key, valueOf(joined));
        open = null;
      }
      continue;
    }
    const head = TABLE.exec(line);
    const member = MEMBER.exec(line);
    if (head?.[1] !== undefined) table = head[1].trim();
    else if (member?.[1] !== undefined && member[2] !== undefined) {
      if (isOpenList(member[2])) open = { key: `${table}.${member[1]}`, text: member[2] };
      else members.set(`${table}.${member[1]}`, valueOf(member[2]));
    }
  }
  return members;
}

/** Reads a `storage.conf`. What it does not understand it takes as not said. */
export function parseStorageConf(bytes: Buffer): StorageConf | Malformed {
  if (bytes.includes(0)) return malformed('it is not text');
  const members = membersOf(bytes.toString('utf8'));
  const text = (...keys: readonly string[]): string => {
    const found = keys.map((key) => members.get(key)).find((value) => typeof value === 'string');
    return typeof found === 'string' ? found : '';
  };
  const stores = members.get('storage.options.additionalimagestores');
  return {
    driver: text('storage.driver'),
    graphRoot: text('storage.graphroot'),
    runRoot: text('storage.runroot'),
    rootlessStoragePath: text('storage.rootless_storage_path'),
    imageStore: text('storage.imagestore'),
    transientStore: members.get('storage.transient_store') === true,
    additionalImageStores: Array.isArray(stores) ? stores : [],
    mountProgram: text('storage.options.overlay.mount_program', 'storage.options.mount_program'),
    mountOptions: text('storage.options.overlay.mountopt', 'storage.options.mountopt'),
  };
}
