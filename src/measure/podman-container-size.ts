import type { DiffSize, SizePath } from '../drivers/driver.ts';
import { isFailure } from '../host/host.ts';
import type { DirectoryTally, WalkOptions } from '../host/walker.ts';
import { joinPath, pathText } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import type { Bound, Problem } from '../model/finding.ts';
import { isDriverId } from '../model/ids.ts';
import type { Step } from '../model/step.ts';
import type { StoredContainer, StoredLayer } from '../stores/containers-storage/records.ts';
import { bigDataFileName } from '../formats/containers-storage.ts';
import { joinSums, podmanImageSize } from './podman-image-size.ts';
import type { PodmanSum } from './podman-image-size.ts';
import type { PodmanScope } from './podman-scope.ts';

/** A number of the engine, or why it has none. */
export interface PodmanFigure {
  /** `error`: the engine answers with an error; `unknown`: we cannot know what it answers. */
  readonly outcome: 'size' | 'error' | 'unknown';
  /** null unless the outcome is `size`. */
  readonly bytes: number | null;
  readonly bound?: Bound;
  /** Those with bytes sum to `bytes`. */
  readonly steps: readonly Step[];
  readonly problems: readonly Problem[];
  readonly reason?: string;
}

/** What Podman answers for one container. */
export interface PodmanContainerSize {
  readonly sizeRw: PodmanFigure;
  readonly sizeRootFs: PodmanFigure;
  readonly path: SizePath | 'none';
  /** The driver's answer for the RW layer, where it was asked. */
  readonly diff?: DiffSize;
}

const CONTAINER_SIZE = 'storage 1.48-1.62: store.go ContainerSize';

function failed(outcome: 'error' | 'unknown', problem: Problem, steps: readonly Step[] = []): PodmanFigure {
  return { outcome, bytes: null, steps, problems: [problem], reason: problem.message };
}

function figureOf(sum: PodmanSum): PodmanFigure {
  return { outcome: 'size', ...sum };
}

function ofDiff(diff: DiffSize): PodmanFigure {
  const { steps, problems, reason } = diff;
  const outcome = diff.outcome === 'engine-fails' ? 'error' : diff.outcome;
  return {
    outcome,
    bytes: diff.bytes,
    ...(diff.bound === undefined ? {} : { bound: diff.bound }),
    steps,
    problems,
    ...(reason === undefined ? {} : { reason }),
  };
}

/** A plain sum of figures; the first that has no number leaves none. */
function joinFigures(figures: readonly PodmanFigure[]): PodmanFigure {
  const steps = figures.flatMap((figure) => figure.steps);
  const problems = figures.flatMap((figure) => figure.problems);
  const without = figures.find((figure) => figure.outcome !== 'size');
  if (without !== undefined) {
    const { outcome, reason } = without;
    return { outcome, bytes: null, steps, problems, ...(reason === undefined ? {} : { reason }) };
  }
  return figureOf(
    joinSums(
      figures.map(({ bytes, bound, ...rest }) => ({
        ...rest,
        bytes: bytes ?? 0,
        ...(bound === undefined ? {} : { bound }),
      })),
    ),
  );
}

/** One `userdata` directory by the library's walk; one that is not there is made by the engine, and empty. */
function ofTally(tally: DirectoryTally, directory: BytePath, name: string): PodmanFigure {
  const { failure } = tally;
  const step = { rule: 'directory.Size', subject: pathText(directory), source: CONTAINER_SIZE };
  if (failure === undefined) {
    const text = `${pathText(directory)}: configuration, log and the like`;
    return figureOf({
      bytes: tally.countedBytes,
      steps: [{ ...step, bytes: tally.countedBytes, text }],
      problems: [],
    });
  }
  if (failure.errno === 'ENOENT' && failure.path === directory)
    return figureOf({
      bytes: 0,
      steps: [{ ...step, bytes: 0, text: `${pathText(directory)} is not there` }],
      problems: [],
    });
  const ours = failure.errno === 'EACCES' || failure.errno === 'EPERM';
  const message = `${pathText(failure.path)} cannot be walked (${failure.errno})`;
  return failed(ours ? 'unknown' : 'error', {
    kind: ours ? 'unreadable' : 'engine-fails',
    subject: name,
    message,
  });
}

async function userData(
  scope: PodmanScope,
  container: StoredContainer,
  options: WalkOptions,
): Promise<PodmanFigure> {
  const { store, context } = scope;
  const name = nameOf(container);
  if (!isDriverId(container.id))
    return failed('unknown', {
      kind: 'damaged-record',
      subject: name,
      message: 'its ID is no name of a directory',
    });
  const homes = [store.root, ...(store.runRoot === null ? [] : [store.runRoot])];
  const figures: PodmanFigure[] = [];
  for (const home of homes) {
    const directory = joinPath(home, `${store.driver}-containers`, container.id, 'userdata');
    const tally = await context.host.walker.directorySize(directory, {
      ...options,
      differ: scope.rules.differ,
    });
    figures.push(ofTally(tally, directory, name));
  }
  if (store.runRoot === null) figures.push(noRunRoot(name));
  return joinFigures(figures);
}

