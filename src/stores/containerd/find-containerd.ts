/**
 * Where containerds of this host keep their data:
 *
 *     /etc/containerd/config.toml              root, else /var/lib/containerd
 *     /var/lib/rancher/k3s/agent/containerd    k3s and rke2 (/var/lib/rancher/rke2/agent/containerd)
 *     ~/.local/share/containerd                a user's rootless one
 */
import type { BytePath } from '../../model/bytes.ts';
import { bytePath, joinPath, pathText } from '../../model/bytes.ts';
import { isWeighError } from '../../model/errors.ts';
import type { Problem } from '../../model/finding.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import { openContainerd } from './open-containerd.ts';
import { isContainerdRoot } from './open-root.ts';
import type { ContainerdStore } from './records.ts';

const CONFIG = bytePath('/etc/containerd/config.toml');
const MAX_CONFIG = 1024 * 1024;
const ROOTS = [
  '/var/lib/containerd',
  '/var/lib/rancher/k3s/agent/containerd',
  '/var/lib/rancher/rke2/agent/containerd',
];
/** The top-level `root`; a table's is another thing. */
const ROOT_LINE = /^\s*root\s*=\s*(?:"([^"\\]*)"|'([^']*)')\s*(?:#.*)?$/;

/** A namespace of a containerd root that a Docker store already speaks for. */
export interface Claimed {
  readonly root: BytePath;
  readonly namespace: string;
}

export interface FoundContainerd {
  readonly stores: readonly ContainerdStore[];
  readonly problems: readonly Problem[];
}

/** `below`: a path of the host that is looked at. `homes`: its users' home directories. */
export function findContainerd(
  host: Host,
  below: (path: BytePath) => BytePath,
  homes: readonly BytePath[],
  claimed: readonly Claimed[],
): FoundContainerd {
  const configured = configuredRoot(host, below);
  const places = [
    ...(configured === null ? [] : [configured]),
    ...ROOTS.map(bytePath),
    ...homes.map((home) => joinPath(home, '.local/share/containerd')),
  ];
  const stores = new Map<string, ContainerdStore>();
  const problems: Problem[] = [];
  for (const place of places) {
    const root = below(place);
    if (!isContainerdRoot(host, root)) {
      noteDenied(host, root, problems);
      continue;
    }
    try {
      for (const store of openContainerd(host, { root })) {
        const isClaimed = claimed.some(
          (one) => one.root === store.root && one.namespace === store.namespace.name,
        );
        if (!isClaimed && !stores.has(store.name)) stores.set(store.name, store);
      }
    } catch (error) {
      if (!isWeighError(error)) throw error;
      const kind = error.code === 'UNREADABLE' ? 'unreadable' : 'missing-directory';
      problems.push({ kind, subject: pathText(root), message: error.message });
    }
  }
  return { stores: [...stores.values()], problems };
}

/** A root that this user may not look into is no root that is not there. */
function noteDenied(host: Host, root: BytePath, problems: Problem[]): void {
  const there = host.fs.lstat(root);
  if (isFailure(there) || there.kind !== 'directory') return;
  const entries = host.fs.readDirectory(root);
  if (!isFailure(entries) || (entries.errno !== 'EACCES' && entries.errno !== 'EPERM')) return;
  const message = `cannot read ${pathText(root)}: permission denied (uid ${host.facts.uid})`;
  problems.push({ kind: 'unreadable', subject: pathText(root), message });
}

function configuredRoot(host: Host, below: (path: BytePath) => BytePath): BytePath | null {
  const bytes = host.fs.readFile(below(CONFIG), MAX_CONFIG);
  if (isFailure(bytes)) return null;
  for (const line of bytes.toString('utf8').split('\n')) {
    if (/^\s*\[/.test(line)) return null;
    const match = ROOT_LINE.exec(line);
    const root = match?.[1] ?? match?.[2];
    if (root?.startsWith('/') === true) return bytePath(root);
  }
  return null;
}
