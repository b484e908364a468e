import { constants } from 'node:os';
import { InodeTable } from './inode-table.ts';
import { SizeTally, rowOf } from './size-tally.ts';
import { joined } from './stepper.ts';
import type { Stepper, WalkFailure } from './stepper.ts';
import { LONGEST_PATH, S_IFDIR, S_IFMT, emptyListing, emptyStat } from './tree-ops.ts';
import type { Listing, TreeOps } from './tree-ops.ts';

const { ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG } = constants.errno;
/** Entries between two looks at the signal. */
const PIECE = 500;

/** One entry's figures, kept until its turn comes. */
interface Seen {
  readonly name: string;
  readonly row: number;
  readonly isDirectory: boolean;
  readonly apparentBytes: number;
  readonly diskBytes: number;
  readonly inoLow: number;
  readonly inoHigh: number;
  readonly dev: number;
}

/** A directory on the way down: its entries in order, and which comes next. */
interface Frame {
  readonly relative: string;
  readonly entries: readonly Seen[];
  next: number;
}

/** A directory being listed, then looked through. */
interface Opened {
  readonly relative: string;
  readonly handle: number;
  readonly listing: Listing;
  readonly entries: Seen[];
  listed: boolean;
  next: number;
}

/**
 * Docker's directory.Size in the engine's own order (filepath.Walk: bytewise in each directory, depth first), in one thread. The order matters
 * where an inode number names two files, which happens across devices: the first one counts. Every name is looked up, whatever its link count.
 */
export class LexicalSize implements Stepper {
  readonly tally: SizeTally = new SizeTally();
  failure: WalkFailure | undefined;
  readonly #ops: TreeOps;
  readonly #root: number;
  readonly #rootLength: number;
  readonly #countsAll: boolean;
  readonly #counted = new InodeTable();
  readonly #onDisk = new Map<number, InodeTable>();
  readonly #frames: Frame[] = [];
  readonly #stat = emptyStat();
  #opened: Opened | undefined;

  /**
   * `root`: an open root of `ops`; it is closed at the end. `rootLength`: of its path, in bytes.
   * `countsAll`: inode numbers of directories and empty files are remembered, too (storage 1.43-1.62: pkg/directory directory_unix.go Usage).
   */
  constructor(ops: TreeOps, root: number, rootLength: number, countsAll: boolean = false) {
    this.#countsAll = countsAll;
    this.#ops = ops;
    this.#root = root;
    this.#rootLength = rootLength;
    this.#open('');
  }

  get entries(): number {
    return this.tally.entries;
  }

  get isHalted(): boolean {
    return this.failure !== undefined;
  }

  step(): boolean {
    if (this.isHalted) return false;
    if (this.#opened !== undefined) {
      this.#look(this.#opened);
      return !this.isHalted;
    }
    const frame = this.#frames.at(-1);
    if (frame === undefined) return false;
    this.#count(frame);
    return true;
  }

  end(): void {
    if (this.#opened !== undefined) this.#ops.close(this.#opened.handle);
    this.#opened = undefined;
    this.#ops.closeRoot(this.#root);
  }

  #open(relative: string): void {
    const handle = this.#ops.open(this.#root, relative);
    if (handle < 0) {
      // A directory that is another thing by now vanished as such.
      if (relative !== '' && (handle === -ENOENT || handle === -ENOTDIR || handle === -ELOOP))
        this.tally.addVanished();
      else this.failure = { errno: -handle, relative };
      return;
    }
    this.#opened = { relative, handle, listing: emptyListing(), entries: [], listed: false, next: 0 };
    const failed = this.#ops.stat(handle, '', this.#stat);
    if (failed < 0) this.failure = { errno: -failed, relative };
    else this.#addDirectory();
  }

  #addDirectory(): void {
    const { inoLow, inoHigh, dev, mode, apparentBytes, diskBytes } = this.#stat;
    if (this.#countsAll) this.#counted.add(inoLow, inoHigh);
    if (this.#isNewOnDisk(dev, inoLow, inoHigh)) this.tally.addEntry(rowOf(mode), apparentBytes, diskBytes);
    else this.tally.addName(rowOf(mode));
  }

  #isNewOnDisk(dev: number, low: number, high: number): boolean {
    const table = this.#onDisk.get(dev) ?? new InodeTable();
    this.#onDisk.set(dev, table);
    return table.add(low, high);
  }

  /** Lists the open directory, then looks up its entries, a piece at a time. */
  #look(opened: Opened): void {
    const { listing, relative, handle } = opened;
    if (!opened.listed) {
      const more = this.#ops.list(handle, listing);
      if (more < 0 && more !== -ENOENT) this.failure = { errno: -more, relative };
      opened.listed = more <= 0;
      return;
    }
    const end = Math.min(listing.names.length, opened.next + PIECE);
    for (; opened.next < end && !this.isHalted; opened.next++) this.#lookAt(opened, opened.next);
    if (opened.next < listing.names.length || this.isHalted) return;
    this.#ops.close(handle);
    this.#opened = undefined;
    opened.entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#frames.push({ relative, entries: opened.entries, next: 0 });
  }

  #lookAt(opened: Opened, index: number): void {
    const name = opened.listing.names[index] ?? '';
    const relative = joined(opened.relative, name);
    if (this.#rootLength + 1 + relative.length > LONGEST_PATH) {
      this.failure = { errno: ENAMETOOLONG, relative };
      return;
    }
    const stat = this.#stat;
    const isKnownDirectory = opened.listing.kinds[index] === 'directory';
    const failed = isKnownDirectory ? 0 : this.#ops.stat(opened.handle, name, stat);
    if (failed === -ENOENT) this.tally.addVanished();
    else if (failed < 0) this.failure = { errno: -failed, relative };
    else {
      const isDirectory = isKnownDirectory || (stat.mode & S_IFMT) === S_IFDIR;
      const { apparentBytes, diskBytes, inoLow, inoHigh, dev } = stat;
      const row = isDirectory ? 0 : rowOf(stat.mode);
      opened.entries.push({ name, row, isDirectory, apparentBytes, diskBytes, inoLow, inoHigh, dev });
    }
  }

  /** Goes on through a directory's entries, up to the next directory among them. */
  #count(frame: Frame): void {
    for (;;) {
      const entry = frame.entries[frame.next++];
      if (entry === undefined) {
        this.#frames.pop();
        return;
      }
      if (entry.isDirectory) {
        this.#open(joined(frame.relative, entry.name));
        return;
      }
      this.#addFile(entry);
    }
  }

  #addFile(entry: Seen): void {
    const { row, apparentBytes, diskBytes, inoLow, inoHigh, dev } = entry;
    if (this.#isNewOnDisk(dev, inoLow, inoHigh)) this.tally.addEntry(row, apparentBytes, diskBytes);
    else this.tally.addName(row);
    if (apparentBytes === 0 && !this.#countsAll) return;
    if (this.#counted.add(inoLow, inoHigh)) this.tally.addCounted(apparentBytes);
    else this.tally.addHardLinkName(apparentBytes);
  }
}
