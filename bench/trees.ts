import { closeSync, linkSync, mkdirSync, openSync, symlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const CONTENT = Buffer.alloc(64 * 1024, 0x61);

/** Sizes that look like a software tree's: many small files, a few large. Deterministic. */
function lengthOf(index: number): number {
  return (index * 2654435761) % 97 === 0 ? 40_000 : ((index * 40503) % 6000) + 1;
}

function writeFile(path: string, length: number): void {
  const handle = openSync(path, 'wx');
  try {
    writeSync(handle, CONTENT, 0, length);
  } finally {
    closeSync(handle);
  }
}

/**
 * Makes `entries` directory entries below `root`: directories of about 14 entries, nested three deep, every tenth name a hard link,
 * every fiftieth a symlink, the rest regular files.
 */
export function makeTree(root: string, entries: number): void {
  mkdirSync(root, { recursive: true });
  let made = 0;
  let previous: string | null = null;
  for (let outer = 0; made < entries; outer++) {
    const group = join(root, `group-${outer}`);
    mkdirSync(group);
    made++;
    for (let inner = 0; inner < 70 && made < entries; inner++) {
      const directory = join(group, `package-${inner}`);
      mkdirSync(directory);
      made++;
      for (let file = 0; file < 13 && made < entries; file++, made++) {
        const path = join(directory, `file-${file}.js`);
        if (made % 10 === 0 && previous !== null) linkSync(previous, path);
        else if (made % 50 === 1) symlinkSync('file-0.js', path);
        else {
          writeFile(path, lengthOf(made));
          previous = path;
        }
      }
    }
  }
}
