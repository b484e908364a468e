import { isFailure } from '../../host/host.ts';
import { joinPath } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import type { ContainerRow } from '../../model/reports.ts';
import type { Step } from '../../model/step.ts';
import type { ContainerRecord } from '../../stores/docker/records.ts';
import { checkInterrupted } from '../context.ts';
import type { FindingList } from '../findings.ts';
import type { MeterProgress, MeterRow } from '../meter.ts';
import { chainUsage } from '../snapshot-usage.ts';
import type { ChainUsage, SnapshotUsage } from '../snapshot-usage.ts';
import { isLoaded } from './scope.ts';
import type { ContainerdScope } from './scope.ts';

/** One container with its sizes and how they came about. */
export interface MeasuredContainer extends MeterRow<ContainerRow> {
  readonly record: ContainerRecord;
  readonly rw: SnapshotUsage;
  readonly below: ChainUsage;
}

const GET_SIZE = 'moby 24-29: daemon/containerd/service.go GetContainerLayerSize';

/**
 * GetContainerLayerSize of moby 24-29 (daemon/containerd/service.go): the usage of the container's snapshot now, and that of all snapshots below it, its
 * init layer included. A chain that ends early is summed as far as it goes.
 */
export async function measureContainer(
  scope: ContainerdScope,
  record: ContainerRecord,
  findings: FindingList,
  place: MeterProgress,
): Promise<MeasuredContainer | undefined> {
  const { context } = scope;
  checkInterrupted(context.signal);
  const report = context.onProgress;
  const onProgress = report && ((entries: number) => report({ what: record.name, ...place, entries }));
  onProgress?.(0);
  const snapshots = scope.snapshots();
  const rw = await scope.usage(record.id, { signal: context.signal, onProgress });
  checkInterrupted(context.signal);
  if (rw.outcome === 'engine-fails' && isGone(scope, record)) {
    const message = 'it was removed while it was measured, and is left out';
    findings.note({ kind: 'changed-while-reading', subject: record.name, message });
    return undefined;
  }
  const below = chainUsage(snapshots, snapshots.byKey.get(record.id)?.parent ?? '');
  return measured(scope, record, rw, below);
}

/** Whether the container has left the store since it was read. */
function isGone({ context, store }: ContainerdScope, { id }: ContainerRecord): boolean {
  const stat = context.host.fs.lstat(joinPath(store.root, 'containers', id));
  return isFailure(stat) && stat.errno === 'ENOENT';
}

function measured(
  scope: ContainerdScope,
  record: ContainerRecord,
  rw: SnapshotUsage,
  below: ChainUsage,
): MeasuredContainer {
  const listed = isLoaded(scope, record) || !scope.snapshots().known;
  const { bytes } = rw;
  const row: ContainerRow = {
    store: scope.store.name,
    id: record.id,
    name: record.name,
    image: record.imageName,
    imageId: record.imageId,
    state: record.state,
    created: record.created,
    sizeRw: listed ? bytes : null,
    sizeRootFs: listed && bytes !== null ? bytes + below.bytes : null,
    path: 'snapshot',
    ...answerOf(listed, rw),
  };
  return {
    record,
    row,
    rw,
    below,
    addFindings: (findings, pointer) => addFindings(findings, pointer, row, rw, below),
  };
}

function answerOf(listed: boolean, rw: SnapshotUsage): Pick<ContainerRow, 'engineAnswer'> {
  if (!listed) return { engineAnswer: 'not listed' };
  if (rw.outcome === 'size') return {};
  return { engineAnswer: rw.outcome === 'unknown' ? 'unknown' : 'error' };
}

function addFindings(
  findings: FindingList,
  pointer: string,
  row: ContainerRow,
  rw: SnapshotUsage,
  below: ChainUsage,
): void {
  if (row.sizeRw === null) {
    for (const problem of reasonsOf(row, rw)) {
      findings.affect(problem, `${pointer}/sizeRw`, 'unknown');
      findings.affect(problem, `${pointer}/sizeRootFs`, 'unknown');
    }
    return;
  }
  for (const problem of rw.problems) findings.affect(problem, `${pointer}/sizeRw`, 'at-least');
  for (const problem of rw.problems) findings.affect(problem, `${pointer}/sizeRootFs`, 'at-least');
  if (below.broken === undefined) return;
  const problem = brokenChain(row.name, below.broken);
  if (below.broken.outcome === 'unknown') findings.affect(problem, `${pointer}/sizeRootFs`, 'at-least');
  else findings.note(problem);
}

/** Why a container has no size: never empty. */
export function reasonsOf(row: ContainerRow, rw: SnapshotUsage): readonly Problem[] {
  const subject = row.name;
  if (row.engineAnswer === 'not listed') {
    const message =
      'its snapshot or its lease is gone: an engine leaves it out of every list after its next start, and its size cannot be told';
    return [{ kind: 'not-listed', subject, message }];
  }
  if (row.engineAnswer === 'unknown' && rw.problems.length > 0) return rw.problems;
  const message = `the engine answers with an error to every list of containers with sizes: ${rw.reason ?? 'its snapshot has no size'}`;
  return [{ kind: 'engine-fails', subject, message }];
}

function brokenChain(subject: string, broken: SnapshotUsage): Problem {
  if (broken.outcome === 'unknown') {
    return broken.problems[0] ?? { kind: 'unreadable', subject, message: broken.reason ?? '' };
  }
  const message = `${broken.reason ?? 'a snapshot below it is not there'}: the engine sums up what is above`;
  return { kind: 'missing-record', subject, message };
}

/** The steps of sizeRootFs. */
export function rootFsSteps({ below, record, rw }: MeasuredContainer): readonly Step[] {
  const parts = below.parts.map(({ key, bytes }): Step => ({
    rule: 'Usage',
    subject: key,
    bytes,
    text: key === `${record.id}-init` ? 'its init layer' : 'a snapshot below it',
    source: 'moby 24-29: daemon/containerd/image_snapshot.go calculateSnapshotParentUsage',
  }));
  const own: Step =
    rw.bytes === null
      ? { rule: 'GetContainerLayerSize', subject: 'sizeRw', text: 'sizeRw has no size', source: GET_SIZE }
      : {
          rule: 'GetContainerLayerSize',
          subject: 'sizeRw',
          bytes: rw.bytes,
          text: 'sizeRw',
          source: GET_SIZE,
        };
  return [own, ...parts];
}
