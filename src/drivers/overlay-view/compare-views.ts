import { isFailure } from '../../host/host.ts';
import type { Failure, FileStat, HostFs } from '../../host/host.ts';
import { statDiffers } from '../../host/stat-rules.ts';
import type { ChangesTally, Differ, WalkOptions } from '../../host/walker.ts';
import type { BytePath } from '../../model/bytes.ts';
import { WeighError } from '../../model/errors.ts';
import { engineFails, isNoSize, isOwnError } from '../outcome.ts';
import type { NoSize } from '../outcome.ts';

import type { MergedNode, MergedView, NodePart } from './merged-view.ts';

/** The longest path that a system call takes, and with it the engine's walk. */
const PATH_MAX = 4095;
/** Entries between two looks at the signal. */
const PAUSE_ENTRIES = 4096;
const PROGRESS_MS_ENTRIES = 16_384;

/** One side of a comparison: a merged tree, and where the engine would see it. */
export interface ComparedView {
  readonly view: MergedView;
  /** Length of the path that the engine's own walk starts from. */
  readonly engineRootLength: number;
}

export interface ViewComparison {
  /** Whose rules; Docker's by default. */
  readonly differ?: Differ | undefined;
  readonly fs: HostFs;
  readonly now: ComparedView;
  /** null: compared with an empty directory. */
  readonly old: ComparedView | null;
  /** Asked of each file that is not the same on both sides: whether the engine's mount shows it now so, now otherwise. */
  readonly isUnsteadyCopy?: (fresh: MergedNode, before: MergedNode | null) => boolean;
}

/**
 * A comparison of two merged trees, with what of `added` came from lower layers through renamed directories. `deleted` are the whiteouts that
 * hide something; what an opaque directory hides is not looked at.
 */
export interface ViewChanges extends ChangesTally {
  readonly renamed: { readonly directories: number; readonly files: number; readonly bytes: number };
  /** A group of hard links of which names in different directories count. */
  readonly hasSpreadLinks: boolean;
  /** `isUnsteadyCopy` held for a file. */
  readonly hasUnsteadyCopies: boolean;
}

/**
 * Compares two merged trees by ChangesDirs and ChangesSize. What both sides show from the very same layers is passed over: where the new tree is
 * the old one with a layer on top, only what that layer holds is looked at, and what stands below directories that it renames.
 */
export async function compareViews(
  comparison: ViewComparison,
  options: WalkOptions = {},
): Promise<ViewChanges | NoSize> {
  const now = comparison.now.view.root();
  if (isNoSize(now)) return now;
  const old = comparison.old === null ? null : comparison.old.view.root();
  if (isNoSize(old)) return old;
  const walk = new Comparison(comparison);
  const work: Pair[] = [{ path: '', now, old, renamed: false }];
  let nextPause = PAUSE_ENTRIES;
  for (let pair = work.pop(); pair !== undefined; pair = work.pop()) {
    const failed = walk.directory(pair, work);
    if (failed !== null) return failed;
    if (walk.entries >= nextPause) {
      nextPause = walk.entries + PAUSE_ENTRIES;
      await pause(options, walk.entries);
    }
  }
  return walk.tally();
}

async function pause(options: WalkOptions, entries: number): Promise<void> {
  if (entries % PROGRESS_MS_ENTRIES < PAUSE_ENTRIES) options.onProgress?.(entries);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  if (options.signal?.aborted === true) {
    throw new WeighError('INTERRUPTED', 'interrupted', { cause: options.signal.reason });
  }
}

/** A directory of the new tree, and what the old one has at its path. */
interface Pair {
  /** From the root, beginning with `/`; empty for the root. */
  readonly path: string;
  readonly now: MergedNode;
  readonly old: MergedNode | null;
  readonly renamed: boolean;
}

