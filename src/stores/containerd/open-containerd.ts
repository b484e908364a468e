import type { BytePath } from '../../model/bytes.ts';
import { pathText } from '../../model/bytes.ts';
import { WeighError } from '../../model/errors.ts';
import type { Host } from '../../host/host.ts';
import { openContainerdRoot } from './open-root.ts';
import type { ContainerdRoot, ContainerdStore, Namespace } from './records.ts';

const DEFAULT_SNAPSHOTTER = 'overlayfs';

/** Which of a containerd's namespaces to open. */
export interface OpenContainerd {
  readonly root: BytePath;
  /** Absent: each that holds anything. */
  readonly namespace?: string | undefined;
  /** Absent: the one with most of the namespace's snapshots. */
  readonly snapshotter?: string | undefined;
}

/**
 * The stores of a containerd root, one a namespace: to its clients a namespace is a store of its own, though several may share blobs on disk.
 *
 * @throws WeighError when there is no such root or namespace, or its names cannot be read.
 */
export function openContainerd(host: Host, options: OpenContainerd): readonly ContainerdStore[] {
  const opened = openContainerdRoot(host, options.root);
  const { namespaces, root } = opened;
  if (options.namespace === undefined) {
    const filled = [...namespaces.keys()].filter((name) => holdsAnything(opened, name));
    return filled.map((name) => storeOf(opened, name, options.snapshotter));
  }
  if (!namespaces.has(options.namespace)) {
    const there = [...namespaces.keys()].join(', ') || 'none';
    throw new WeighError('NOT_FOUND', `${pathText(root)} has no namespace ${options.namespace}`, {
      hint: `Namespaces there: ${there}.`,
    });
  }
  return [storeOf(opened, options.namespace, options.snapshotter)];
}

function holdsAnything({ namespaces }: ContainerdRoot, name: string): boolean {
  const namespace = namespaces.get(name);
  if (namespace === undefined) return false;
  const { images, containers, blobs, snapshots } = namespace;
  // A Docker engine on a graph driver keeps its containers' tasks here, and nothing of their files.
  const rooted = [...containers.values()].some(({ snapshotKey }) => snapshotKey !== '');
  return rooted || images.size + blobs.size + snapshots.size > 0;
}

function storeOf(opened: ContainerdRoot, name: string, snapshotter: string | undefined): ContainerdStore {
  const namespace = opened.namespace(name);
  if (namespace === undefined) throw new WeighError('INTERNAL', `namespace ${name} is gone`);
  const driver = snapshotter ?? busiest(namespace);
  return {
    kind: 'containerd',
    root: opened.root,
    driver,
    // As it is written after --store.
    name: `containerd:${pathText(opened.root)},namespace=${name}#${driver}`,
    namespace,
    hidden: namespace.snapshotters
      .filter((other) => other !== driver)
      .map((other) => ({
        driver: other,
        path: namespace.snapshots(other).root,
        why: `snapshots of namespace ${name} in another snapshotter`,
      })),
    problems: namespace.problems,
  };
}

function busiest(namespace: Namespace): string {
  let best = DEFAULT_SNAPSHOTTER;
  let most = 0;
  for (const name of namespace.snapshotters) {
    const { size } = namespace.snapshots(name).byKey;
    if (size > most) {
      best = name;
      most = size;
    }
  }
  return best;
}
