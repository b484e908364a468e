import { isFailure } from '../../host/host.ts';
import type { Failure, FileStat, HostFs } from '../../host/host.ts';
import { joinPath } from '../../model/bytes.ts';
import type { BytePath } from '../../model/bytes.ts';
import { isNoSize, noSizeOf, notKnown } from '../outcome.ts';
import type { NoSize } from '../outcome.ts';
import { failureText } from '../words.ts';
import type { Marks } from './marks.ts';

const NAME_MAX = 255;

/** One layer's directory within a merged directory. */
export interface NodePart {
  /** Index into the view's layers, 0 on top. */
  readonly layer: number;
  readonly path: BytePath;
}

/** What a merged tree shows at one path. */
export interface MergedNode {
  /** Of the topmost entry: the one whose mode, owner, times and length show. */
  readonly stat: FileStat;
  readonly real: BytePath;
  /** Layer that `real` is in. */
  readonly layer: number;
  /** Directories that are merged here, topmost first; empty for anything but a directory. */
  readonly parts: readonly NodePart[];
  /** Its lower part stands at another path: a renamed directory. */
  readonly redirected: boolean;
}

/** A merged tree, computed from its layers' directories, one look-up at a time. */
export interface MergedView {
  readonly layers: readonly BytePath[];
  root(): MergedNode | NoSize;
  /** null: nothing shows at that name. */
  lookup(directory: MergedNode, name: BytePath): MergedNode | null | NoSize;
  /** Names that may show in one layer's part of a directory, in bytewise order; a look-up decides. */
  names(part: NodePart): readonly BytePath[] | NoSize;
}

/** A directory as it is: what Get gives for a layer without layers below. */
export function plainView(fs: HostFs, directory: BytePath): MergedView {
  return {
    layers: [directory],
    root: () => rootNode(fs, [directory]),
    lookup: (parent, name) => {
      const path = joinPath(parent.real, name);
      const stat = lstatOrNull(fs, path);
      return stat === null || isNoSize(stat) ? stat : nodeOf(stat, [{ layer: 0, path }], false);
    },
    names: (part) => listNames(fs, part.path),
  };
}

/** The tree that a kernel overlay mount of `layers` (topmost first) shows, by the kernel's own look-up (fs/overlayfs/namei.c ovl_lookup). */
export function kernelView(fs: HostFs, layers: readonly BytePath[], marks: Marks): MergedView {
  return {
    layers,
    root: () => rootNode(fs, layers),
    lookup: (parent, name) => lookup({ fs, layers, marks }, parent, name),
    names: (part) => listNames(fs, part.path),
  };
}

interface Mount {
  readonly fs: HostFs;
  readonly layers: readonly BytePath[];
  readonly marks: Marks;
}

/** State of one look-up on its way down the layers. */
interface Search {
  /** Name in the parent's parts, or from the first absolute redirect on a path from the layers' roots. */
  name: BytePath;
  /** Nothing below shows. */
  stop: boolean;
  /** A directory was found above: only directories can merge with it. */
  foundDirectory: boolean;
}

/**
 * Walks down the layers: the first entry found shows; a directory goes on to merge with those of the same path below, until a whiteout, an
 * opaque mark or anything else than a directory. A redirect changes the path for the layers below, an absolute one starts at their roots.
 * A file that only holds metadata (metacopy) shows its own length, so the search for its content has no bearing here.
 */
function lookup(mount: Mount, parent: MergedNode, name: BytePath): MergedNode | null | NoSize {
  const search: Search = { name, stop: false, foundDirectory: false };
  const parts: NodePart[] = [];
  let top: FileStat | undefined;
  let stack = parent.parts;
  let fromRoots = false;
  for (let index = 0; !search.stop && index < stack.length; index += 1) {
    const base = stack[index];
    if (base === undefined) break;
    const hit = search.name.startsWith('/')
      ? lookupPath(mount, base, search)
      : lookupName(mount, base, search);
    if (isNoSize(hit)) return hit;
    if (hit === null) continue;
    top ??= hit.stat;
    parts.push({ layer: base.layer, path: hit.path });
    if (hit.stat.kind !== 'directory') break;
    if (search.name.startsWith('/') && !fromRoots) {
      fromRoots = true;
      stack = rootParts(mount.layers);
      index = base.layer;
    }
  }
  return top === undefined ? null : nodeOf(top, parts, search.name !== name);
}

interface Hit {
  readonly path: BytePath;
  readonly stat: FileStat;
}

function lookupName(mount: Mount, base: NodePart, search: Search): Hit | null | NoSize {
  return lookupElement(mount, { base, name: search.name, before: '', after: '' }, search);
}

