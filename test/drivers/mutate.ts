import * as fs from 'node:fs';
import { join } from 'node:path';
import { exchange, makeNode, setXattr } from './kernel.ts';
import type { Random } from './random.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'x y', 'été', '.hidden', 'wh.z'];
const CAPABILITY = Buffer.from('0100000200200000000000000000000000000000', 'hex');
const OTHER_CAPABILITY = Buffer.from('0100000200040000000000000000000000000000', 'hex');

interface Found {
  readonly all: readonly string[];
  readonly directories: readonly string[];
  readonly files: readonly string[];
}

function look(root: string): Found {
  const all: string[] = [];
  const directories = [root];
  const files: string[] = [];
  const visit = (directory: string): void => {
    for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      all.push(path);
      if (entry.isDirectory()) {
        directories.push(path);
        visit(path);
      } else if (entry.isFile()) {
        files.push(path);
      }
    }
  };
  visit(root);
  return { all, directories, files };
}

type Change = (root: string, random: Random, found: Found) => void;

/** Everything that containers and builds do to a tree, as the seed wills. Calls that the file system refuses are part of it. */
const CHANGES: readonly Change[] = [
  (_root, random, { directories }) => write(fresh(random, directories), random),
  (_root, random, { directories }) => write(fresh(random, directories), random),
  (_root, random, { directories }) => {
    const path = fresh(random, directories);
    fs.mkdirSync(path);
    for (let count = random.below(4); count > 0; count -= 1) {
      write(join(path, random.pick(NAMES)), random);
    }
  },
  (_root, random, { directories }) =>
    fs.symlinkSync('t'.repeat(1 + random.below(30)), fresh(random, directories)),
  (_root, random, { files }) => fs.appendFileSync(random.pick(files), content(random)),
  (_root, random, { files }) => fs.truncateSync(random.pick(files), random.below(100_000)),
  (_root, random, { files }) => fs.closeSync(fs.openSync(random.pick(files), 'r+')),
  (_root, random, { files }) => fs.closeSync(fs.openSync(random.pick(files), 'r+')),
  (_root, random, { all }) => {
    const path = random.pick(all);
    if (!fs.lstatSync(path).isSymbolicLink()) fs.chmodSync(path, random.pick([0o600, 0o644, 0o755, 0o4755]));
  },
  (_root, random, { all }) => fs.lchownSync(random.pick(all), random.below(3), random.below(3)),
  (_root, random, { all }) => {
    const path = random.pick(all);
    const { mtimeMs } = fs.lstatSync(path);
    const seconds = random.pick([1_600_000_000, 1_600_000_000.5, Math.floor(mtimeMs / 1000)]);
    fs.lutimesSync(path, seconds, seconds);
  },
  (_root, random, { files, directories }) => fs.linkSync(random.pick(files), fresh(random, directories)),
  (_root, random, { files, directories }) => fs.linkSync(random.pick(files), fresh(random, directories)),
  (_root, random, { all }) => fs.rmSync(random.pick(all), { recursive: true }),
  (_root, random, { all, directories }) => fs.renameSync(random.pick(all), fresh(random, directories)),
  (_root, random, { all }) => fs.renameSync(random.pick(all), random.pick(all)),
  (root, random, { directories }) => {
    const path = random.pick(directories);
    if (path !== root) fs.renameSync(path, fresh(random, directories));
  },
  (root, random, { directories }) => {
    const path = random.pick(directories);
    if (path !== root) fs.renameSync(path, fresh(random, directories));
  },
  (_root, random, { all }) => exchange(random.pick(all), random.pick(all)),
  (root, random, { directories }) => {
    const path = random.pick(directories);
    if (path === root) return;
    fs.rmSync(path, { recursive: true });
    fs.mkdirSync(path);
    write(join(path, random.pick(NAMES)), random);
  },
  (_root, random, { all }) => {
    const path = random.pick(all);
    const wasDirectory = fs.lstatSync(path).isDirectory();
    fs.rmSync(path, { recursive: true });
    if (wasDirectory) write(path, random);
    else fs.mkdirSync(path);
  },
  (_root, random, { directories }) =>
    makeNode(fresh(random, directories), random.pick(['fifo', 'char', 'block', 'socket'] as const), 1, 3),
  (_root, random, { files }) =>
    setXattr(random.pick(files), 'security.capability', random.pick([CAPABILITY, OTHER_CAPABILITY])),
  (_root, random, { files }) => setXattr(random.pick(files), 'user.note', 'x'),
];

export function mutate(root: string, random: Random, count: number): void {
  for (let done = 0; done < count; done += 1) {
    const change = random.pick(CHANGES);
    try {
      change(root, random, look(root));
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError) throw error;
    }
  }
}

function fresh(random: Random, directories: readonly string[]): string {
  return join(
    random.pick(directories),
    random.pick(NAMES) + (random.chance(50) ? String(random.below(9)) : ''),
  );
}

/** Never into something that is there: opening a FIFO would wait, and a device is none of ours. */
function write(path: string, random: Random): void {
  fs.writeFileSync(path, content(random), { flag: 'wx' });
}

function content(random: Random): Buffer {
  return Buffer.alloc(random.pick([0, 1, 7, 100, 5000, 20_000]), 120);
}
