// A model of what an image or container shows, as far as choosing the next change needs it, and random changes of it as tar entries.
import type { Random } from './random.ts';
import type { TarEntry } from './tar.ts';

export type NodeKind = 'file' | 'directory' | 'symlink' | 'special';

/**
 * Where hard links may stand. fuse-overlayfs counts a file whose names stand in several directories, or one of whose several names in a lower
 * layer was changed, differently from call to call: 'together' keeps names in one directory, 'none' makes no second names.
 */
export type LinkMode = 'free' | 'together' | 'none';

/** Paths (bytes as latin1, no leading slash) and what stands there. */
export class Tree {
  readonly nodes: Map<string, NodeKind>;
  /** Files that stand as an archive brought them, so that another can bring the very same. */
  readonly entries: Map<string, TarEntry> = new Map<string, TarEntry>();
  readonly links: LinkMode;

  constructor(nodes: ReadonlyMap<string, NodeKind> = new Map(), links: LinkMode = 'free') {
    this.nodes = new Map(nodes);
    this.links = links;
  }

  /** For a container: nothing is made from it, so that links in one directory stay steady. */
  forContainer(): Tree {
    return this.copy(this.links === 'free' ? 'free' : 'together');
  }

  copy(links: LinkMode = this.links): Tree {
    const copied = new Tree(this.nodes, links);
    for (const [path, entry] of this.entries) copied.entries.set(path, entry);
    return copied;
  }

  set(path: string, kind: NodeKind): void {
    this.remove(path);
    this.nodes.set(path, kind);
  }

  remove(path: string): void {
    if (this.nodes.get(path) === 'directory')
      for (const other of this.nodes.keys()) if (other.startsWith(`${path}/`)) this.nodes.delete(other);
    this.nodes.delete(path);
  }

  move(from: string, to: string): void {
    const moved = [...this.nodes].filter(([path]) => path === from || path.startsWith(`${from}/`));
    this.remove(from);
    for (const [path, kind] of moved) this.nodes.set(to + path.slice(from.length), kind);
  }

  of(kind: NodeKind): readonly string[] {
    return [...this.nodes].filter(([, found]) => found === kind).map(([path]) => path);
  }

  any(random: Random, kind: NodeKind): string | undefined {
    const found = this.of(kind);
    return found.length === 0 ? undefined : random.pick(found);
  }

  /** A free path for another name of a file. */
  freeBeside(path: string, random: Random): string {
    if (this.links === 'free') return this.free(random, 600);
    const slash = path.lastIndexOf('/') + 1;
    for (;;) {
      const found = path.slice(0, slash) + random.name();
      if (!this.nodes.has(found)) return found;
    }
  }

  /** A path that is free, in a random directory of the model (never above `limit` bytes long). */
  free(random: Random, limit = 900): string {
    const directories = this.of('directory').filter((path) => path.length < limit);
    for (;;) {
      const parent = directories.length === 0 ? '' : random.pick(directories);
      const path = parent === '' ? random.name() : `${parent}/${random.name()}`;
      if (!this.nodes.has(path)) return path;
    }
  }
}

/** A version 2 `security.capability`: permitted cap_net_bind_service or another bit, effective. */
export function capability(random: Random): Buffer {
  const value = Buffer.alloc(20);
  value.writeUInt32LE(0x02000001, 0);
  value.writeUInt32LE(1 << random.pick([0, 10, 12, 13]), 4);
  return value;
}

const CHANGES = {
  addFile: 10,
  overwrite: 5,
  sameAgain: 4,
  capabilityOnly: 3,
  addDirectory: 4,
  chmodDirectory: 2,
  addSymlink: 4,
  hardLink: 3,
  addSpecial: 2,
  whiteout: 4,
  opaque: 2,
  retype: 2,
  attributes: 3,
} as const;

export interface LayerOptions {
  /** Entries that hide lower ones are wanted; in an archive put into a container they would be plain files. */
  readonly whiteouts: boolean;
  readonly changes: number;
  /** Lengths in the headers of links, which only drivers that sum headers count. */
  readonly claimedLengths?: boolean;
  /** Names that the archive holds already: an engine refuses a layer in which one stands twice. */
  readonly taken?: readonly string[];
}