/** An absolute redirect, element by element in one layer. Elements that are themselves renamed change the path that is looked for below. */
function lookupPath(mount: Mount, base: NodePart, search: Search): Hit | null | NoSize {
  let current = base.path;
  let rest: string = search.name;
  for (;;) {
    const end = rest.indexOf('/', 1);
    const name = (end === -1 ? rest.slice(1) : rest.slice(1, end)) as BytePath;
    const after = end === -1 ? '' : rest.slice(end);
    const before = search.name.slice(0, search.name.length - rest.length + 1);
    const element = { base: { layer: base.layer, path: current }, name, before, after };
    const hit = lookupElement(mount, element, search);
    if (hit === null || isNoSize(hit) || after === '') return hit;
    if (hit.stat.kind !== 'directory') return null;
    current = hit.path;
    rest = after;
  }
}

interface Element {
  readonly base: NodePart;
  readonly name: BytePath;
  /** Path up to this element, with its slash; empty for a plain name. */
  readonly before: string;
  /** Path from the next slash on; empty for the last element. */
  readonly after: string;
}

/** One element in one layer (namei.c ovl_lookup_single). */
function lookupElement(mount: Mount, element: Element, search: Search): Hit | null | NoSize {
  const { base, name, before, after } = element;
  const isLastElement = after === '';
  const path = joinPath(base.path, name);
  const stat = lstatOrNull(mount.fs, path);
  if (stat === null || isNoSize(stat)) return stat;
  if (isWhiteout(stat)) {
    search.stop = true;
    return null;
  }
  if (stat.kind !== 'directory') {
    search.stop = true;
    return search.foundDirectory || !isLastElement ? null : { path, stat };
  }
  if (isLastElement) search.foundDirectory = true;
  if (base.layer === mount.layers.length - 1) return { path, stat };
  const opaque = mount.marks.isOpaque(path);
  if (isNoSize(opaque)) return opaque;
  if (opaque) {
    search.stop = true;
    return { path, stat };
  }
  const redirect = mount.marks.redirect(path);
  if (isNoSize(redirect)) return redirect;
  if (redirect !== null) {
    const absolute = redirect.startsWith('/');
    if (absolute) search.stop = false;
    search.name = `${absolute ? '' : before}${redirect}${after}` as BytePath;
  }
  return { path, stat };
}

/** A character device 0:0. */
export function isWhiteout(stat: FileStat): boolean {
  return stat.kind === 'char' && stat.rdev === '0:0';
}

/** The root merges all layers, whatever marks it carries. */
export function rootNode(fs: HostFs, layers: readonly BytePath[]): MergedNode | NoSize {
  const stat = fs.lstat(layers[0] ?? ('/' as BytePath));
  return isFailure(stat) ? noSizeOf(stat) : nodeOf(stat, rootParts(layers), false);
}

function rootParts(layers: readonly BytePath[]): readonly NodePart[] {
  return layers.map((path, layer) => ({ layer, path }));
}

/** A node of what a look-up found, topmost first. `found` may still grow for a directory. */
export function nodeOf(stat: FileStat, found: readonly NodePart[], redirected: boolean): MergedNode {
  const [top] = found;
  return {
    stat,
    real: top?.path ?? ('/' as BytePath),
    layer: top?.layer ?? 0,
    parts: stat.kind === 'directory' ? found : [],
    redirected,
  };
}

/** A name that is too long for its file system is not there; nor is one that vanished. */
export function lstatOrNull(fs: HostFs, path: BytePath): FileStat | null | NoSize {
  const stat = fs.lstat(path);
  if (!isFailure(stat)) return stat;
  if (stat.errno === 'ENOENT' || stat.errno === 'ENOTDIR') return null;
  if (stat.errno === 'ENAMETOOLONG' && path.length - path.lastIndexOf('/') - 1 > NAME_MAX) return null;
  return viewFailure(stat);
}

/**
 * Paths as long as the engine's own are dealt with by the comparison; below a renamed directory a layer's path can be longer than the one that
 * the mount shows, and then only we cannot take it.
 */
function viewFailure(failed: Failure): NoSize {
  return failed.errno === 'ENAMETOOLONG' ? notKnown(failureText(failed), 'limit') : noSizeOf(failed);
}

/** A directory that vanished has no names any more. */
export function listNames(fs: HostFs, directory: BytePath): readonly BytePath[] | NoSize {
  const entries = fs.readDirectory(directory);
  if (!isFailure(entries)) return entries.map(({ name }) => name);
  return entries.errno === 'ENOENT' ? [] : viewFailure(entries);
}
