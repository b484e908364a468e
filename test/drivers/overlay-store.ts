import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mountFuse } from './fuse.ts';
import { makeWhiteout, mountOverlay, removeXattr, setXattr, unmount } from './kernel.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';

export interface StoreOptions {
  readonly driver: 'overlay2' | 'fuse-overlayfs';
  /** Mount options besides the layers, e.g. `redirect_dir=on,metacopy=on`. */
  readonly mountOptions: string;
}

/** A Docker root with layers of the overlay2 shape, written by real overlay mounts. */
export class OverlayStore {
  readonly root: string;
  readonly home: string;
  readonly #options: StoreOptions;
  readonly #mounts = new Set<string>();

  constructor(options: StoreOptions) {
    this.#options = options;
    this.root = fs.mkdtempSync(join(tmpdir(), 'weigh-overlay-'));
    this.home = join(this.root, options.driver);
    fs.mkdirSync(join(this.home, 'l'), { recursive: true });
  }

  /** Makes a layer as the engine's create does; the path of its diff directory. */
  addLayer(id: string, parent: string | null): string {
    const own = join(this.home, id);
    const diff = join(own, 'diff');
    fs.mkdirSync(diff, { recursive: true });
    fs.writeFileSync(join(own, 'link'), `LINK${id}`);
    fs.symlinkSync(`../${id}/diff`, join(this.home, 'l', `LINK${id}`));
    if (parent === null) return diff;
    fs.mkdirSync(join(own, 'work'));
    fs.writeFileSync(join(this.home, parent, 'committed'), '');
    const parentLower = join(this.home, parent, 'lower');
    const below = fs.existsSync(parentLower) ? `:${fs.readFileSync(parentLower, 'utf8')}` : '';
    fs.writeFileSync(join(own, 'lower'), `l/LINK${parent}${below}`);
    return diff;
  }

  /** Mounts what the engine's Get would; the path of the merged tree. */
  mount(id: string): string {
    const lower = join(this.home, id, 'lower');
    const diff = join(this.home, id, 'diff');
    if (!fs.existsSync(lower)) return diff;
    const target = join(this.home, id, 'merged');
    if (this.#mounts.has(target)) return target;
    fs.mkdirSync(target, { recursive: true });
    const lowers = fs.readFileSync(lower, 'utf8').split(':');
    const paths = lowers.map((link) => join(this.home, link)).join(':');
    const layers = fs.existsSync(join(this.home, id, 'committed'))
      ? `lowerdir=${diff}:${paths}`
      : `lowerdir=${paths},upperdir=${diff},workdir=${join(this.home, id, 'work')}`;
    if (this.#options.driver === 'fuse-overlayfs') mountFuse(target, layers);
    else mountOverlay(target, `index=off,${this.#options.mountOptions},${layers}`);
    this.#mounts.add(target);
    return target;
  }

  unmountAll(): void {
    for (const target of this.#mounts) unmount(target);
    this.#mounts.clear();
  }

  remove(): void {
    this.unmountAll();
    fs.rmSync(this.root, { recursive: true, force: true });
  }
}

/** IDs of a random store: its image's layers from the base on, and the container's two. */
export interface RandomStore {
  readonly store: OverlayStore;
  readonly image: readonly string[];
  readonly init: string;
  readonly rw: string;
}

/** Layers made through mounts one after another, or written like an unpacked tar: whiteouts and opaque marks set by hand. */
export function randomStore(random: Random, options: StoreOptions): RandomStore {
  const store = new OverlayStore(options);
  try {
    const image = ['base', ...Array.from({ length: random.below(4) }, (_, index) => `layer${String(index)}`)];
    let parent: string | null = null;
    for (const id of [...image, 'rw-init', 'rw']) {
      const diff = store.addLayer(id, parent);
      if (parent !== null && id.startsWith('layer') && random.chance(50)) {
        unpack(diff, store.mount(parent), random, options);
      } else {
        const changes = id === 'base' ? 30 : id === 'rw-init' ? 2 : 5 + random.below(20);
        mutate(store.mount(id), random, changes);
        if (options.driver === 'fuse-overlayfs') forgetOrigins(diff);
      }
      store.unmountAll();
      parent = id;
    }
    return { store, image, init: 'rw-init', rw: 'rw' };
  } catch (error) {
    store.remove();
    throw error;
  }
}

/**
 * Takes off fuse-overlayfs's notes of where a copy came from. It makes a copy and its lower file one inode, but only where the file stands in
 * the very next layer: never above an init layer, nor in layers that came from a tar.
 */
function forgetOrigins(diff: string): void {
  const visit = (directory: string): void => {
    for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      removeXattr(path, 'user.fuseoverlayfs.origin');
      if (entry.isDirectory()) visit(path);
    }
  };
  visit(diff);
}

/** How a driver's unpacked layers say that something is deleted. */
interface Deletions {
  whiteout(directory: string, name: string): void;
  opaque(directory: string): void;
}

function deletionsOf({ driver, mountOptions }: StoreOptions): Deletions {
  if (driver === 'fuse-overlayfs') {
    return {
      whiteout: (directory, name) => fs.writeFileSync(join(directory, `.wh.${name}`), ''),
      opaque: (directory) => fs.writeFileSync(join(directory, '.wh..wh..opq'), ''),
    };
  }
  const attribute = mountOptions.includes('userxattr') ? 'user.overlay.opaque' : 'trusted.overlay.opaque';
  return {
    whiteout: (directory, name) => makeWhiteout(join(directory, name)),
    opaque: (directory) => setXattr(directory, attribute, 'y'),
  };
}

/** A layer as an unpacked tar leaves it: files of its own, whiteouts and opaque directories over what the parent shows. */
function unpack(diff: string, below: string, random: Random, options: StoreOptions): void {
  const deletions = deletionsOf(options);
  mutate(diff, random, 6);
  const visit = (directory: string): void => {
    for (const entry of fs.readdirSync(join(below, directory), { withFileTypes: true })) {
      const path = join(directory, entry.name);
      const own = join(diff, path);
      if (fs.lstatSync(own, { throwIfNoEntry: false }) !== undefined || random.chance(60)) continue;
      if (random.chance(40)) {
        deletions.whiteout(join(diff, directory), entry.name);
      } else if (entry.isDirectory()) {
        fs.mkdirSync(own);
        if (random.chance(40)) deletions.opaque(own);
        mutate(own, random, 2);
        visit(path);
      } else if (entry.isFile()) {
        fs.cpSync(join(below, path), own, { preserveTimestamps: random.chance(50) });
      }
    }
  };
  visit('');
}
