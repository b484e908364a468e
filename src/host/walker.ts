import type { BytePath } from '../model/bytes.ts';
import type { Failure } from './host.ts';

/**
 * Whose rules a walk or a comparison follows: Docker's, or those of containers/storage, where inode numbers of directories and of empty files are
 * remembered as well, and where files differ, too, by their `user.*` attributes and (since 1.57) by their link target.
 */
export type Differ = 'docker' | 'storage-1.43' | 'storage-1.57';

/** How a walk can be stopped and watched. */
export interface WalkOptions {
  /** Whose rules; Docker's by default. */
  readonly differ?: Differ | undefined;
  /** Ends the walk; its promise is rejected. */
  readonly signal?: AbortSignal | undefined;
  /** Entries seen so far; called at most ten times a second. */
  readonly onProgress?: ((entries: number) => void) | undefined;
}

/**
 * What one walk of a directory saw, by the rules of Docker's directory.Size (engines.md 1.4), with everything that it left out.
 * `countedBytes` is the engine's number when `failure` is absent.
 */
export interface DirectoryTally {
  /** The error that makes the engine's whole call fail: any error but ENOENT below the root, any error at the root. */
  readonly failure?: Failure;
  /** st_size of every non-directory entry once per inode number. */
  readonly countedBytes: number;
  /** Regular files. */
  readonly files: Tally;
  /** Their length is that of the target. */
  readonly symlinks: Tally;
  /** Devices, FIFOs, sockets, whiteouts: no length. */
  readonly others: Tally;
  /** Root included. Their apparentBytes are not counted by the engine. */
  readonly directories: Tally;
  /** Names whose inode number was counted already (non-empty ones), and their bytes. */
  readonly hardLinkNames: { readonly names: number; readonly bytes: number };
  /** Entries that vanished between listing and lstat (ENOENT below the root). */
  readonly vanished: number;
  /** The root is itself a symlink (or another non-directory): not entered, its own length is the number. */
  readonly rootIsNotDirectory: boolean;
  /** Blocks over distinct (dev, ino), directories in: what `du` of it says, in bytes. */
  readonly diskBytes: number;
  /** st_size over distinct (dev, ino), directories in: what `du --apparent-size` says. */
  readonly apparentBytes: number;
  /** Entries seen, the root included. */
  readonly entries: number;
}

/** `apparentBytes` and `diskBytes` count each inode once. */
export interface Tally {
  /** How many names. */
  readonly names: number;
  /** Sum of st_size. */
  readonly apparentBytes: number;
  /** Sum of allocated blocks, in bytes. */
  readonly diskBytes: number;
}

/**
 * Result of comparing two complete directory trees by the rules of Docker's archive.ChangesDirs and ChangesSize (engines.md 1.5):
 * `changedBytes` is what the engine's naive DiffSize answers when `failure` is absent.
 */
export interface ChangesTally {
  /** The error that makes the engine's whole call fail. */
  readonly failure?: Failure;
  /** The engine's number. */
  readonly changedBytes: number;
  /** Non-directories that only the new tree has. */
  readonly added: { readonly files: number; readonly bytes: number };
  /** Non-directories that both have and that differ. */
  readonly modified: { readonly files: number; readonly bytes: number };
  /** Entries that only the old tree has: no bytes. */
  readonly deleted: number;
  /** Names that were not counted because an earlier name of the same inode (nlink > 1) was. */
  readonly hardLinkNames: { readonly names: number; readonly bytes: number };
  /** Non-directories present in both and found equal: not counted. */
  readonly unchanged: { readonly files: number; readonly bytes: number };
  /** An attribute that could not be read (security.capability); the number is then a bound. */
  readonly unreadable?: Failure;
  /** Entries looked at. */
  readonly entries: number;
}

/** Walks directories on threads by handles, never through a link, never by opening anything but directories. */
export interface Walker {
  /** Walks one directory by the rules of directory.Size. */
  directorySize(root: BytePath, options?: WalkOptions): Promise<DirectoryTally>;
  /** `parent` null: compared with an empty directory, so that everything is an addition. */
  compareTrees(root: BytePath, parent: BytePath | null, options?: WalkOptions): Promise<ChangesTally>;
}