/** Random changes of `tree` (which follows along) as one layer's tar entries. No name stands twice. */
export class LayerWriter {
  readonly entries: TarEntry[] = [];
  readonly #tree: Tree;
  readonly #random: Random;
  readonly #options: LayerOptions;
  readonly #touched = new Set<string>();
  readonly #names: Set<string>;
  readonly #files: string[] = [];

  constructor(tree: Tree, random: Random, options: LayerOptions) {
    this.#tree = tree;
    this.#random = random;
    this.#options = options;
    this.#names = new Set(options.taken);
  }

  write(): readonly TarEntry[] {
    for (let count = 0; count < this.#options.changes; count++) this.#change();
    return this.entries;
  }

  #change(): void {
    const change = this.#random.weighted(CHANGES);
    if (change === 'addFile') this.#file(this.#tree.free(this.#random));
    else if (change === 'addDirectory') this.#directory(this.#tree.free(this.#random, 300));
    else if (change === 'addSymlink') this.#symlink(this.#tree.free(this.#random));
    else if (change === 'addSpecial') this.#special(this.#tree.free(this.#random));
    else if (change === 'hardLink') this.#hardLink();
    else if (change === 'sameAgain' || change === 'capabilityOnly') this.#again(change);
    else if (change === 'whiteout' || change === 'opaque') this.#hide(change);
    else this.#existing(change);
  }

  /** True when the path, or something above or below it, is already in this layer. */
  #isTouched(path: string): boolean {
    if (this.#names.has(path)) return true;
    for (const other of this.#touched)
      if (other === path || other.startsWith(`${path}/`) || path.startsWith(`${other}/`)) return true;
    return false;
  }

  #stamp(): Pick<TarEntry, 'seconds' | 'mode' | 'uid' | 'gid' | 'fraction'> {
    const random = this.#random;
    return {
      seconds: random.between(1_000_000_000, 1_700_000_000),
      mode: random.pick([0o644, 0o755, 0o600, 0o4755, 0o2755, 0o1777, 0o000]),
      uid: random.pick([0, 0, 0, 1000, 65534, 2_000_000]),
      gid: random.pick([0, 0, 0, 1000]),
      ...(random.chance(0.2) ? { fraction: `.${random.between(1, 999_999_999)}` } : {}),
    };
  }

