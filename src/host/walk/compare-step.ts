import { constants } from 'node:os';
import type { FileKind } from '../host.ts';
import { statDiffers } from '../stat-rules.ts';
import type { Differ } from '../walker.ts';
import { ADDED, ChangesSums, MODIFIED, UNCHANGED } from './changes-sums.ts';
import { joined } from './stepper.ts';
import type { Stepper, Tasks, WalkFailure } from './stepper.ts';
import { LONGEST_PATH, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, emptyListing, emptyStat } from './tree-ops.ts';
import type { Listing, StatFields, TreeOps } from './tree-ops.ts';

const { ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EACCES, EPERM, EOPNOTSUPP } = constants.errno;
/** Names between two looks at the signal. */
const PIECE = 500;

// Codes of tasks: in which tree the directory is.
export const NEW = 1;
export const OLD = 2;
export const BOTH = 3;

export interface Side {
  /** Handle of the open root; -1: there is no such tree. */
  readonly root: number;
  readonly pathLength: number;
}

/** A directory of one tree while it is compared. */
interface OpenSide {
  readonly handle: number;
  readonly listing: Listing;
  readonly device: number;
  listed: boolean;
}

/** One directory's path, open in one tree or both. */
interface Work {
  readonly path: string;
  readonly now: OpenSide | undefined;
  readonly old: OpenSide | undefined;
  /** Place of each name in the old listing; names of the new one are taken out as they are met. */
  places: Map<string, number> | undefined;
  rest: readonly number[] | undefined;
  next: number;
}

/**
 * Docker's archive.ChangesDirs and ChangesSize (moby 20.10-29: pkg/archive changes.go, changes_linux.go) over two whole trees, directory by
 * directory in any order. Below a directory that is only in the old tree nothing counts; it is listed, since an error there ends the engine's walk.
 */
export class CompareStep implements Stepper {
  readonly sums: ChangesSums = new ChangesSums();
  failure: WalkFailure | undefined;
  unreadable: WalkFailure | undefined;
  readonly #ops: TreeOps;
  readonly #now: Side;
  readonly #old: Side;
  readonly #tasks: Tasks;
  readonly #differ: Differ;
  readonly #stat = emptyStat();
  readonly #oldStat = emptyStat();
  #work: Work | undefined;

  constructor(ops: TreeOps, now: Side, old: Side, tasks: Tasks, differ: Differ = 'docker') {
    this.#differ = differ;
    this.#ops = ops;
    this.#now = now;
    this.#old = old;
    this.#tasks = tasks;
  }

  get entries(): number {
    return this.sums.entries;
  }

  get isHalted(): boolean {
    return this.failure !== undefined;
  }

  step(): boolean {
    if (this.isHalted) return false;
    if (this.#work === undefined) {
      if (!this.#tasks.pop()) return false;
      this.#open(this.#tasks.code, this.#tasks.path);
    } else this.#goOn(this.#work);
    return this.failure === undefined;
  }

  end(): void {
    for (const side of [this.#work?.now, this.#work?.old]) {
      if (side !== undefined) this.#ops.close(side.handle);
    }
    this.#work = undefined;
  }

  #fail(errno: number, relative: string): void {
    this.failure ??= { errno, relative };
  }

  #open(code: number, path: string): void {
    const now = (code & NEW) === 0 ? undefined : this.#openSide(this.#now.root, path);
    const old = (code & OLD) === 0 ? undefined : this.#openSide(this.#old.root, path);
    const places = undefined;
    if (now !== undefined || old !== undefined)
      this.#work = { path, now, old, places, rest: undefined, next: 0 };
  }

  /** undefined: it is no directory any more, or the walk failed. */
  #openSide(root: number, path: string): OpenSide | undefined {
    const handle = this.#ops.open(root, path);
    if (handle < 0) {
      const isGone = handle === -ENOENT || handle === -ENOTDIR || handle === -ELOOP;
      if (path === '' || !isGone) this.#fail(-handle, path);
      return undefined;
    }
    const failed = this.#ops.stat(handle, '', this.#stat);
    if (failed < 0) this.#fail(-failed, path);
    return { handle, listing: emptyListing(), device: this.#stat.dev, listed: false };
  }

