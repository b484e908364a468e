import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const isRoot: boolean = process.getuid?.() === 0;

/** A fresh folder whose content a test may do anything to. */
export function scratch(): string {
  return fs.mkdtempSync(join(tmpdir(), 'weigh-host-'));
}

/** Removes a folder however deep it is: rm goes by handles, whole paths may be too long. */
export function remove(path: string): void {
  execFileSync('rm', ['-rf', '--', path]);
}

/** Runs a shell script with the folder as its working directory. */
export function shell(folder: string, script: string): void {
  execFileSync('sh', ['-ec', script], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Small numbers that look random, the same for the same seed. */
export function numbersFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
}

const NAMES = ['a', 'b', 'src', 'lib', 'x y', '-rf', '\xff\xfe', '\x01\x1b[31m', '\n', 'ä', '.hidden', '..x'];

/** A tree of everything a container can leave behind, with what only root can make where this is root. */
export function hostileTree(root: string): void {
  fs.mkdirSync(root);
  const at = (name: string): Buffer => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name, 'latin1')]);
  for (const [index, name] of NAMES.entries()) fs.writeFileSync(at(`file ${name}`), 'x'.repeat(index * 100));
  for (const name of NAMES) {
    fs.mkdirSync(at(`dir ${name}`));
    fs.writeFileSync(at(`dir ${name}/${name}`), name);
    fs.linkSync(at(`dir ${name}/${name}`), at(`dir ${name}/again`));
    fs.linkSync(at(`dir ${name}/${name}`), at(`link to ${name} elsewhere`));
  }
  shell(
    root,
    `mkfifo pipe; truncate -s 3G sparse; ln -s nowhere dangling; ln -s / rooted; ln -s . self; ln -s self loop
     ln -s "$(printf '%0300d' 7)" long; : >empty; ln empty empty-too; mkdir hollow; chmod 0 hollow/../empty
     touch -d '1950-01-01 00:00:00.25' ancient; touch -d '2200-05-05 05:05:05.123456789' future`,
  );
  if (isRoot)
    shell(
      root,
      'mknod char c 0 0; mknod block b 7 99; mknod big c 300 70000; mkdir -m 0 locked; : >locked/in',
    );
}

/** `depth` directories, one in the other, with a file in each hundredth. */
export function deepTree(root: string, depth: number, name: string = 'd'): void {
  fs.mkdirSync(root);
  shell(
    root,
    `i=0; while [ $i -lt ${depth} ]; do mkdir ${name}; cd -P ${name}; i=$((i+1)); [ $((i % 100)) -ne 0 ] || echo $i >file; done`,
  );
}

/** A random tree of files, links and directories. */
export function randomTree(root: string, seed: number, entries: number): void {
  const next = numbersFrom(seed);
  fs.mkdirSync(root);
  const directories = [Buffer.from(root)];
  const files: Buffer[] = [];
  for (let index = 0; index < entries; index++) {
    const parent = directories[next(directories.length)] ?? directories[0]!;
    const name = `${NAMES[next(NAMES.length)] ?? ''}${index}`;
    const path = Buffer.concat([parent, Buffer.from(`/${name}`, 'latin1')]);
    const linked = files[next(Math.max(1, files.length))];
    const kind = next(10);
    if (kind < 2) {
      fs.mkdirSync(path);
      directories.push(path);
    } else if (kind === 2 && linked !== undefined) fs.linkSync(linked, path);
    else if (kind === 3) fs.symlinkSync('t'.repeat(1 + next(40)), path);
    else {
      fs.writeFileSync(path, 'y'.repeat(next(3) === 0 ? 0 : next(9000)));
      if (kind > 6) files.push(path);
    }
  }
}

/** Changes a copy of a tree here and there, as a container would. */
export function changeTree(root: string, seed: number): void {
  const next = numbersFrom(seed);
  const all: Buffer[] = [];
  const collect = (path: Buffer): void => {
    for (const entry of fs.readdirSync(path, { encoding: 'buffer', withFileTypes: true })) {
      const child = Buffer.concat([path, Buffer.from('/'), entry.name]);
      all.push(child);
      if (entry.isDirectory()) collect(child);
    }
  };
  collect(Buffer.from(root));
  // Children before their parents, which may be no directories afterwards.
  for (const path of all.toReversed()) if (next(6) === 0) changeOne(path, next);
}

function changeOne(path: Buffer, next: (below: number) => number): void {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  const kind = next(7);
  if (kind === 0) fs.rmSync(path, { recursive: true });
  else if (stat.isSymbolicLink()) fs.lutimesSync(path, 12, 13);
  else if (kind === 1) fs.chmodSync(path, 0o700 | next(64));
  else if (kind === 2) fs.utimesSync(path, stat.atime, Math.floor(stat.mtimeMs / 1000));
  else if (kind === 3) fs.utimesSync(path, stat.atime, 1000);
  else if (kind === 4) {
    fs.rmSync(path, { recursive: true });
    if (stat.isDirectory()) fs.writeFileSync(path, 'now a file');
    else fs.mkdirSync(path);
    if (!stat.isDirectory())
      fs.writeFileSync(Buffer.concat([path, Buffer.from('/in')]), 'below what was a file');
  } else if (stat.isFile()) fs.appendFileSync(path, 'more');
  else fs.writeFileSync(Buffer.concat([path, Buffer.from(`/new${next(1000)}`)]), 'new');
}
