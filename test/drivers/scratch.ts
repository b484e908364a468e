import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bytePath } from '../../src/model/bytes.ts';
import type { BytePath } from '../../src/model/bytes.ts';

/** A folder of a test's own, with short ways to put things in it. */
export interface Scratch {
  readonly path: string;
  readonly root: BytePath;
  /** Writes a file, its folders too. A time makes two files equal to a comparison. */
  file(path: string, content: string, seconds?: number): void;
  folder(path: string): void;
  link(path: string, target: string): void;
  remove(): void;
}

export function scratch(): Scratch {
  const path = fs.mkdtempSync(join(tmpdir(), 'weigh-drivers-'));
  const at = (name: string): string => {
    const full = join(path, name);
    fs.mkdirSync(dirname(full), { recursive: true });
    return full;
  };
  return {
    path,
    root: bytePath(path),
    file: (name, content, seconds) => {
      const full = at(name);
      fs.writeFileSync(full, content);
      if (seconds !== undefined) fs.utimesSync(full, seconds, seconds);
    },
    folder: (name) => {
      fs.mkdirSync(at(name), { recursive: true });
    },
    link: (name, target) => {
      fs.symlinkSync(target, at(name));
    },
    remove: () => {
      fs.rmSync(path, { recursive: true, force: true });
    },
  };
}

/** A layer of the overlay2 shape, made by hand: its directory, its link, and its lower file where `lower` is given. */
export function addLayer(to: Scratch, home: string, id: string, lower?: readonly string[]): void {
  to.folder(`${home}/${id}/diff`);
  to.folder(`${home}/${id}/work`);
  to.file(`${home}/${id}/link`, `LINK${id}`);
  to.link(`${home}/l/LINK${id}`, `../${id}/diff`);
  if (lower !== undefined) {
    to.file(`${home}/${id}/lower`, lower.map((name) => `l/LINK${name}`).join(':'));
  }
}
