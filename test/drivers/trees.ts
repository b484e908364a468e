import { isFailure } from '../../src/host/host.ts';
import type { FileStat, HostFs } from '../../src/host/host.ts';
import { joinPath } from '../../src/model/bytes.ts';
import type { BytePath } from '../../src/model/bytes.ts';
import type { MergedNode, MergedView } from '../../src/drivers/overlay-view/merged-view.ts';
import { isNoSize } from '../../src/drivers/outcome.ts';

/** What a walk of a tree shows of one path; times and lengths of directories and their own numbers are nobody's business here. */
function shown(stat: FileStat, links: boolean): string {
  const { kind, mode, uid, gid, rdev } = stat;
  const common = [kind, mode.toString(8), uid, gid, rdev];
  if (kind === 'directory') return common.join(' ');
  const more = [stat.apparentBytes, stat.mtimeSeconds, stat.mtimeNanos, links ? stat.nlink : ''];
  return [...common, ...more].join(' ');
}

export interface Listing {
  /** Compare numbers of links, too: fuse-overlayfs makes its own. */
  readonly links: boolean;
}

/** Every path of a real tree with what lstat says of it. */
export function listTree(fs: HostFs, root: BytePath, { links }: Listing): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = (path: BytePath, name: string): void => {
    const entries = fs.readDirectory(path);
    if (isFailure(entries)) throw new Error(`${entries.path} ${entries.errno}`);
    for (const entry of entries) {
      const child = joinPath(path, entry.name);
      const stat = fs.lstat(child);
      if (isFailure(stat)) continue;
      found.set(`${name}/${entry.name}`, shown(stat, links));
      if (stat.kind === 'directory') visit(child, `${name}/${entry.name}`);
    }
  };
  visit(root, '');
  return found;
}

/** The same of a computed tree. */
export function listView(view: MergedView, { links }: Listing): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = (node: MergedNode, path: string): void => {
    const names = new Set(
      node.parts.flatMap((part) => {
        const list = view.names(part);
        if (isNoSize(list)) throw new Error(list.reason);
        return list;
      }),
    );
    for (const name of [...names].toSorted()) {
      const child = view.lookup(node, name);
      if (isNoSize(child)) throw new Error(child.reason);
      if (child === null) continue;
      found.set(`${path}/${name}`, shown(child.stat, links));
      visit(child, `${path}/${name}`);
    }
  };
  const root = view.root();
  if (isNoSize(root)) throw new Error(root.reason);
  visit(root, '');
  return found;
}
