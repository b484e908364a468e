import type { Problem } from '../model/finding.ts';
import type { ContainerRow } from '../model/reports.ts';
import type { StoredContainer } from '../stores/containers-storage/records.ts';
import { checkInterrupted } from './context.ts';
import type { FindingList } from './findings.ts';
import type { MeterProgress } from './meter.ts';
import { nameOf, podmanContainerSize } from './podman-container-size.ts';
import type { PodmanContainerSize, PodmanFigure } from './podman-container-size.ts';
import type { PodmanScope } from './podman-scope.ts';
import { noteStoreProblems } from './store-problems.ts';

/** A container that the engine lists. */
export interface ListedContainer {
  readonly record: StoredContainer;
  readonly name: string;
  readonly state: string;
  readonly image: string;
  readonly imageId: string;
  readonly created: string | null;
  /** '' for a container that stands on an image. */
  readonly rootfs: string;
  readonly volumeNames: readonly string[];
}

/** A listed container with its sizes. */
export interface MeasuredPodmanContainer {
  readonly container: ListedContainer;
  readonly size: PodmanContainerSize;
  readonly row: ContainerRow;
}

/** What CRI-O and Buildah note of a container: `{"image-name", "name", "pod-name"}`. */
function metadataOf(record: StoredContainer): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(record.metadata);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

function textIn(metadata: Readonly<Record<string, unknown>>, key: string): string {
  const value = metadata[key];
  return typeof value === 'string' ? value : '';
}

function withoutDatabase(record: StoredContainer): ListedContainer {
  const metadata = metadataOf(record);
  return {
    record,
    name: nameOf(record),
    state: 'unknown',
    image: textIn(metadata, 'image-name'),
    imageId: record.imageId,
    created: record.created,
    rootfs: '',
    volumeNames: [],
  };
}

/** A container of Podman's database that has no storage of its own is one that stands on a directory. */
const NO_RECORD: Omit<StoredContainer, 'id' | 'names'> = {
  imageId: '',
  layerId: '',
  metadata: '',
  created: null,
  bigDataNames: [],
  bigDataSizes: new Map(),
  volatile: false,
};

/** The containers that Podman lists: those of its database. Without one, those of the storage library: CRI-O's or Buildah's. */
export function listedContainers(scope: PodmanScope): readonly ListedContainer[] {
  const { containers: records } = scope.store.records();
  const libpod = scope.store.libpod();
  if (libpod.database === 'none') return records.map(withoutDatabase);
  const byId = new Map(records.map((record) => [record.id, record]));
  return libpod.containers.map((container) => ({
    record: byId.get(container.id) ?? { ...NO_RECORD, id: container.id, names: [container.name] },
    name: container.name,
    state: container.state,
    image: container.imageName,
    imageId: container.imageId,
    created: container.created,
    rootfs: container.rootfs,
    volumeNames: container.volumeNames,
  }));
}

/** Adds what went wrong with the records behind the containers, and a word about those that Podman does not list. */
export function noteContainerProblems(scope: PodmanScope, findings: FindingList, pointer: string): void {
  const { store } = scope;
  const records = store.records();
  const libpod = store.libpod();
  noteStoreProblems(findings, [...scope.assumed, ...records.problems, ...libpod.problems], pointer);
  if (libpod.database === 'none') return;
  const own = new Set(libpod.containers.map(({ id }) => id));
  const others = records.containers.filter(({ id }) => !own.has(id)).length;
  if (others === 0) return;
  const message = `${others === 1 ? '1 container' : `${others} containers`} of another engine (Buildah, CRI-O), which podman lists only with --external`;
  findings.note({ kind: 'not-listed', subject: store.name, message });
}

/** Walks one container. Undefined when it was removed in the meantime. */
export async function measurePodmanContainer(
  scope: PodmanScope,
  container: ListedContainer,
  findings: FindingList,
  { done, total }: MeterProgress,
): Promise<MeasuredPodmanContainer | undefined> {
  const { context, store } = scope;
  checkInterrupted(context.signal);
  const { name, record } = container;
  const report = context.onProgress;
  const onProgress = report && ((entries: number) => report({ what: name, done, total, entries }));
  report?.({ what: name, done, total, entries: 0 });
  const size = await podmanContainerSize(scope, record, container.rootfs, {
    signal: context.signal,
    onProgress,
  });
  checkInterrupted(context.signal);
  if (size.sizeRw.outcome === 'error' && record.layerId !== '' && !store.stillHas(record.id)) {
    const message = 'it was removed while it was measured, and is left out';
    findings.note({ kind: 'changed-while-reading', subject: name, message });
    return undefined;
  }
  return { container, size, row: rowOf(scope, container, size) };
}

function rowOf(scope: PodmanScope, container: ListedContainer, size: PodmanContainerSize): ContainerRow {
  const { outcome } = size.sizeRw;
  const { imageId } = container;
  return {
    store: scope.store.name,
    id: container.record.id,
    name: container.name,
    image: container.image,
    imageId: imageId === '' ? null : `sha256:${imageId}`,
    state: container.state,
    created: container.created,
    sizeRw: size.sizeRw.bytes,
    sizeRootFs: size.sizeRootFs.bytes,
    path: size.path,
    ...(outcome === 'size' ? {} : { engineAnswer: outcome }),
  };
}

/** What makes a figure less than exact: never empty where it is. */
export function problemsOfFigure(subject: string, figure: PodmanFigure): readonly Problem[] {
  if (figure.problems.length > 0) return figure.problems;
  if (figure.outcome === 'size' && figure.bound === undefined) return [];
  return [
    {
      kind: 'unreadable',
      subject,
      message: figure.reason ?? 'not all that its size depends on could be read',
    },
  ];
}

/** Puts a container's problems into the findings, with the numbers at `pointer` that they touch. */
export function addPodmanContainerFindings(
  findings: FindingList,
  { row, size }: MeasuredPodmanContainer,
  pointer: string,
): void {
  for (const field of ['sizeRw', 'sizeRootFs'] as const) {
    const figure = size[field];
    const problems = problemsOfFigure(row.name, figure);
    if (figure.outcome !== 'size') findings.affectAll(problems, `${pointer}/${field}`, 'unknown');
    else if (figure.bound !== undefined) findings.affectAll(problems, `${pointer}/${field}`, figure.bound);
    else findings.notes(problems);
  }
}