  #push(entry: TarEntry): void {
    this.entries.push(entry);
    this.#names.add(entry.name);
  }

  #put(entry: TarEntry, kind: NodeKind): void {
    this.#push(entry);
    this.#touched.add(entry.name);
    this.#tree.set(entry.name, kind);
    if (entry.kind === 'file') this.#tree.entries.set(entry.name, entry);
  }

  #file(name: string, xattrs?: Readonly<Record<string, Buffer>>): void {
    const body = this.#random.bytes(this.#random.fileLength());
    const more = xattrs === undefined ? {} : { xattrs };
    this.#put({ name, kind: 'file', body, ...this.#stamp(), ...more }, 'file');
    this.#files.push(name);
  }

  #directory(name: string): void {
    this.#push({ name, kind: 'directory', ...this.#stamp() });
    if (this.#tree.nodes.get(name) !== 'directory') this.#tree.set(name, 'directory');
  }

  #claimed(): Pick<TarEntry, 'claimedLength'> {
    return this.#options.claimedLengths === true && this.#random.chance(0.3)
      ? { claimedLength: this.#random.between(1, 5000) }
      : {};
  }

  #symlink(name: string): void {
    const target = this.#random.chance(0.1)
      ? `/${this.#random.word(this.#random.between(80, 300))}`
      : `${this.#random.pick(['', '/', '../', './'])}${this.#random.name()}`;
    this.#put({ name, kind: 'symlink', target, ...this.#stamp(), ...this.#claimed() }, 'symlink');
  }

  #special(name: string): void {
    const kind = this.#random.pick(['fifo', 'char', 'block'] as const);
    const major = this.#random.between(1, 8);
    const minor = this.#random.between(0, 300);
    this.#put({ name, kind, major, minor, ...this.#stamp() }, 'special');
  }

  #hardLink(): void {
    const alive = this.#files.filter((path) => this.#tree.nodes.get(path) === 'file');
    if (alive.length === 0 || this.#tree.links === 'none') return;
    const target = this.#random.pick(alive);
    const name = this.#tree.freeBeside(target, this.#random);
    this.#put({ name, kind: 'hardlink', target, ...this.#claimed() }, 'file');
  }

  #hide(change: 'whiteout' | 'opaque'): void {
    if (!this.#options.whiteouts) return;
    const kinds =
      change === 'opaque' ? (['directory'] as const) : (['file', 'file', 'directory', 'symlink'] as const);
    const path = this.#tree.any(this.#random, this.#random.pick<NodeKind>(kinds));
    if (path === undefined || this.#isTouched(path)) return;
    const slash = path.lastIndexOf('/') + 1;
    if (change === 'whiteout') {
      const name = `${path.slice(0, slash)}.wh.${path.slice(slash)}`;
      if (name.length - slash > 255 || this.#names.has(name)) return;
      this.#push({ name, kind: 'file' });
      this.#touched.add(path);
      this.#tree.remove(path);
      return;
    }
    this.#push({ name: path, kind: 'directory', ...this.#stamp() });
    this.#push({ name: `${path}/.wh..wh..opq`, kind: 'file' });
    this.#touched.add(path);
    this.#tree.set(path, 'directory');
    for (let count = this.#random.between(0, 3); count > 0; count--) {
      const name = `${path}/${this.#random.word()}`;
      if (!this.#names.has(name)) this.#file(name);
    }
  }

  /** A lower file once more with its own content, time and owner: as it was, without the fraction of its time, or with a capability. */
  #again(change: 'sameAgain' | 'capabilityOnly'): void {
    const known = [...this.#tree.entries.values()].filter(
      ({ name }) => this.#tree.nodes.get(name) === 'file',
    );
    if (known.length === 0) return;
    const { fraction, ...entry } = this.#random.pick(known);
    if (this.#isTouched(entry.name)) return;
    const time = fraction === undefined || this.#random.chance(0.3) ? {} : { fraction };
    const more =
      change === 'sameAgain' ? {} : { xattrs: { 'security.capability': capability(this.#random) } };
    this.#put({ ...entry, ...time, ...more }, 'file');
  }

  #existing(change: 'overwrite' | 'chmodDirectory' | 'retype' | 'attributes'): void {
    const kind =
      change === 'chmodDirectory'
        ? 'directory'
        : change === 'retype'
          ? this.#random.pick(['file', 'directory', 'symlink', 'special'] as const)
          : 'file';
    const path = this.#tree.any(this.#random, kind);
    if (path === undefined || this.#isTouched(path)) return;
    if (change === 'chmodDirectory') {
      this.#touched.add(path);
      this.#directory(path);
    } else if (change === 'retype') this.#retype(path, kind);
    else if (change === 'attributes')
      this.#file(
        path,
        this.#random.chance(0.6)
          ? { 'security.capability': capability(this.#random) }
          : { 'user.note': this.#random.bytes(this.#random.between(1, 40)) },
      );
    else this.#file(path);
  }

  #retype(path: string, kind: NodeKind): void {
    const other = this.#random.pick(
      (['file', 'directory', 'symlink'] as const).filter((next) => next !== kind),
    );
    if (other === 'file') this.#file(path);
    else if (other === 'symlink') this.#symlink(path);
    else {
      this.#put({ name: path, kind: 'directory', ...this.#stamp() }, 'directory');
      const name = `${path}/${this.#random.word()}`;
      if (!this.#names.has(name)) this.#file(name);
    }
  }
}

/** Tar entries of random changes; `tree` is changed along. */
export function randomLayer(tree: Tree, random: Random, options: LayerOptions): readonly TarEntry[] {
  return new LayerWriter(tree, random, options).write();
}