/** What does not outlive a restart lies elsewhere: gone after one, but not known of a store whose engine may be running. */
function noRunRoot(name: string): PodmanFigure {
  const message =
    'the run root is not known (runroot=PATH tells it): what its directory there holds is missing';
  const problem: Problem = { kind: 'assumed', subject: name, message };
  return figureOf({ bytes: 0, bound: 'at-least', steps: [], problems: [problem] });
}

function containerData(scope: PodmanScope, container: StoredContainer): PodmanFigure {
  const { store, context } = scope;
  const figures = container.bigDataNames.map((key): PodmanFigure => {
    const step = {
      rule: 'BigDataSize',
      subject: key,
      source: 'storage 1.43-1.62: containers.go BigDataSize',
    };
    const directory = joinPath(store.root, `${store.driver}-containers`, container.id);
    const stat = context.host.fs.lstat(
      joinPath(directory, Buffer.from(bigDataFileName(key)).toString('latin1')),
    );
    const bytes = container.bigDataSizes.get(key) ?? (isFailure(stat) ? null : stat.apparentBytes);
    if (bytes !== null)
      return figureOf({ bytes, steps: [{ ...step, bytes, text: `data item ${key}` }], problems: [] });
    const message = `the size of its data item ${key} is not known`;
    return failed('error', { kind: 'engine-fails', subject: nameOf(container), message });
  });
  return joinFigures(figures);
}

/** The engine's name of a container; Podman gives it one. */
export function nameOf(container: StoredContainer): string {
  return container.names[0] ?? container.id;
}

/** Its image's layers, each measured anew: Podman 4.5 and older. */
async function imageLayersAnew(
  scope: PodmanScope,
  rw: StoredLayer,
  options: WalkOptions,
): Promise<PodmanFigure> {
  const { layerById } = scope.store.records();
  const source = 'podman 4.3-4.5: libpod/container_internal.go rootFsSize';
  const figures: PodmanFigure[] = [];
  const seen = new Set<string>();
  for (let id = rw.parent; id !== '' || figures.length === 0;) {
    const layer = layerById.get(id);
    if (layer === undefined || seen.has(id)) {
      const message =
        id === '' ? 'it has no image layer, which this version fails on' : `the layer ${id} has no record`;
      return failed('error', { kind: 'engine-fails', subject: rw.id, message });
    }
    seen.add(id);
    const diff = await scope.diffSize(layer, options);
    const step: Step = {
      rule: 'DiffSize',
      subject: id,
      bytes: diff.bytes ?? 0,
      text: `layer ${id.slice(0, 12)}, measured anew`,
      source,
    };
    figures.push({ ...ofDiff(diff), steps: diff.bytes === null ? [] : [step] });
    id = layer.parent;
  }
  return joinFigures(figures);
}

async function rootFs(
  scope: PodmanScope,
  container: StoredContainer,
  parts: { readonly rw: StoredLayer; readonly sizeRw: PodmanFigure },
  options: WalkOptions,
): Promise<PodmanFigure> {
  if (scope.rules.rootFsSize === 'image-layers') return await imageLayersAnew(scope, parts.rw, options);
  const own: Step[] = [];
  const source = 'podman 4.6-5.8: libpod/container_internal.go rootFsSize';
  if (parts.sizeRw.bytes !== null)
    own.push({ rule: 'ContainerSize', subject: 'sizeRw', bytes: parts.sizeRw.bytes, text: 'sizeRw', source });
  const rwPart = { ...parts.sizeRw, steps: own };
  if (container.imageId === '') return rwPart;
  const image = scope.store.records().images.find(({ id }) => id === container.imageId);
  if (image === undefined) {
    const message = `its image ${container.imageId.slice(0, 12)} has no record`;
    return failed('error', { kind: 'engine-fails', subject: nameOf(container), message });
  }
  return joinFigures([figureOf(podmanImageSize(scope, image)), rwPart]);
}

/** What Podman answers for a container of this store. `rootfs`: it stands on a directory of its own, not on an image. */
export async function podmanContainerSize(
  scope: PodmanScope,
  container: StoredContainer,
  rootfs: string,
  options: WalkOptions = {},
): Promise<PodmanContainerSize> {
  const name = nameOf(container);
  if (rootfs !== '') {
    const message = `it stands on a directory outside of the store (${rootfs}), which is not followed`;
    const sizeRw = failed('unknown', { kind: 'unsupported-driver', subject: name, message });
    return { sizeRw, sizeRootFs: figureOf({ bytes: 0, steps: [], problems: [] }), path: 'none' };
  }
  const rw = scope.store.records().layerById.get(container.layerId);
  if (rw === undefined) {
    const figure = failed('error', {
      kind: 'missing-record',
      subject: name,
      message: `its layer ${container.layerId} has no record`,
    });
    return { sizeRw: figure, sizeRootFs: figure, path: 'none' };
  }
  const diff = await scope.diffSize(rw, options);
  const parts = [ofDiff(diff)];
  if (scope.rules.rwSize === 'layer-and-data')
    parts.push(containerData(scope, container), await userData(scope, container, options));
  const sizeRw = joinFigures(parts);
  const sizeRootFs = await rootFs(scope, container, { rw, sizeRw }, options);
  return { sizeRw, sizeRootFs, path: diff.path, diff };
}
