import { isFailure } from '../../host/host.ts';
import type { HostFs } from '../../host/host.ts';
import { joinPath, pathText } from '../../model/bytes.ts';
import type { BytePath } from '../../model/bytes.ts';
import { isDriverId } from '../../model/ids.ts';
import type { DriverId } from '../../model/ids.ts';
import { engineFails, isNoSize, isOwnError, noSizeOf, notKnown } from '../outcome.ts';
import type { NoSize } from '../outcome.ts';
import { failureText } from '../words.ts';

/** `lower` names at most 128 layers of 28 bytes each; far more than that is no record of an engine. */
const LOWER_MAX_BYTES = 64 * 1024;
/** What one mount call's data may hold; longer data ends in "cannot mount layer" (moby overlay2/overlay.go Get). */
const MOUNT_DATA_MAX = 4095;
const LINK = /^l\/([^/]+)$/;

/** The area of overlay2 or fuse-overlayfs: `<root>/<driver>`, one directory a layer, short links to them in `l`. */
export interface LayerArea {
  readonly fs: HostFs;
  readonly home: BytePath;
  /** Whose mount makes the merged tree. */
  readonly mount: 'kernel' | 'fuse-overlayfs';
}

/** A layer's own content: `<home>/<id>/diff`. */
export function diffDirectory(area: LayerArea, id: DriverId): BytePath {
  return joinPath(area.home, id, 'diff');
}

/** Whether one layer is the direct parent of another, with the reason as a clause. */
export interface ParentAnswer {
  readonly isParent: boolean;
  readonly why: string;
}

/**
 * The engine's isParent: the first entry of `lower`, resolved by one readlink, is the parent's directory, compared as strings; every other
 * entry has to be a link as well, and without a parent there must be no `lower` (moby 20.10-29: overlay2/overlay.go isParent, getLowerDirs).
 */
export function isParent(area: LayerArea, id: DriverId, parent: DriverId | null): ParentAnswer | NoSize {
  const lower = readLower(area, id);
  if (isNoSize(lower)) {
    return lower.noSize === 'unknown' ? lower : { isParent: false, why: lower.reason };
  }
  if (lower === null) {
    return parent === null
      ? { isParent: true, why: 'it has no parent, and no lower file' }
      : { isParent: false, why: `it has no lower file that would name ${parent}` };
  }
  const targets: BytePath[] = [];
  for (const entry of lower) {
    const target = linkTarget(area, entry);
    if (isNoSize(target)) {
      return target.noSize === 'unknown' ? target : { isParent: false, why: target.reason };
    }
    targets.push(target);
  }
  if (parent === null) return { isParent: false, why: 'it has no parent, but a lower file' };
  const first = targets[0] ?? '';
  return directoryOf(first) === joinPath(area.home, parent)
    ? { isParent: true, why: `${parent} comes first in its lower file` }
    : {
        isParent: false,
        why: `its lower file begins with ${pathText(first as BytePath)}, not with ${parent}`,
      };
}

/** The tree that the engine's Get gives for a layer: a plain directory, or an overlay mount of the layers listed, topmost first. */
export type LayerTree =
  | { readonly kind: 'plain'; readonly directory: BytePath }
  | { readonly kind: 'overlay'; readonly layers: readonly BytePath[]; readonly writable: boolean };

/** What Get makes of a layer (moby 20.10-29: overlay2/overlay.go Get), or why it fails. Nothing is mounted here. */
export function layerTree(area: LayerArea, id: DriverId): LayerTree | NoSize {
  const own = joinPath(area.home, id);
  const stat = area.fs.lstat(own);
  if (isFailure(stat)) return noSizeOf(stat);
  const lower = readLower(area, id);
  if (isNoSize(lower)) return lower;
  const diff = diffDirectory(area, id);
  const top = requireDirectory(area, diff);
  if (isNoSize(top)) return top;
  if (lower === null) return { kind: 'plain', directory: diff };
  const committed = area.fs.lstat(joinPath(own, 'committed'));
  if (isFailure(committed) && committed.errno !== 'ENOENT') return noSizeOf(committed);
  const writable = isFailure(committed);
  if (writable) {
    const work = requireDirectory(area, joinPath(own, 'work'));
    if (isNoSize(work)) return work;
  }
  if (area.mount === 'kernel' && mountDataLength(id, lower, writable) > MOUNT_DATA_MAX) {
    return engineFails(`its ${String(lower.length)} lower layers do not fit into one mount call`);
  }
  const layers = lowerDirectories(area, lower);
  return isNoSize(layers) ? layers : { kind: 'overlay', layers: [diff, ...layers], writable };
}

