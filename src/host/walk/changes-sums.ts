import type { BytePath } from '../../model/bytes.ts';
import type { Failure } from '../host.ts';
import { failure } from '../host.ts';
import type { ChangesTally } from '../walker.ts';
import { InodeTable } from './inode-table.ts';

export const ADDED = 0;
export const MODIFIED = 2;
export const UNCHANGED = 4;
const LINKS = 6;
const DELETED = 8;
const ENTRIES = 9;
const LENGTH = 10;

/** Numbers per inode in `links`: low, high, bytes, ADDED or MODIFIED. */
const LINK_WIDTH = 4;

/** Sums of one thread's part of a comparison: pairs of a count and its bytes. */
export class ChangesSums {
  readonly sums: Float64Array;
  /** Changed inodes with several links, each once per kind of change: to be made one with the other kind's and other threads'. */
  readonly links: number[] = [];
  readonly #added = new InodeTable();
  readonly #modified = new InodeTable();

  constructor(sums: Float64Array = new Float64Array(LENGTH)) {
    this.sums = sums;
  }

  get entries(): number {
    return this.sums[ENTRIES] ?? 0;
  }

  #add(index: number, value: number): void {
    this.sums[index] = (this.sums[index] ?? 0) + value;
  }

  addEntry(): void {
    this.#add(ENTRIES, 1);
  }

  addDeleted(): void {
    this.#add(DELETED, 1);
  }

  /** A file under ADDED, MODIFIED or UNCHANGED. */
  addFile(pair: number, bytes: number): void {
    this.#add(pair, 1);
    this.#add(pair + 1, bytes);
  }

  /** A changed file with several links. */
  addLinked(pair: number, low: number, high: number, bytes: number): void {
    const table = pair === ADDED ? this.#added : this.#modified;
    if (!table.add(low, high)) {
      this.addFile(LINKS, bytes);
      return;
    }
    this.links.push(low, high, bytes, pair);
    this.addFile(pair, bytes);
  }

  addAll(other: Float64Array): void {
    for (const [index, sum] of other.entries()) this.#add(index, sum);
  }

  /**
   * Counts each inode of `links` once: as modified where one of its names is, which does not depend on who met which name first. The engine's own
   * order here is that of a Go map.
   */
  resolve(links: readonly ArrayLike<number>[]): void {
    const seen = new InodeTable();
    for (const pair of [MODIFIED, ADDED]) {
      for (const list of links) {
        for (let at = 0; at < list.length; at += LINK_WIDTH) {
          if (list[at + 3] !== pair || seen.add(list[at] ?? 0, list[at + 1] ?? 0)) continue;
          const bytes = list[at + 2] ?? 0;
          this.#add(pair, -1);
          this.#add(pair + 1, -bytes);
          this.addFile(LINKS, bytes);
        }
      }
    }
  }

  result(root: BytePath, failed: Failure | undefined, unreadable: Failure | undefined): ChangesTally {
    const at = (index: number): number => this.sums[index] ?? 0;
    const pair = (index: number): { readonly files: number; readonly bytes: number } => ({
      files: at(index),
      bytes: at(index + 1),
    });
    const changedBytes = at(ADDED + 1) + at(MODIFIED + 1);
    const exact = [changedBytes, at(LINKS + 1), at(UNCHANGED + 1)].every(Number.isSafeInteger);
    const problem = failed ?? (exact ? undefined : failure('EOVERFLOW', root));
    return {
      ...(problem === undefined ? {} : { failure: problem }),
      changedBytes,
      added: pair(ADDED),
      modified: pair(MODIFIED),
      deleted: at(DELETED),
      hardLinkNames: { names: at(LINKS), bytes: at(LINKS + 1) },
      unchanged: pair(UNCHANGED),
      ...(unreadable === undefined ? {} : { unreadable }),
      entries: this.entries,
    };
  }
}
