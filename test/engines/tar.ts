export type TarKind = 'file' | 'hardlink' | 'symlink' | 'char' | 'block' | 'directory' | 'fifo';

/** One entry of a tar archive. Names are bytes (latin1). */
export interface TarEntry {
  readonly name: string;
  readonly kind: TarKind;
  readonly body?: Buffer;
  readonly target?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly seconds?: number;
  /** Fraction of the time as PAX text, e.g. `.25`. */
  readonly fraction?: string;
  readonly major?: number;
  readonly minor?: number;
  /** A length written in the header of an entry that has no body (some archivers do for links). */
  readonly claimedLength?: number;
  readonly xattrs?: Readonly<Record<string, Buffer>>;
}

const TYPE: Readonly<Record<TarKind, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};
const BLOCK = 512;
const PLAIN_NAME = 100;

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

function header(entry: TarEntry, type: string, name: string, length: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name.slice(0, PLAIN_NAME), 0, 'latin1');
  block.write(octal(entry.mode ?? (entry.kind === 'directory' ? 0o755 : 0o644), 8), 100, 'latin1');
  block.write(octal(entry.uid ?? 0, 8), 108, 'latin1');
  block.write(octal(entry.gid ?? 0, 8), 116, 'latin1');
  block.write(octal(length, 12), 124, 'latin1');
  block.write(octal(entry.seconds ?? 1_600_000_000, 12), 136, 'latin1');
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
  block.write((entry.target ?? '').slice(0, PLAIN_NAME), 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(octal(entry.major ?? 0, 8), 329, 'latin1');
  block.write(octal(entry.minor ?? 0, 8), 337, 'latin1');
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function padded(body: Buffer): readonly Buffer[] {
  const rest = body.length % BLOCK;
  return rest === 0 ? [body] : [body, Buffer.alloc(BLOCK - rest)];
}

/** `<length> <key>=<value>\n`, the length counting itself. */
function paxRecord(key: string, value: Buffer): Buffer {
  const tail = Buffer.concat([Buffer.from(` ${key}=`, 'latin1'), value, Buffer.from('\n')]);
  let total = tail.length + 1;
  while (String(total).length + tail.length !== total) total = String(total).length + tail.length;
  return Buffer.concat([Buffer.from(String(total), 'latin1'), tail]);
}

function paxRecords(entry: TarEntry, name: string): Buffer {
  const records: Buffer[] = [];
  if (name.length > PLAIN_NAME) records.push(paxRecord('path', Buffer.from(name, 'latin1')));
  if ((entry.target ?? '').length > PLAIN_NAME)
    records.push(paxRecord('linkpath', Buffer.from(entry.target ?? '', 'latin1')));
  if (entry.fraction !== undefined)
    records.push(paxRecord('mtime', Buffer.from(`${entry.seconds ?? 1_600_000_000}${entry.fraction}`)));
  for (const [key, value] of Object.entries(entry.xattrs ?? {}))
    records.push(paxRecord(`SCHILY.xattr.${key}`, value));
  return Buffer.concat(records);
}

/** A tar archive of the entries, in their order. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (const entry of entries) {
    const name = entry.kind === 'directory' && !entry.name.endsWith('/') ? `${entry.name}/` : entry.name;
    const pax = paxRecords(entry, name);
    if (pax.length > 0) parts.push(header(entry, 'x', 'PaxHeaders/x', pax.length), ...padded(pax));
    const body = entry.kind === 'file' ? (entry.body ?? Buffer.alloc(0)) : Buffer.alloc(0);
    parts.push(header(entry, TYPE[entry.kind], name, entry.claimedLength ?? body.length), ...padded(body));
  }
  parts.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(parts);
}