/** Entries of `<id>/lower`, topmost first; null when there is no such file. */
function readLower(area: LayerArea, id: DriverId): readonly string[] | null | NoSize {
  const path = joinPath(area.home, id, 'lower');
  const content = area.fs.readFile(path, LOWER_MAX_BYTES);
  if (isFailure(content)) {
    if (content.errno === 'ENOENT') return null;
    if (content.errno === 'EFBIG') return engineFails(failureText(content));
    return noSizeOf(content);
  }
  return content.toString('latin1').split(':');
}

/** Where an entry of `lower` leads, as a clean path. Only links of `<home>/l` are read. */
function linkTarget(area: LayerArea, entry: string): BytePath | NoSize {
  if (entry === '') return emptyEntry(area);
  const name = LINK.exec(entry)?.[1];
  if (name === undefined || !isDriverId(name)) {
    return notKnown(
      `its lower file names ${pathText(entry as BytePath)}, which is no link of l`,
      'damaged-record',
    );
  }
  const link = joinPath(area.home, 'l', name);
  const target = area.fs.readLink(link);
  if (isFailure(target)) {
    return isOwnError(target) ? noSizeOf(target) : engineFails(`the link ${failureText(target)}`);
  }
  return cleanPath(joinPath(area.home, 'l', target));
}

/**
 * Joined with the driver's directory, an empty entry is that directory: no link, so never a parent; the kernel refuses a mount of it together
 * with a directory inside it (ELOOP), fuse-overlayfs does not.
 */
function emptyEntry(area: LayerArea): NoSize {
  return area.mount === 'kernel'
    ? engineFails('its lower file is empty or has an empty entry')
    : notKnown(
        'its lower file has an empty entry, which mounts the whole driver directory',
        'damaged-record',
      );
}

function lowerDirectories(area: LayerArea, lower: readonly string[]): readonly BytePath[] | NoSize {
  const directories: BytePath[] = [];
  for (const entry of lower) {
    const target = linkTarget(area, entry);
    if (isNoSize(target)) return target;
    if (!target.startsWith(`${area.home}/`)) {
      return notKnown(`the link ${entry} leaves the store and is not followed`, 'damaged-record');
    }
    const directory = requireDirectory(area, target);
    if (isNoSize(directory)) return directory;
    if (area.mount === 'kernel' && directories.includes(target)) {
      return engineFails(`its lower file names ${pathText(target)} twice, which no mount accepts`);
    }
    directories.push(target);
  }
  return directories;
}

/** A layer's directory has to be there; one that is a link would be followed by a mount, but is not by us. */
function requireDirectory(area: LayerArea, path: BytePath): BytePath | NoSize {
  const stat = area.fs.lstat(path);
  if (isFailure(stat)) return noSizeOf(stat);
  if (stat.kind === 'directory') return path;
  if (stat.kind === 'symlink')
    return notKnown(`${pathText(path)} is a link and is not followed`, 'damaged-record');
  return engineFails(`${pathText(path)} is not a directory`);
}

/** Length of the mount data in its short form, with paths relative to the driver's directory. */
function mountDataLength(id: DriverId, lower: readonly string[], writable: boolean): number {
  const lowers = lower.join(':');
  return writable
    ? `index=off,lowerdir=${lowers},upperdir=${id}/diff,workdir=${id}/work`.length
    : `index=off,lowerdir=${id}/diff:${lowers}`.length;
}

/** Go's path.Clean for an absolute path. */
export function cleanPath(path: BytePath): BytePath {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}` as BytePath;
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** IDs with a directory in the area; `l` holds the links. */
export function layerIds(area: LayerArea): readonly DriverId[] {
  return directoryIds(area.fs, area.home).filter((id) => id !== 'l');
}

/** Names of the directories in a directory, those usable as IDs, in bytewise order. Nothing when it cannot be listed. */
export function directoryIds(fs: HostFs, directory: BytePath): readonly DriverId[] {
  const entries = fs.readDirectory(directory);
  if (isFailure(entries)) return [];
  const ids: DriverId[] = [];
  for (const { name, kind } of entries) {
    const known = kind === 'unknown' ? fs.lstat(joinPath(directory, name)) : { kind };
    if (isFailure(known) || known.kind !== 'directory') continue;
    const id: string = name;
    if (isDriverId(id)) ids.push(id);
  }
  return ids;
}
