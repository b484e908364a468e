import { isFailure } from '../../host/host.ts';
import type { HostFs } from '../../host/host.ts';
import { joinPath } from '../../model/bytes.ts';
import type { BytePath } from '../../model/bytes.ts';
import { isNoSize, isOwnError, noSizeOf } from '../outcome.ts';
import type { NoSize } from '../outcome.ts';
import { isWhiteout, listNames, lstatOrNull, nodeOf, rootNode } from './merged-view.ts';
import type { MergedNode, MergedView, NodePart } from './merged-view.ts';

const WHITEOUT_PREFIX = '.wh.';
const WHITEOUT_META_PREFIX = '.wh..wh.';
const OPAQUE_FILE = '.wh..wh..opq';
/** Asked in this order; the first that is set decides (fuse-overlayfs 1.10: main.c is_directory_opaque). */
const OPAQUE_ATTRIBUTES = ['trusted.overlay.opaque', 'user.overlay.opaque', 'user.fuseoverlayfs.opaque'];

/**
 * The tree that fuse-overlayfs shows of `layers`, topmost first (fuse-overlayfs 1.10: main.c load_dir). A whiteout is a character device 0:0 or
 * a file `.wh.<name>`, which hides that name in its own layer as well; names that begin with `.wh.` never show. A directory is opaque by an
 * attribute or by `.wh..wh..opq` in it, the root too. There are no redirects.
 */
export function fuseView(fs: HostFs, layers: readonly BytePath[]): MergedView {
  return {
    layers,
    root: () => {
      const whole = rootNode(fs, layers);
      return isNoSize(whole) ? whole : upToOpaque(fs, whole);
    },
    lookup: (parent, name) => (name.startsWith(WHITEOUT_PREFIX) ? null : lookup(fs, parent, name)),
    names: (part) => {
      const names = listNames(fs, part.path);
      return isNoSize(names) ? names : mentionedNames(names);
    },
  };
}

/** Names that a layer shows or hides. */
function mentionedNames(names: readonly BytePath[]): readonly BytePath[] {
  if (!names.some((name) => name.startsWith(WHITEOUT_PREFIX))) return names;
  const mentioned = new Set<BytePath>();
  for (const name of names) {
    if (!name.startsWith(WHITEOUT_PREFIX)) mentioned.add(name);
    else if (!name.startsWith(WHITEOUT_META_PREFIX)) {
      mentioned.add(name.slice(WHITEOUT_PREFIX.length) as BytePath);
    }
  }
  return [...mentioned].toSorted();
}

function upToOpaque(fs: HostFs, root: MergedNode): MergedNode | NoSize {
  const parts: NodePart[] = [];
  for (const part of root.parts) {
    parts.push(part);
    const opaque = isOpaque(fs, part.path);
    if (isNoSize(opaque)) return opaque;
    if (opaque) break;
  }
  return { ...root, parts };
}

function lookup(fs: HostFs, parent: MergedNode, name: BytePath): MergedNode | null | NoSize {
  const found: NodePart[] = [];
  let top: MergedNode | null = null;
  for (const { layer, path: directory } of parent.parts) {
    const whiteout = lstatOrNull(fs, joinPath(directory, WHITEOUT_PREFIX + name));
    if (isNoSize(whiteout)) return whiteout;
    if (whiteout !== null) break;
    const path = joinPath(directory, name);
    const stat = lstatOrNull(fs, path);
    if (isNoSize(stat)) return stat;
    if (stat === null) continue;
    if (isWhiteout(stat)) break;
    const part = { layer, path };
    if (stat.kind !== 'directory') {
      top ??= nodeOf(stat, [part], false);
      break;
    }
    found.push(part);
    top ??= nodeOf(stat, found, false);
    const opaque = isOpaque(fs, path);
    if (isNoSize(opaque)) return opaque;
    if (opaque) break;
  }
  return top;
}

/** `trusted.*` attributes that are out of reach here do no harm: fuse-overlayfs leaves the file beside each mark that it sets. */
function isOpaque(fs: HostFs, directory: BytePath): boolean | NoSize {
  for (const attribute of OPAQUE_ATTRIBUTES) {
    const value = fs.getXattr(directory, attribute);
    if (!isFailure(value)) return value.toString('latin1').startsWith('y');
    if (
      value.errno !== 'ENODATA' &&
      value.errno !== 'ENOTSUP' &&
      value.errno !== 'ENOENT' &&
      !isOwnError(value)
    ) {
      return noSizeOf(value);
    }
  }
  const file = lstatOrNull(fs, joinPath(directory, OPAQUE_FILE));
  return isNoSize(file) ? file : file !== null;
}
