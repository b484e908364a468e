import * as fs from 'node:fs';
import { constants as osConstants } from 'node:os';
import { errnoNumber } from '../libc.ts';
import { deviceParts, kindOfEntry, nodePath, openQuietly } from '../node-fs.ts';
import type { Listing, StatFields, TreeOps } from './tree-ops.ts';
import { LONGEST_PATH, TWO_32 } from './tree-ops.ts';

const { ENAMETOOLONG, EOPNOTSUPP, EOVERFLOW } = osConstants.errno;
const OPEN = fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW;
/** Handles kept open on the way to the present directory. */
const MOST_HANDLES = 200;

/** Handles of the directories from the root to the one opened last: the next one is mostly a neighbour. */
class HandleChain {
  readonly #root: number;
  readonly #parts: string[] = [];
  /** -1: closed again, to bound how many are open. */
  readonly #handles: number[] = [];

  constructor(root: number) {
    this.#root = root;
  }

  /** A handle of the directory at `parts`. Stays open until the chain moves on. @throws the error of node:fs. */
  reach(parts: readonly string[]): number {
    let common = 0;
    while (common < parts.length && parts[common] === this.#parts[common]) common++;
    this.#cut(common);
    while (this.#parts.length > 0 && this.#handles.at(-1) === -1) this.#cut(this.#parts.length - 1);
    for (let depth = this.#parts.length; depth < parts.length; depth++) {
      const name = parts[depth] ?? '';
      const from = this.#handles.at(-1) ?? this.#root;
      const handle = openQuietly(nodePath(`/proc/self/fd/${from}/${name}`), OPEN);
      this.#parts.push(name);
      this.#handles.push(handle);
      const old = depth - MOST_HANDLES;
      if (old >= 0) this.#close(old);
    }
    return this.#handles.at(-1) ?? this.#root;
  }

  #close(index: number): void {
    const handle = this.#handles[index] ?? -1;
    if (handle !== -1) fs.closeSync(handle);
    this.#handles[index] = -1;
  }

  #cut(length: number): void {
    for (let index = length; index < this.#handles.length; index++) this.#close(index);
    this.#handles.length = length;
    this.#parts.length = length;
  }

  end(): void {
    this.#cut(0);
  }
}

/**
 * The file system through node:fs: each name below the handle of its directory (/proc/self/fd/N/name), so that a directory swapped for a link
 * is not followed. Slower than the C library, the same numbers.
 */
export class NodeOps implements TreeOps {
  readonly #chains = new Map<number, HandleChain>();

  openRoot(path: string): number {
    if (path.length > LONGEST_PATH) return -ENAMETOOLONG;
    try {
      const root = openQuietly(nodePath(path), OPEN);
      this.#chains.set(root, new HandleChain(root));
      return root;
    } catch (error) {
      return -errnoNumber(error);
    }
  }

  /** The handle is the chain's own: good until the next `open` of the same root. */
  open(root: number, relative: string): number {
    try {
      return this.#chains.get(root)?.reach(relative === '' ? [] : relative.split('/')) ?? root;
    } catch (error) {
      return -errnoNumber(error);
    }
  }

  list(handle: number, into: Listing): number {
    try {
      const path = `/proc/self/fd/${handle}`;
      const entries = fs.readdirSync(path, { withFileTypes: true, encoding: 'latin1' });
      for (const entry of entries) {
        into.names.push(entry.name);
        into.kinds.push(kindOfEntry(entry));
        into.inoLow.push(-1);
        into.inoHigh.push(-1);
      }
      return 0;
    } catch (error) {
      return -errnoNumber(error);
    }
  }

  stat(handle: number, name: string, into: StatFields): number {
    try {
      const options = { bigint: true } as const;
      const s =
        name === ''
          ? fs.fstatSync(handle, options)
          : fs.lstatSync(nodePath(`/proc/self/fd/${handle}/${name}`), options);
      if (s.size > BigInt(Number.MAX_SAFE_INTEGER)) return -EOVERFLOW;
      fillStat(s, into);
      return 0;
    } catch (error) {
      return -errnoNumber(error);
    }
  }

  capability(): number {
    return -EOPNOTSUPP;
  }

  userAttributes(): number {
    return -EOPNOTSUPP;
  }

  linkTarget(handle: number, name: string): string | number {
    try {
      return fs.readlinkSync(nodePath(`/proc/self/fd/${handle}/${name}`), 'latin1');
    } catch (error) {
      return -errnoNumber(error);
    }
  }

  close(): void {
    // The chain closes its handles as it moves on.
  }

  closeRoot(root: number): void {
    this.#chains.get(root)?.end();
    this.#chains.delete(root);
    fs.closeSync(root);
  }
}

function fillStat(s: fs.BigIntStats, into: StatFields): void {
  const rdev = deviceParts(s.rdev);
  const dev = deviceParts(s.dev);
  const nanos = ((s.mtimeNs % 1000000000n) + 1000000000n) % 1000000000n;
  into.mode = Number(s.mode);
  into.uid = Number(s.uid);
  into.gid = Number(s.gid);
  into.inoLow = Number(s.ino & 0xffffffffn);
  into.inoHigh = Number((s.ino >> 32n) & 0xffffffffn);
  into.dev = dev.major * TWO_32 + dev.minor;
  into.rdev = rdev.major * TWO_32 + rdev.minor;
  into.nlink = Number(s.nlink);
  into.apparentBytes = Number(s.size);
  into.diskBytes = Number(s.blocks) * 512;
  into.mtimeSeconds = Number((s.mtimeNs - nanos) / 1000000000n);
  into.mtimeNanos = Number(nanos);
  into.mounted = false;
}
