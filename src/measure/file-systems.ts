import { bytePath, pathText } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import { isFailure } from '../host/host.ts';
import type { Host } from '../host/host.ts';
import type { HostReport } from '../model/reports.ts';

type FileSystem = HostReport['fileSystems'][number];

const MOUNT_TABLE = bytePath('/proc/self/mountinfo');
const MAX_MOUNT_TABLE = 4_000_000;

interface Mount {
  readonly point: BytePath;
  readonly source: string;
}

/** The file systems that hold these roots, each once, by mount point. */
export function fileSystemsOf(host: Host, roots: readonly BytePath[]): readonly FileSystem[] {
  const mounts = readMounts(host);
  const found = new Map<string, FileSystem>();
  for (const root of roots) {
    const space = host.fs.fileSystem(root);
    if (isFailure(space)) continue;
    const mount = mountOf(mounts, root) ?? { point: root, source: '' };
    const { totalBytes, freeBytes } = space;
    found.set(mount.point, {
      mount: pathText(mount.point),
      source: mount.source,
      totalBytes,
      freeBytes,
    });
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, fileSystem]) => fileSystem);
}

/** The mount with the longest point that is the path or above it; of several on one point the last, which covers the others. */
function mountOf(mounts: readonly Mount[], path: BytePath): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const below = mount.point === '/' ? '/' : `${mount.point}/`;
    if (path !== mount.point && !path.startsWith(below)) continue;
    if (best === undefined || mount.point.length >= best.point.length) best = mount;
  }
  return best;
}

/** `/proc/self/mountinfo`: field 5 is the mount point, the second after ` - ` the source; blanks are written in octal. */
function readMounts(host: Host): readonly Mount[] {
  const table = host.fs.readFile(MOUNT_TABLE, MAX_MOUNT_TABLE);
  if (isFailure(table)) return [];
  return table
    .toString('latin1')
    .split('\n')
    .flatMap((line) => {
      const [left, right] = line.split(' - ');
      const point = left?.split(' ')[4];
      const source = right?.split(' ')[1];
      if (point === undefined || source === undefined) return [];
      return [
        { point: unescapeOctal(point) as BytePath, source: pathText(unescapeOctal(source) as BytePath) },
      ];
    });
}

function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