class Comparison {
  entries = 0;
  readonly #comparison: ViewComparison;
  /** How many of the lowest layers both sides have in common. */
  readonly #common: number;
  readonly #seen = new Map<bigint, string>();
  #hasSpreadLinks = false;
  #hasUnsteadyCopies = false;
  readonly #added = { files: 0, bytes: 0 };
  readonly #modified = { files: 0, bytes: 0 };
  readonly #unchanged = { files: 0, bytes: 0 };
  readonly #links = { names: 0, bytes: 0 };
  readonly #renamed = { directories: 0, files: 0, bytes: 0 };
  #deleted = 0;
  #unreadable: Failure | undefined;

  constructor(comparison: ViewComparison) {
    this.#comparison = comparison;
    this.#common = commonLayers(comparison.now.view.layers, comparison.old?.view.layers ?? []);
  }

  /** Compares the entries of one directory; directories among them go onto `work`. */
  directory(pair: Pair, work: Pair[]): NoSize | null {
    const names = this.#namesToLookAt(pair);
    if (isNoSize(names)) return names;
    for (const name of names) {
      const failed = this.#entry(pair, name, work);
      if (failed !== null) return failed;
    }
    return null;
  }

  tally(): ViewChanges {
    return {
      changedBytes: this.#added.bytes + this.#modified.bytes,
      added: this.#added,
      modified: this.#modified,
      deleted: this.#deleted,
      hardLinkNames: this.#links,
      unchanged: this.#unchanged,
      ...(this.#unreadable === undefined ? {} : { unreadable: this.#unreadable }),
      entries: this.entries,
      renamed: this.#renamed,
      hasSpreadLinks: this.#hasSpreadLinks,
      hasUnsteadyCopies: this.#hasUnsteadyCopies,
    };
  }

  #entry(pair: Pair, name: BytePath, work: Pair[]): NoSize | null {
    const { now, old } = this.#comparison;
    this.entries += 1;
    const path = `${pair.path}/${name}`;
    const isTooLong = (side: ComparedView): boolean => side.engineRootLength + path.length > PATH_MAX;
    if (isTooLong(now) || (pair.old !== null && old !== null && isTooLong(old))) {
      return engineFails(`a path of more than ${String(PATH_MAX)} bytes ends the engine's walk`);
    }
    const fresh = now.view.lookup(pair.now, name);
    if (isNoSize(fresh)) return fresh;
    const before = pair.old === null || old === null ? null : old.view.lookup(pair.old, name);
    if (isNoSize(before)) return before;
    if (fresh === null) {
      if (before !== null) this.#deleted += 1;
      return null;
    }
    if (fresh.stat.kind !== 'directory') {
      this.#file(fresh, before, pair);
      return null;
    }
    const renamed = fresh.redirected && fresh.layer === 0;
    if (renamed) this.#renamed.directories += 1;
    const oldDirectory = before?.stat.kind === 'directory' ? before : null;
    if (oldDirectory !== null && this.#isSame(fresh, oldDirectory)) return null;
    work.push({ path, now: fresh, old: oldDirectory, renamed: pair.renamed || renamed });
    return null;
  }

  /** Everything below two directories made of the very same ones is the same. */
  #isSame(now: MergedNode, old: MergedNode): boolean {
    const shared = this.#sharedParts(now.parts, old.parts);
    return shared === now.parts.length && shared === old.parts.length;
  }

  #file(fresh: MergedNode, before: MergedNode | null, { path, renamed }: Pair): void {
    const { stat } = fresh;
    if (before !== null && before.real === fresh.real) return;
    this.#hasUnsteadyCopies ||= this.#comparison.isUnsteadyCopy?.(fresh, before) ?? false;
    if (before !== null && !statDiffers(before.stat, stat) && !this.#restDiffers(fresh, before)) {
      this.#unchanged.files += 1;
      this.#unchanged.bytes += stat.apparentBytes;
      return;
    }
    if (this.#isSeenLink(stat, path)) return;
    const tally = before === null ? this.#added : this.#modified;
    tally.files += 1;
    tally.bytes += stat.apparentBytes;
    if (before === null && renamed && fresh.layer > 0) {
      this.#renamed.files += 1;
      this.#renamed.bytes += stat.apparentBytes;
    }
  }

