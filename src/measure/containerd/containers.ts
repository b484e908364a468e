import type { MetaContainer } from '../../formats/containerd-meta.ts';
import type { Problem } from '../../model/finding.ts';
import type { ContainerRow } from '../../model/reports.ts';
import { checkInterrupted } from '../context.ts';
import type { FindingList } from '../findings.ts';
import type { MeterProgress, MeterRow } from '../meter.ts';
import { chainUsage, usageOf } from '../snapshot-usage.ts';
import type { ChainUsage, SnapshotUsage } from '../snapshot-usage.ts';
import type { NamespaceScope } from './scope.ts';

/** One container of a namespace with its sizes and how they came about. */
export interface MeasuredContainer extends MeterRow<ContainerRow> {
  readonly record: MetaContainer;
  readonly rw: SnapshotUsage;
  readonly below: ChainUsage;
}

/** Labels by which clients name their containers, the first that is there. */
const NAMES = ['nerdctl/name', 'io.kubernetes.container.name'];

export function nameOf({ id, labels }: MetaContainer): string {
  for (const label of NAMES) {
    const name = labels.get(label);
    if (name !== undefined && name !== '') return name;
  }
  return id;
}

/**
 * A container's snapshot now, and that with all snapshots below it, as nerdctl ps -s shows them. Whether its task runs is in the memory of containerd's
 * shims: the store does not say.
 */
export async function measureContainer(
  scope: NamespaceScope,
  record: MetaContainer,
  place: MeterProgress,
): Promise<MeasuredContainer> {
  const { context, store } = scope;
  checkInterrupted(context.signal);
  const name = nameOf(record);
  const report = context.onProgress;
  const onProgress = report && ((entries: number) => report({ what: name, ...place, entries }));
  onProgress?.(0);
  const snapshots = store.namespace.snapshots(record.snapshotter);
  const rw =
    record.snapshotKey === ''
      ? withoutSnapshot(name)
      : await usageOf(context.host, snapshots, record.snapshotKey, { signal: context.signal, onProgress });
  checkInterrupted(context.signal);
  const below = chainUsage(snapshots, snapshots.byKey.get(record.snapshotKey)?.parent ?? '');
  const row = rowOf(scope, record, rw, below);
  return {
    record,
    row,
    rw,
    below,
    addFindings: (findings, pointer) => addFindings(findings, pointer, row, rw, below),
  };
}

function withoutSnapshot(name: string): SnapshotUsage {
  const reason = `container ${name} has no snapshot: its root is elsewhere`;
  return { outcome: 'not-found', bytes: null, steps: [], problems: [], reason };
}

function rowOf(
  { store }: NamespaceScope,
  record: MetaContainer,
  rw: SnapshotUsage,
  below: ChainUsage,
): ContainerRow {
  const { bytes, outcome } = rw;
  return {
    store: store.name,
    id: record.id,
    name: nameOf(record),
    image: record.image,
    imageId: store.namespace.images.get(record.image)?.target.digest ?? null,
    state: 'unknown',
    created: record.createdAt,
    sizeRw: bytes,
    sizeRootFs: bytes === null ? null : bytes + below.bytes,
    path: 'snapshot',
    ...(outcome === 'size' ? {} : { engineAnswer: outcome === 'unknown' ? 'unknown' : 'error' }),
  };
}

function addFindings(
  findings: FindingList,
  pointer: string,
  row: ContainerRow,
  rw: SnapshotUsage,
  below: ChainUsage,
): void {
  const bound = row.sizeRw === null ? 'unknown' : 'at-least';
  for (const problem of reasonsOf(row, rw)) {
    findings.affect(problem, `${pointer}/sizeRw`, bound);
    findings.affect(problem, `${pointer}/sizeRootFs`, bound);
  }
  if (below.broken === undefined || row.sizeRw === null) return;
  const message = `${below.broken.reason ?? 'a snapshot below it is not there'}: the sum ends there`;
  findings.affect(
    { kind: 'missing-record', subject: row.name, message },
    `${pointer}/sizeRootFs`,
    'at-least',
  );
}

/** What keeps a container's size from being exact; empty where nothing does. */
export function reasonsOf({ name, sizeRw }: ContainerRow, rw: SnapshotUsage): readonly Problem[] {
  if (rw.problems.length > 0 || sizeRw !== null) return rw.problems;
  const message = `containerd answers with an error: ${rw.reason ?? 'its snapshot has no size'}`;
  return [{ kind: 'engine-fails', subject: name, message }];
}
