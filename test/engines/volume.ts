import { linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import type { Random } from './random.ts';

/** Fills a volume's directory with files, links and empty directories, straight on the host. */
export function fillVolume(folder: string, random: Random): void {
  const directories = [Buffer.from(folder, 'utf8')];
  const files: Buffer[] = [];
  for (let count = random.between(0, 40); count > 0; count--) {
    const path = Buffer.concat([
      random.pick(directories),
      Buffer.from(`/${count}${random.name()}`.slice(0, 250), 'latin1'),
    ]);
    const kind = random.weighted({ file: 6, directory: 2, link: 2, symlink: 1, sparse: 1 });
    if (kind === 'directory') {
      mkdirSync(path);
      if (path.length < 1500) directories.push(path);
    } else if (kind === 'symlink') symlinkSync(random.word(random.between(1, 80)), path);
    else if (kind === 'link' && files.length > 0) linkSync(random.pick(files), path);
    else {
      writeFileSync(path, random.bytes(random.fileLength()));
      if (kind === 'sparse') truncateSync(path, random.between(0, 9_000_000));
      files.push(path);
    }
  }
}
