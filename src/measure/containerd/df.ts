import { joinPath } from '../../model/bytes.ts';
import { isDigest } from '../../model/ids.ts';
import { isFailure } from '../../host/host.ts';
import type { DfGroup, DfStore } from '../../model/reports.ts';
import { reachable, snapshotName } from '../../stores/containerd/reachable.ts';
import type { Problem } from '../../model/finding.ts';
import type { FindingList } from '../findings.ts';
import { compareRows } from '../order.ts';
import { recordedUsage } from '../snapshot-usage.ts';
import { noteStoreProblems } from '../store-problems.ts';
import { measureContainer } from './containers.ts';
import type { MeasuredContainer } from './containers.ts';
import { listImages } from './images.ts';
import type { NamespaceScope } from './scope.ts';

/** A named part of a sum. */
export interface Part {
  readonly name: string;
  readonly bytes: number;
}

/** What a namespace holds: its blobs, the snapshots that are no container's, and its containers. */
export interface MeasuredNamespace {
  readonly blobs: readonly Part[];
  readonly snapshots: readonly Part[];
  readonly containers: readonly MeasuredContainer[];
  /** Of blobs and snapshots, what the garbage collector would take if every image without a container were removed. */
  readonly going: readonly Part[];
  readonly problems: readonly Problem[];
}

const NOTHING: DfGroup = {
  count: 0,
  active: 0,
  size: 0,
  reclaimable: 0,
  exactReclaimable: 0,
  exactReclaimableDisk: 0,
};

const sum = (parts: readonly Part[]): number => parts.reduce((total, { bytes }) => total + bytes, 0);

/** Reads a namespace and walks its containers. */
export async function measureNamespace(scope: NamespaceScope): Promise<MeasuredNamespace> {
  const { namespace } = scope.store;
  const containers: MeasuredContainer[] = [];
  const total = namespace.containers.size;
  for (const record of namespace.containers.values()) {
    containers.push(await measureContainer(scope, record, { done: containers.length, total }));
  }
  containers.sort((a, b) => compareRows(a.row, b.row));
  const problems: Problem[] = [];
  const snapshots = namespace.snapshotters.flatMap((name) => layerSnapshots(scope, name, problems));
  const blobs = [...namespace.content.blobs].map(([name, { size }]) => ({ name, bytes: size }));
  return { blobs, snapshots, containers, going: goingParts(scope, blobs, snapshots), problems };
}

/** Committed snapshots and views; active ones are containers' or of something at work. */
function layerSnapshots(scope: NamespaceScope, name: string, problems: Problem[]): readonly Part[] {
  const snapshots = scope.store.namespace.snapshots(name);
  problems.push(...snapshots.problems);
  return [...snapshots.byKey.keys()].flatMap((key) => {
    const bytes = recordedUsage(snapshots, key)?.bytes ?? null;
    return bytes === null ? [] : [{ name: snapshotName(name, key), bytes }];
  });
}

function goingParts(
  { store }: NamespaceScope,
  blobs: readonly Part[],
  snapshots: readonly Part[],
): readonly Part[] {
  const { namespace } = store;
  const used = new Set([...namespace.containers.values()].map(({ image }) => image));
  const kept = reachable(
    namespace,
    [...namespace.images.values()].filter(({ name }) => used.has(name)),
  );
  return [
    ...blobs.filter(({ name }) => !kept.blobs.has(name)),
    ...snapshots.filter(({ name }) => !kept.snapshots.has(name)),
  ];
}

/**
 * The namespace by the lines of `system df`. containerd's clients print no such thing: sizes are what the content store and the snapshotters record, and
 * what can go is what its garbage collector would take.
 */
export async function measureDf(
  scope: NamespaceScope,
  findings: FindingList,
  pointer: string,
  disk: boolean,
): Promise<DfStore> {
  const measured = await measureNamespace(scope);
  const { store } = scope;
  noteStoreProblems(findings, store.problems, `${pointer}/details/images`);
  const images = listImages(scope).map(({ row }) => row);
  for (const field of ['layersSize', 'images/size', 'images/reclaimable', 'images/exactReclaimable']) {
    findings.affectAll(measured.problems, `${pointer}/${field}`, 'at-least');
  }
  measured.containers.forEach(({ addFindings, row, rw }, index) => {
    addFindings(findings, `${pointer}/details/containers/${index}`);
    if (row.engineAnswer === undefined && rw.problems.length === 0) return;
    findings.affectAll(rw.problems, `${pointer}/containers/size`, 'at-least');
  });
  const going = sum(measured.going);
  const size = sum(measured.blobs) + sum(measured.snapshots);
  const rows = measured.containers.map(({ row }) => row);
  return {
    store: store.name,
    driver: store.driver,
    engineVersion: scope.used.engineVersion,
    layersSize: size,
    images: {
      count: images.length,
      active: images.filter(({ containers }) => containers > 0).length,
      size,
      reclaimable: going,
      exactReclaimable: going,
      exactReclaimableDisk: disk ? await diskOf(scope, measured.going) : null,
    },
    containers: {
      count: rows.length,
      active: 0,
      size: rows.reduce((total, { sizeRw }) => total + (sizeRw ?? 0), 0),
      reclaimable: 0,
      exactReclaimable: 0,
      exactReclaimableDisk: 0,
    },
    volumes: NOTHING,
    buildCache: NOTHING,
    differences: [],
    details: { images: images.sort(compareRows), containers: rows, volumes: [], buildCache: [] },
  };
}

/** Allocated bytes; null where a part is no directory or file of this root. */
async function diskOf({ context, store }: NamespaceScope, parts: readonly Part[]): Promise<number | null> {
  let bytes = 0;
  for (const { name } of parts) {
    if (isDigest(name)) {
      const path = joinPath(store.root, 'io.containerd.content.v1.content/blobs/sha256', name.slice(7));
      const stat = context.host.fs.lstat(path);
      if (isFailure(stat) && stat.errno !== 'ENOENT') return null;
      bytes += isFailure(stat) ? 0 : stat.diskBytes;
      continue;
    }
    const slash = name.indexOf('/');
    const snapshots = store.namespace.snapshots(name.slice(0, slash));
    const backend = snapshots.byKey.get(name.slice(slash + 1))?.backend;
    if (backend === undefined || backend === null) return null;
    const directory = joinPath(snapshots.root, 'snapshots', String(backend.id));
    const tally = await context.host.walker.directorySize(directory, { signal: context.signal });
    if (tally.failure !== undefined && tally.failure.errno !== 'ENOENT') return null;
    bytes += tally.diskBytes;
  }
  return bytes;
}
