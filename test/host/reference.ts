import * as fs from 'node:fs';

// The rules of directory.Size, ChangesDirs and ChangesSize written down once more, in the plainest way, on Node's own calls and whole paths.
// Good for trees without anything that changes meanwhile.

interface ReferenceSize {
  counted: number;
  names: Record<'files' | 'symlinks' | 'others' | 'directories', number>;
  hardLinkNames: number;
  hardLinkBytes: number;
  apparentBytes: number;
  diskBytes: number;
  entries: number;
}

function list(path: Buffer): Buffer[] {
  return fs.readdirSync(path, { encoding: 'buffer' }).sort((a, b) => Buffer.compare(a, b));
}

function below(path: Buffer, name: Buffer): Buffer {
  return Buffer.concat([path, Buffer.from('/'), name]);
}

export function referenceSize(root: Buffer): ReferenceSize {
  const seen = new Set<bigint>();
  const onDisk = new Set<string>();
  const size: ReferenceSize = {
    counted: 0,
    names: { files: 0, symlinks: 0, others: 0, directories: 0 },
    hardLinkNames: 0,
    hardLinkBytes: 0,
    apparentBytes: 0,
    diskBytes: 0,
    entries: 0,
  };
  const visit = (path: Buffer): void => {
    const stat = fs.lstatSync(path, { bigint: true });
    const bytes = Number(stat.size);
    size.entries++;
    const key = `${stat.dev}:${stat.ino}`;
    if (!onDisk.has(key)) {
      onDisk.add(key);
      size.apparentBytes += bytes;
      size.diskBytes += Number(stat.blocks) * 512;
    }
    if (stat.isDirectory()) {
      size.names.directories++;
      for (const name of list(path)) visit(below(path, name));
      return;
    }
    size.names[stat.isFile() ? 'files' : stat.isSymbolicLink() ? 'symlinks' : 'others']++;
    if (bytes === 0) return;
    if (seen.has(stat.ino)) {
      size.hardLinkNames++;
      size.hardLinkBytes += bytes;
    } else {
      seen.add(stat.ino);
      size.counted += bytes;
    }
  };
  visit(root);
  return size;
}

export interface ReferenceChanges {
  added: number;
  modified: number;
  deleted: number;
  changed: number;
  unchanged: number;
  linkNames: number;
}

type Stat = fs.BigIntStats;

function differs(a: Stat, b: Stat): boolean {
  if (a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid || a.rdev !== b.rdev) return true;
  if (b.isDirectory()) return false;
  if (a.size !== b.size) return true;
  const second = 1000000000n;
  if (a.mtimeNs / second !== b.mtimeNs / second) return true;
  const [x, y] = [a.mtimeNs % second, b.mtimeNs % second];
  return x !== y && x !== 0n && y !== 0n;
}

/** `old` null: an empty directory. Counts files alone, as numbers of names and their bytes in all. */
export function referenceChanges(now: Buffer, old: Buffer | null): ReferenceChanges {
  const result = { added: 0, modified: 0, deleted: 0, changed: 0, unchanged: 0, linkNames: 0 };
  const inodes = new Set<bigint>();
  const changes: { readonly stat: Stat; readonly isNew: boolean }[] = [];
  const walk = (a: Buffer, b: Buffer | null): void => {
    const before = new Map((b === null ? [] : list(b)).map((name) => [name.toString('latin1'), name]));
    const isSameDevice = b !== null && fs.lstatSync(a).dev === fs.lstatSync(b).dev;
    for (const name of list(a)) {
      const path = below(a, name);
      const stat = fs.lstatSync(path, { bigint: true });
      const had = before.delete(name.toString('latin1'));
      const oldPath = had && b !== null ? below(b, name) : null;
      const oldStat = oldPath === null ? null : fs.lstatSync(oldPath, { bigint: true });
      if (isSameDevice && oldStat?.ino === stat.ino) continue;
      if (stat.isDirectory()) walk(path, oldStat?.isDirectory() === true ? oldPath : null);
      else if (oldStat === null) changes.push({ stat, isNew: true });
      else if (differs(oldStat, stat)) changes.push({ stat, isNew: false });
      else result.unchanged++;
    }
    result.deleted += before.size;
  };
  walk(now, old);
  for (const isNew of [false, true]) {
    for (const change of changes.filter((each) => each.isNew === isNew)) {
      if (change.stat.nlink > 1n && inodes.has(change.stat.ino)) {
        result.linkNames++;
        continue;
      }
      if (change.stat.nlink > 1n) inodes.add(change.stat.ino);
      result[isNew ? 'added' : 'modified']++;
      result.changed += Number(change.stat.size);
    }
  }
  return result;
}
