import type { BytePath } from '../../model/bytes.ts';
import type { Failure } from '../host.ts';
import { failure } from '../host.ts';
import type { DirectoryTally, Tally } from '../walker.ts';
import { InodeTable } from './inode-table.ts';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from './tree-ops.ts';

// Rows of `sums`: three numbers each. Plain numbers in one array, so that a worker hands them over as they are.
const FILES = 0;
const SYMLINKS = 3;
const OTHERS = 6;
const DIRECTORIES = 9;
const LINK_NAMES = 12;
const LINK_BYTES = 13;
const VANISHED = 14;
const ENTRIES = 15;
const COUNTED = 16;
const LENGTH = 17;

/** Numbers of one inode with several links: low, high, apparent, disk, row. */
const LINK_WIDTH = 5;

/** The row of a raw st_mode. */
export function rowOf(mode: number): number {
  const type = mode & S_IFMT;
  if (type === S_IFREG) return FILES;
  if (type === S_IFDIR) return DIRECTORIES;
  return type === S_IFLNK ? SYMLINKS : OTHERS;
}

/** Sums of one thread's part of a walk. Sums only grow, so an exact end below 2^53 was exact all the way. */
export class SizeTally {
  readonly sums: Float64Array;

  constructor(sums: Float64Array = new Float64Array(LENGTH)) {
    this.sums = sums;
  }

  /** An inode that was not met before, under its name. */
  addEntry(row: number, apparentBytes: number, diskBytes: number): void {
    this.#add(row, 1);
    this.#add(row + 1, apparentBytes);
    this.#add(row + 2, diskBytes);
    this.#add(ENTRIES, 1);
  }

  /** A further name of an inode. */
  addName(row: number): void {
    this.#add(row, 1);
    this.#add(ENTRIES, 1);
  }

  addCounted(bytes: number): void {
    this.#add(COUNTED, bytes);
  }

  addHardLinkName(bytes: number): void {
    if (bytes === 0) return;
    this.#add(LINK_NAMES, 1);
    this.#add(LINK_BYTES, bytes);
  }

  addVanished(): void {
    this.#add(VANISHED, 1);
  }

  get entries(): number {
    return this.sums[ENTRIES] ?? 0;
  }

  addAll(sums: Float64Array): void {
    for (const [index, sum] of sums.entries()) this.#add(index, sum);
  }

  /** `links`: inodes with several links that threads counted, LINK_WIDTH numbers each. What more than one counted is taken off. */
  resolve(links: readonly ArrayLike<number>[]): void {
    const seen = new InodeTable();
    for (const list of links) {
      for (let at = 0; at < list.length; at += LINK_WIDTH) {
        if (seen.add(list[at] ?? 0, list[at + 1] ?? 0)) continue;
        this.#takeOff(list[at + 4] ?? 0, list[at + 2] ?? 0, list[at + 3] ?? 0);
      }
    }
  }

  /** The name stays. */
  #takeOff(row: number, apparentBytes: number, diskBytes: number): void {
    this.#add(row + 1, -apparentBytes);
    this.#add(row + 2, -diskBytes);
    this.#add(COUNTED, -apparentBytes);
    this.addHardLinkName(apparentBytes);
  }

  #add(index: number, value: number): void {
    this.sums[index] = (this.sums[index] ?? 0) + value;
  }

  #row(row: number): Tally {
    const [names = 0, apparentBytes = 0, diskBytes = 0] = this.sums.subarray(row, row + 3);
    return { names, apparentBytes, diskBytes };
  }

  result(root: BytePath, failed: Failure | undefined, rootIsNotDirectory: boolean): DirectoryTally {
    const rows = [FILES, SYMLINKS, OTHERS, DIRECTORIES].map((row) => this.#row(row));
    const [files, symlinks, others, directories] = rows as [Tally, Tally, Tally, Tally];
    const diskBytes = rows.reduce((sum, row) => sum + row.diskBytes, 0);
    const apparentBytes = rows.reduce((sum, row) => sum + row.apparentBytes, 0);
    const exact =
      Number.isSafeInteger(diskBytes) &&
      Number.isSafeInteger(apparentBytes) &&
      Number.isSafeInteger(this.sums[LINK_BYTES]);
    const problem = failed ?? (exact ? undefined : failure('EOVERFLOW', root));
    return {
      ...(problem === undefined ? {} : { failure: problem }),
      countedBytes: this.sums[COUNTED] ?? 0,
      files,
      symlinks,
      others,
      directories,
      hardLinkNames: { names: this.sums[LINK_NAMES] ?? 0, bytes: this.sums[LINK_BYTES] ?? 0 },
      vanished: this.sums[VANISHED] ?? 0,
      rootIsNotDirectory,
      diskBytes,
      apparentBytes,
      entries: this.entries,
    };
  }
}
