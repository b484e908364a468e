import { constants } from 'node:os';
import { InodeTable } from './inode-table.ts';
import { DT_DIRECTORY, DT_UNKNOWN, isDots } from './native-ops.ts';
import type { NativeOps } from './native-ops.ts';
import { SizeTally, rowOf } from './size-tally.ts';
import { joined } from './stepper.ts';
import type { Stepper, Tasks, WalkFailure } from './stepper.ts';
import { LONGEST_PATH, S_IFDIR, S_IFMT, emptyStat } from './tree-ops.ts';

const { ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG } = constants.errno;
const LONGEST_NAME = 255;
const AT_EMPTY_PATH = 0x1000;

/**
 * Docker's directory.Size in any order, for one file system, where a file with one link has one name: that makes the order of no account. Takes
 * directories from `tasks` and gives those it finds there. Inodes with several links are kept in `links`, to be made one with other threads'.
 */
export class FastSize implements Stepper {
  readonly tally: SizeTally = new SizeTally();
  /** Each inode with several links once: low, high, apparent, disk, row. */
  readonly links: number[] = [];
  failure: WalkFailure | undefined;
  /** More than one file system, or one seen twice: the order matters after all. */
  mixed = false;
  readonly #ops: NativeOps;
  readonly #root: number;
  readonly #rootLength: number;
  readonly #device: number;
  readonly #tasks: Tasks;
  readonly #inodes = new InodeTable();
  readonly #stat = emptyStat();
  readonly #emptyName: number;
  #handle = -1;
  #relative = '';

  constructor(
    ops: NativeOps,
    root: { readonly handle: number; readonly pathLength: number; readonly device: number },
    tasks: Tasks,
  ) {
    this.#ops = ops;
    this.#root = root.handle;
    this.#rootLength = root.pathLength;
    this.#device = root.device;
    this.#tasks = tasks;
    this.#emptyName = ops.emptyName;
  }

  get entries(): number {
    return this.tally.entries;
  }

  get isHalted(): boolean {
    return this.failure !== undefined || this.mixed;
  }

  step(): boolean {
    if (this.isHalted) return false;
    if (this.#handle < 0) {
      if (!this.#tasks.pop()) return false;
      this.#open(this.#tasks.path);
    }
    if (this.#handle >= 0) this.#nextPiece();
    return this.failure === undefined && !this.mixed;
  }

  end(): void {
    if (this.#handle >= 0) this.#ops.close(this.#handle);
    this.#handle = -1;
  }

  #fail(errno: number, relative: string): void {
    this.failure ??= { errno, relative };
  }

  #open(relative: string): void {
    const handle = this.#ops.open(this.#root, relative);
    if (handle < 0) {
      // A directory that is another thing by now vanished as such.
      if (relative !== '' && (handle === -ENOENT || handle === -ENOTDIR || handle === -ELOOP))
        this.tally.addVanished();
      else this.#fail(-handle, relative);
      return;
    }
    this.#handle = handle;
    this.#relative = relative;
    const stat = this.#stat;
    const failed = this.#ops.statAt(handle, this.#emptyName, AT_EMPTY_PATH, stat);
    if (failed < 0) this.#fail(-failed, relative);
    else if (stat.dev !== this.#device || (stat.mounted && relative !== '')) this.mixed = true;
    else this.tally.addEntry(rowOf(stat.mode), stat.apparentBytes, stat.diskBytes);
  }

  /** As many entries of the open directory as one call gives. */
  #nextPiece(): void {
    const ops = this.#ops;
    const handle = this.#handle;
    const got = ops.dirents(handle);
    if (got <= 0) {
      if (got < 0 && got !== -ENOENT) this.#fail(-got, this.#relative);
      this.end();
      return;
    }
    const { bytes, u16, base } = ops;
    const start = ops.direntsOffset;
    const isLong = this.#rootLength + 2 + this.#relative.length + LONGEST_NAME > LONGEST_PATH;
    for (let at = start, end = start + got; at < end; at += u16[(at + 16) >> 1] ?? got) {
      const name = at + 19;
      if (isDots(bytes, name)) continue;
      if (isLong && this.#isTooLong(name)) return;
      const type = bytes[at + 18];
      if (type === DT_DIRECTORY) this.#tasks.push(0, this.#relative, this.#nameAt(name));
      else this.#entry(handle, name, base + name, type === DT_UNKNOWN);
      if (this.failure !== undefined || this.mixed) return;
    }
  }

  #nameAt(at: number): string {
    const { bytes } = this.#ops;
    let end = at;
    while (bytes[end] !== 0) end++;
    return bytes.toString('latin1', at, end);
  }

  #isTooLong(name: number): boolean {
    const relative = joined(this.#relative, this.#nameAt(name));
    if (this.#rootLength + 1 + relative.length <= LONGEST_PATH) return false;
    this.#fail(ENAMETOOLONG, relative);
    return true;
  }

  #entry(handle: number, name: number, address: number, mayBeDirectory: boolean): void {
    const stat = this.#stat;
    const failed = this.#ops.statAt(handle, address, 0, stat);
    if (failed < 0) {
      if (failed === -ENOENT) this.tally.addVanished();
      else this.#fail(-failed, joined(this.#relative, this.#nameAt(name)));
      return;
    }
    if (mayBeDirectory && (stat.mode & S_IFMT) === S_IFDIR) {
      this.#tasks.push(0, this.#relative, this.#nameAt(name));
      return;
    }
    if (stat.dev !== this.#device || stat.mounted) {
      this.mixed = true;
      return;
    }
    const { apparentBytes, diskBytes } = stat;
    const row = rowOf(stat.mode);
    if (stat.nlink > 1) {
      if (!this.#inodes.add(stat.inoLow, stat.inoHigh)) {
        this.tally.addName(row);
        this.tally.addHardLinkName(apparentBytes);
        return;
      }
      this.links.push(stat.inoLow, stat.inoHigh, apparentBytes, diskBytes, row);
    }
    this.tally.addEntry(row, apparentBytes, diskBytes);
    this.tally.addCounted(apparentBytes);
  }
}
