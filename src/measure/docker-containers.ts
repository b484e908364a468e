import { isFailure } from '../host/host.ts';
import { joinPath } from '../model/bytes.ts';
import type { Problem } from '../model/finding.ts';
import type { ContainerRow } from '../model/reports.ts';
import type { ContainerRecord } from '../stores/docker/records.ts';
import { layerSizeInScope } from './container-size.ts';
import type { ContainerLayerSize } from './container-size.ts';
import type { MeasureContext } from './context.ts';
import { checkInterrupted } from './context.ts';
import type { FindingList } from './findings.ts';
import { isLoaded, isOfDriver } from './layer-chain.ts';
import type { MeterProgress } from './meter.ts';
import { compareRows } from './order.ts';
import type { ScopedContainer } from './resolve-name.ts';
import type { StoreScope } from './scope.ts';
import { noteStoreProblems } from './store-problems.ts';

/** One container with its size and everything known about how it came about. */
export interface MeasuredContainer {
  readonly scope: StoreScope;
  readonly record: ContainerRecord;
  readonly row: ContainerRow;
  readonly size: ContainerLayerSize;
}

/** The container records of a store that were made with its graph driver; a finding tells of the others. */
export function ownContainers(
  scope: StoreScope,
  findings: FindingList,
  listPointer: string,
): readonly ContainerRecord[] {
  const { records, problems } = scope.store.containers();
  noteStoreProblems(findings, problems, listPointer);
  const own = records.filter((record) => isOfDriver(record, scope.store.driver, scope.rules));
  const others = new Map<string, number>();
  for (const { driver } of records.filter((record) => !own.includes(record))) {
    others.set(driver, (others.get(driver) ?? 0) + 1);
  }
  for (const [driver, count] of others) {
    findings.note({
      kind: 'hidden-store',
      subject: scope.store.name,
      message: `${count === 1 ? '1 container was' : `${count} containers were`} made with ${driver === '' ? 'no named driver' : driver}, which an engine on ${scope.store.driver} does not load`,
    });
  }
  return own;
}

/**
 * Measures containers one after the other (each walk uses all threads) and answers them in the order of reports. One that was removed in the
 * meantime is left out, as the engine would leave it out by now.
 */
export async function measureAll(
  context: MeasureContext,
  chosen: readonly ScopedContainer[],
  findings: FindingList,
): Promise<readonly MeasuredContainer[]> {
  const measured: MeasuredContainer[] = [];
  const total = chosen.length;
  for (const [done, container] of chosen.entries()) {
    const one = await measureContainer(context, container, findings, { done, total });
    if (one !== undefined) measured.push(one);
  }
  return measured.sort((a, b) => compareRows(a.row, b.row));
}

/** Measures one container. Undefined when it was removed in the meantime. */
export async function measureContainer(
  context: MeasureContext,
  { scope, record }: ScopedContainer,
  findings: FindingList,
  place: MeterProgress,
): Promise<MeasuredContainer | undefined> {
  checkInterrupted(context.signal);
  const snapshot = scope.store.layers();
  const report = context.onProgress;
  const onProgress = report && ((entries: number) => report({ what: record.name, ...place, entries }));
  onProgress?.(0);
  const size = await layerSizeInScope(scope, snapshot, record.id, {
    signal: context.signal,
    onProgress,
    imageName: record.imageName,
  });
  if (size.mountRecord === 'present' && mountRecordIsGone(context, scope, record)) {
    findings.note({
      kind: 'changed-while-reading',
      subject: record.name,
      message: 'it was removed while it was measured, and is left out',
    });
    return undefined;
  }
  const listed = isLoaded(record, snapshot, scope.store.driver, scope.rules);
  return { scope, record, size, row: containerRow(scope, record, size, listed) };
}

function mountRecordIsGone(context: MeasureContext, scope: StoreScope, record: ContainerRecord): boolean {
  const { root, driver } = scope.store;
  const mounts = joinPath(root, 'image', driver, 'layerdb/mounts', record.id);
  const stat = context.host.fs.lstat(mounts);
  return isFailure(stat) && stat.errno === 'ENOENT';
}

function containerRow(
  scope: StoreScope,
  record: ContainerRecord,
  size: ContainerLayerSize,
  listed: boolean,
): ContainerRow {
  const answer = listed ? engineAnswer(size) : 'not listed';
  return {
    store: scope.store.name,
    id: record.id,
    name: record.name,
    image: record.imageName,
    imageId: record.imageId,
    state: record.state,
    created: record.created,
    sizeRw: !listed || size.sizeRw === -1 ? null : size.sizeRw,
    sizeRootFs: listed ? size.sizeRootFs : null,
    path: size.path,
    ...(answer === undefined ? {} : { engineAnswer: answer }),
  };
}

function engineAnswer(size: ContainerLayerSize): -1 | 'unknown' | undefined {
  if (size.sizeRw === -1) return -1;
  return size.sizeRw === null ? 'unknown' : undefined;
}

/** Puts a container's problems into the findings, with the numbers at `pointer` that they touch. */
export function addContainerFindings(
  findings: FindingList,
  { row, size }: MeasuredContainer,
  pointer: string,
): void {
  if (row.engineAnswer === 'not listed') {
    const problem: Problem = {
      kind: 'not-listed',
      subject: row.name,
      message: `its mount record is gone: an engine leaves it out of every list after its next start, and its size cannot be told`,
    };
    findings.affect(problem, `${pointer}/sizeRw`, 'unknown');
    findings.affect(problem, `${pointer}/sizeRootFs`, 'unknown');
    return;
  }
  const problems = problemsOf(row.name, size);
  if (row.engineAnswer === -1) findings.affectAll(problems, `${pointer}/sizeRw`, 'unknown');
  for (const field of ['sizeRw', 'sizeRootFs'] as const) {
    const bound = size.bounds[field];
    if (bound !== undefined) findings.affectAll(problems, `${pointer}/${field}`, bound);
  }
  findings.notes(problems);
}

/** What kept a container's size from being exact: never empty where it is not. */
export function problemsOf(subject: string, size: ContainerLayerSize): readonly Problem[] {
  if (size.problems.length > 0) return size.problems;
  if (size.sizeRw === -1) return [{ kind: 'engine-fails', subject, message: reasonOf(size) }];
  if (size.bounds.sizeRw === undefined) return [];
  return [{ kind: 'unreadable', subject, message: reasonOf(size) }];
}

function reasonOf(size: ContainerLayerSize): string {
  return size.reason ?? 'not all that its size depends on could be read';
}