  #goOn(work: Work): void {
    if (work.now?.listed === false) this.#list(work.now, work.path);
    else if (work.old?.listed === false) this.#list(work.old, work.path);
    else if (work.places === undefined) work.places = placesOf(work);
    else if (work.rest === undefined) this.#lookAtNew(work, work.places);
    else this.#lookAtRest(work, work.rest);
  }

  #list(side: OpenSide, path: string): void {
    const more = this.#ops.list(side.handle, side.listing);
    if (more < 0 && more !== -ENOENT) this.#fail(-more, path);
    side.listed = more <= 0;
  }

  #lookAtNew(work: Work, places: Map<string, number>): void {
    const names = work.now?.listing.names ?? [];
    const end = Math.min(names.length, work.next + PIECE);
    for (; work.next < end && this.failure === undefined; work.next++) {
      const name = names[work.next] ?? '';
      const place = places.get(name);
      if (place !== undefined) places.delete(name);
      this.#name(work, name, work.next, place);
    }
    if (work.next < names.length) return;
    work.rest = [...places.values()];
    work.next = 0;
  }

  /** Names that only the old tree has. */
  #lookAtRest(work: Work, rest: readonly number[]): void {
    const end = Math.min(rest.length, work.next + PIECE);
    for (; work.next < end && this.failure === undefined; work.next++) {
      const place = rest[work.next] ?? 0;
      const name = work.old?.listing.names[place] ?? '';
      if (this.#isTooLong(this.#old, work.path, name)) return;
      this.sums.addEntry();
      if (work.now !== undefined) this.sums.addDeleted();
      const kind = this.#kindOf(work.old, name, work.old?.listing.kinds[place]);
      if (kind === 'directory') this.#tasks.push(OLD, work.path, name);
    }
    if (work.next >= rest.length) this.end();
  }

  #isTooLong(side: Side, path: string, name: string): boolean {
    const relative = joined(path, name);
    if (side.pathLength + 1 + relative.length <= LONGEST_PATH) return false;
    this.#fail(ENAMETOOLONG, relative);
    return true;
  }

  /** A name of the new tree; `place`: where the old one has it. */
  #name(work: Work, name: string, index: number, place: number | undefined): void {
    if (this.#isTooLong(this.#now, work.path, name)) return;
    if (place !== undefined && this.#isTooLong(this.#old, work.path, name)) return;
    if (place !== undefined && this.#isPruned(work, name, index, place)) return;
    this.sums.addEntry();
    const kind = this.#kindOf(work.now, name, work.now?.listing.kinds[index]);
    const before =
      place === undefined ? undefined : this.#kindOf(work.old, name, work.old?.listing.kinds[place]);
    if (kind === 'directory') {
      this.#tasks.push(before === 'directory' ? BOTH : NEW, work.path, name);
      return;
    }
    if (before === 'directory') this.#tasks.push(OLD, work.path, name);
    if (kind === undefined) {
      if (before !== undefined) this.sums.addDeleted();
    } else if (this.#readStat(work.now, work.path, name, this.#stat)) this.#file(work, name, before);
    else if (before !== undefined && this.failure === undefined) this.sums.addDeleted();
  }

  /**
   * The engine does not look at a name whose inode number is the same in both directories, where these are on one device: it takes it for the
   * same file. (changes_linux.go walker.walk)
   */
  #isPruned(work: Work, name: string, index: number, place: number): boolean {
    const { now, old } = work;
    if (now === undefined || old === undefined || now.device !== old.device) return false;
    const low = now.listing.inoLow[index];
    if (low !== -1)
      return low === old.listing.inoLow[place] && now.listing.inoHigh[index] === old.listing.inoHigh[place];
    const [a, b] = [this.#stat, this.#oldStat];
    if (this.#ops.stat(now.handle, name, a) < 0 || this.#ops.stat(old.handle, name, b) < 0) return false;
    return a.inoLow === b.inoLow && a.inoHigh === b.inoHigh;
  }

  /** From the listing, or by lstat where that does not say. undefined: gone. */
  #kindOf(side: OpenSide | undefined, name: string, kind: FileKind | undefined): FileKind | undefined {
    if (kind !== 'unknown' || side === undefined) return kind;
    if (this.#ops.stat(side.handle, name, this.#stat) < 0) return undefined;
    return (this.#stat.mode & S_IFMT) === S_IFDIR ? 'directory' : 'file';
  }

  /** False: gone, or the walk failed. */
  #readStat(side: OpenSide | undefined, path: string, name: string, into: StatFields): boolean {
    const failed = side === undefined ? -ENOENT : this.#ops.stat(side.handle, name, into);
    if (failed < 0 && failed !== -ENOENT) this.#fail(-failed, joined(path, name));
    return failed === 0;
  }

  /** Anything but a directory in the new tree; its figures are in `#stat`. */
  #file(work: Work, name: string, before: FileKind | undefined): void {
    const { apparentBytes } = this.#stat;
    if (before === 'directory') return this.#changed(MODIFIED);
    if (before === undefined) return this.#changed(ADDED);
    if (!this.#readStat(work.old, work.path, name, this.#oldStat)) {
      if (this.failure === undefined) this.#changed(ADDED);
    } else if (statDiffers(this.#oldStat, this.#stat) || this.#attributesDiffer(work, name))
      this.#changed(MODIFIED);
    else this.sums.addFile(UNCHANGED, apparentBytes);
  }

  #changed(pair: number): void {
    const { nlink, inoLow, inoHigh, apparentBytes } = this.#stat;
    if (nlink > 1) this.sums.addLinked(pair, inoLow, inoHigh, apparentBytes);
    else this.sums.addFile(pair, apparentBytes);
  }

  #attributesDiffer(work: Work, name: string): boolean {
    return (
      this.#capabilityDiffers(work, name) || (this.#differ !== 'docker' && this.#restDiffers(work, name))
    );
  }

  /** storage 1.43-1.62: pkg/archive changes_linux.go walkchunk, changes.go addChanges. The kernel has `user.*` on files and directories only. */
  #restDiffers({ now, old, path }: Work, name: string): boolean {
    if (now === undefined || old === undefined) return false;
    const type = this.#stat.mode & S_IFMT;
    if (type !== S_IFREG && (type !== S_IFLNK || this.#differ === 'storage-1.43')) return false;
    const of = (side: OpenSide): string | number =>
      type === S_IFLNK
        ? this.#ops.linkTarget(side.handle, name)
        : this.#ops.userAttributes(side.handle, name);
    const [a, b] = [of(now), of(old)];
    for (const value of [a, b]) {
      if (typeof value !== 'number') continue;
      if (value === -EACCES || value === -EPERM || value === -EOPNOTSUPP)
        this.unreadable ??= { errno: -value, relative: joined(path, name) };
      else if (value !== -ENOENT) this.#fail(-value, joined(path, name));
    }
    return typeof a === 'string' && typeof b === 'string' && a !== b;
  }

  #capabilityDiffers(work: Work, name: string): boolean {
    if ((this.#stat.mode & S_IFMT) !== S_IFREG || work.now === undefined || work.old === undefined)
      return false;
    return this.#capability(work.now, work.path, name) !== this.#capability(work.old, work.path, name);
  }

  /** The engine takes an attribute that it cannot read for none; only what is forbidden to us but not to it is a gap. */
  #capability(side: OpenSide, path: string, name: string): string {
    const value = this.#ops.capability(side.handle, name);
    if (typeof value === 'string') return value;
    if (value === -EACCES || value === -EPERM || value === -EOPNOTSUPP)
      this.unreadable ??= { errno: -value, relative: joined(path, name) };
    return '';
  }
}

function placesOf(work: Work): Map<string, number> {
  return new Map(work.old?.listing.names.map((name, index) => [name, index]));
}
