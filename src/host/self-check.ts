import * as fs from 'node:fs';
import type { Libc } from './libc.ts';
import { kindOfEntry } from './node-fs.ts';
import { NativeOps } from './walk/native-ops.ts';
import { NodeOps } from './walk/node-ops.ts';
import { emptyListing, emptyStat } from './walk/tree-ops.ts';
import type { StatFields, TreeOps } from './walk/tree-ops.ts';

/** Entries that differ in every field: on several file systems, links, device nodes, nothing. Few, since this costs at every start. */
const PLACES: ReadonlyMap<string, readonly string[]> = new Map([
  ['/', ['etc', 'proc', 'missing']],
  ['/dev', ['null', 'stdin']],
]);

const LOOKS = 8;

function withoutMount(stat: StatFields): string {
  return JSON.stringify({ ...stat, mounted: false });
}

/** What an implementation says of one directory, its root's figures first. */
function answers(ops: TreeOps, place: string, names: readonly string[]): readonly string[] {
  const root = ops.openRoot(place);
  if (root < 0) return [String(root)];
  const stat = emptyStat();
  const handle = ops.open(root, '');
  try {
    return ['', ...names].map((name) => {
      const failed = ops.stat(handle, name, stat);
      return failed < 0 ? String(failed) : withoutMount(stat);
    });
  } finally {
    ops.close(handle);
    ops.closeRoot(root);
  }
}

function listedBy(ops: TreeOps, place: string): readonly string[] {
  const root = ops.openRoot(place);
  const handle = ops.open(root, '');
  const listing = emptyListing();
  while (ops.list(handle, listing) === 1);
  ops.close(handle);
  ops.closeRoot(root);
  return listing.names.map((name, index) => `${name}\0${listing.kinds[index] ?? ''}`).sort();
}

function listedByNode(place: string): readonly string[] {
  const options = { withFileTypes: true, encoding: 'latin1' as BufferEncoding } as const;
  return fs
    .readdirSync(place, options)
    .map((entry) => `${entry.name}\0${kindOfEntry(entry)}`)
    .sort();
}

/** A process that begins or ends between the two looks changes /proc's link count; a structure taken wrongly differs each time. */
function agrees(isSame: () => boolean): boolean {
  for (let looks = 0; looks < LOOKS; looks++) if (isSame()) return true;
  return false;
}

/**
 * Whether the structures read through the C library are the ones that this code takes them for: lstat and listing of a few directories must say
 * what Node's say. A machine where they do not is measured through Node.
 */
export function isTrustworthy(libc: Libc): boolean {
  try {
    const native = new NativeOps(libc);
    const node = new NodeOps();
    const isSameListing = (): boolean => listedBy(native, '/').join('\n') === listedByNode('/').join('\n');
    const isSameStat = ([place, names]: readonly [string, readonly string[]]): boolean =>
      answers(native, place, names).join('\n') === answers(node, place, names).join('\n');
    return agrees(isSameListing) && [...PLACES].every((at) => agrees(() => isSameStat(at)));
  } catch {
    return false;
  }
}