  /** Names of one inode count once; the engine goes by the inode number alone, and only where there is more than one name. */
  #isSeenLink(stat: FileStat, directory: string): boolean {
    if (stat.nlink <= 1) return false;
    const first = this.#seen.get(stat.ino);
    if (first !== undefined) {
      if (first !== directory && stat.apparentBytes > 0) this.#hasSpreadLinks = true;
      this.#links.names += 1;
      this.#links.bytes += stat.apparentBytes;
      return true;
    }
    this.#seen.set(stat.ino, directory);
    return false;
  }

  #restDiffers(fresh: MergedNode, before: MergedNode): boolean {
    if (this.#capabilityDiffers(fresh, before)) return true;
    const { fs, differ = 'docker' } = this.#comparison;
    if (differ === 'docker') return false;
    if (fresh.stat.kind === 'file') return this.#attributes(fresh.real) !== this.#attributes(before.real);
    if (fresh.stat.kind !== 'symlink' || differ === 'storage-1.43') return false;
    const [now, old] = [fs.readLink(fresh.real), fs.readLink(before.real)];
    return !isFailure(now) && !isFailure(old) && now !== old;
  }

  #capabilityDiffers(fresh: MergedNode, before: MergedNode): boolean {
    if (fresh.stat.kind !== 'file') return false;
    return this.#capability(fresh.real) !== this.#capability(before.real);
  }

  /** `user.*` of a file (storage pkg/archive changes_linux.go walkchunk). */
  #attributes(path: BytePath): string {
    const value = this.#comparison.fs.userAttributes?.(path) ?? '';
    if (!isFailure(value)) return value;
    if (isOwnError(value) || value.errno === 'ENOTSUP') this.#unreadable ??= value;
    return '';
  }

  #capability(path: BytePath): string {
    const value = this.#comparison.fs.getXattr(path, 'security.capability');
    if (!isFailure(value)) return value.toString('latin1');
    if (isOwnError(value) || value.errno === 'ENOTSUP') this.#unreadable ??= value;
    return '';
  }

  /**
   * All names of the new side; or, where both directories end in the same ones of the layers that both trees share, only the names that stand in
   * a layer above those: for any other name both look-ups end at the same file.
   */
  #namesToLookAt(pair: Pair): readonly BytePath[] | NoSize {
    const { now, old } = this.#comparison;
    const before = pair.old === null || old === null ? [] : pair.old.parts;
    const shared = this.#sharedParts(pair.now.parts, before);
    const names = unionOfNames(now.view, pair.now.parts.slice(0, pair.now.parts.length - shared));
    if (shared === 0 || shared === before.length || old === null || isNoSize(names)) return names;
    const oldNames = unionOfNames(old.view, before.slice(0, before.length - shared));
    return isNoSize(oldNames) ? oldNames : [...new Set([...names, ...oldNames])].toSorted();
  }

  /** How many of the lowest directories of two stacks are the same ones, of layers that both trees share. */
  #sharedParts(now: readonly NodePart[], old: readonly NodePart[]): number {
    const layers = this.#comparison.now.view.layers.length;
    const oldLayers = this.#comparison.old?.view.layers.length ?? 0;
    let shared = 0;
    for (;;) {
      const part = now.at(-1 - shared);
      const other = old.at(-1 - shared);
      if (part === undefined || other === undefined || part.path !== other.path) return shared;
      const fromBottom = layers - part.layer;
      if (fromBottom > this.#common || fromBottom !== oldLayers - other.layer) return shared;
      shared += 1;
    }
  }
}

function unionOfNames(view: MergedView, parts: readonly NodePart[]): readonly BytePath[] | NoSize {
  const [only, ...more] = parts;
  if (only === undefined) return [];
  if (more.length === 0) return view.names(only);
  const names = new Set<BytePath>();
  for (const part of parts) {
    const found = view.names(part);
    if (isNoSize(found)) return found;
    for (const name of found) names.add(name);
  }
  return [...names].toSorted();
}

function commonLayers(now: readonly BytePath[], old: readonly BytePath[]): number {
  let common = 0;
  while (common < Math.min(now.length, old.length) && now.at(-1 - common) === old.at(-1 - common))
    common += 1;
  return common;
}
