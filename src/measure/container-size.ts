import type { DiffSize, SizePath } from '../drivers/driver.ts';
import type { WalkOptions } from '../host/walker.ts';
import type { Bound, Problem } from '../model/finding.ts';
import type { ChainId, ContainerId, DriverId } from '../model/ids.ts';
import type { Step } from '../model/step.ts';
import type { DockerStore, Layer, LayerStoreSnapshot, RwLayer } from '../stores/docker/records.ts';
import type { MeasureContext } from './context.ts';
import { checkInterrupted } from './context.ts';
import { addBytes, layerChain, sumRecorded, tooLarge } from './layer-chain.ts';
import { openScope } from './scope.ts';
import type { StoreScope } from './scope.ts';

/**
 * An engine's answer to GetContainerLayerSize, with the way it came about. Sizes in bytes as the engine counts them: what the container
 * wrote (`sizeRw`), and that together with the recorded sizes of its image's layers (`sizeRootFs`).
 */
export interface ContainerLayerSize {
  /** -1 where the engine answers -1; null where its answer cannot be known. */
  readonly sizeRw: number | null;
  /** Image layers' recorded sizes plus `sizeRw` (left out when that is -1); 0 for a container without image layers; at least the image
   * when `sizeRw` is unknown. */
  readonly sizeRootFs: number;
  /** Absent: the number is exact. */
  readonly bounds: { readonly sizeRw?: Bound; readonly sizeRootFs?: Bound };
  /** `missing`: the engine knows no RW layer of this container and answers 0 and 0. */
  readonly mountRecord: 'present' | 'missing';
  /** How `sizeRw` was made: the driver's native or naive way, `none` without a mount record, `unsupported` for a driver that cannot be read here. */
  readonly path: SizePath | 'none' | 'unsupported';
  /** Decisions and sums in the engine's order. Those with bytes sum to the number. */
  readonly steps: { readonly sizeRw: readonly Step[]; readonly sizeRootFs: readonly Step[] };
  /** Why a size is -1, 0 for want of a record, or unknown: a clause for a person. */
  readonly reason?: string;
  /** What went wrong on the way. */
  readonly problems: readonly Problem[];
  /** The driver's whole answer, where it was asked. */
  readonly diff?: DiffSize;
}

const GET_RW_LAYER = 'moby 20.10-29: layer/layer_store.go GetRWLayer';
const CACHE_PARENT = 'moby 20.10-29: layer/mounted_layer.go cacheParent';
const GET_SIZE = 'moby 20.10-29: daemon/images/image_unix.go GetContainerLayerSize';

/**
 * The size of one container as the engine's image service answers it, for the container of this full ID.
 *
 * @throws WeighError USAGE when `context.engineVersion` is no version; INTERRUPTED when `context.signal` is aborted.
 */
export async function getContainerLayerSize(
  store: DockerStore,
  containerId: ContainerId,
  context: MeasureContext,
): Promise<ContainerLayerSize> {
  const scope = await openScope(context, store);
  return layerSizeInScope(scope, store.layers(), containerId, { signal: context.signal });
}

/** The same against rules already chosen and a layer store already read. `imageName` is only for the steps' text. */
export async function layerSizeInScope(
  scope: StoreScope,
  snapshot: LayerStoreSnapshot,
  containerId: ContainerId,
  options: WalkOptions & { readonly imageName?: string } = {},
): Promise<ContainerLayerSize> {
  const rwLayer = snapshot.rwLayers.get(containerId);
  if (rwLayer === undefined) return withoutMountRecord(scope, containerId);
  const diffParent = cacheParent(rwLayer, snapshot.layers);
  const driver = await scope.driver();
  const diff = await driver.diffSize(rwLayer.mountId, diffParent, options);
  checkInterrupted(options.signal);
  const chain = layerChain(snapshot.layers, rwLayer.parent);
  const sizes = sizesOf(diff, rwLayer.parent === null ? null : sumRecorded(chain));
  const large = tooLarge(containerId, sizes.sizeRootFs);
  return {
    ...sizes,
    ...(large.length === 0 ? {} : { bounds: { ...sizes.bounds, sizeRootFs: 'at-least' as const } }),
    mountRecord: 'present',
    path: isUnsupported(diff) ? 'unsupported' : diff.path,
    steps: {
      sizeRw: [...lookUpSteps(rwLayer, diffParent), ...diff.steps],
      sizeRootFs: rootFsSteps(rwLayer.parent, chain, diff, options.imageName),
    },
    ...(diff.reason === undefined ? {} : { reason: diff.reason }),
    problems: [...diff.problems, ...large],
    diff,
  };
}

function isUnsupported(diff: DiffSize): boolean {
  return diff.problems.some((problem) => problem.kind === 'unsupported-driver');
}

function withoutMountRecord(scope: StoreScope, containerId: ContainerId): ContainerLayerSize {
  const reason = `no RW layer is recorded for it (image/${scope.store.driver}/layerdb/mounts), so the engine's function answers 0 and 0`;
  const step: Step = {
    rule: 'GetRWLayer',
    subject: containerId,
    bytes: 0,
    text: reason,
    source: GET_RW_LAYER,
  };
  return {
    sizeRw: 0,
    sizeRootFs: 0,
    bounds: {},
    mountRecord: 'missing',
    path: 'none',
    steps: { sizeRw: [step], sizeRootFs: [step] },
    reason,
    problems: [{ kind: 'missing-record', subject: containerId, message: reason }],
  };
}

/** The layer that a container's RW layer is compared with: its init layer, else its image's top layer, else none. */
function cacheParent(rwLayer: RwLayer, layers: ReadonlyMap<ChainId, Layer>): DriverId | null {
  if (rwLayer.initId !== null) return rwLayer.initId;
  return rwLayer.parent === null ? null : (layers.get(rwLayer.parent)?.cacheId ?? null);
}

function sizesOf(
  diff: DiffSize,
  imageBytes: number | null,
): Pick<ContainerLayerSize, 'sizeRw' | 'sizeRootFs' | 'bounds'> {
  if (diff.outcome === 'engine-fails') return { sizeRw: -1, sizeRootFs: imageBytes ?? 0, bounds: {} };
  if (diff.outcome === 'unknown' || diff.bytes === null) {
    if (imageBytes === null) return { sizeRw: null, sizeRootFs: 0, bounds: { sizeRw: 'unknown' } };
    // Whatever the engine answers for sizeRw, -1 included, it never answers less than the image here.
    return { sizeRw: null, sizeRootFs: imageBytes, bounds: { sizeRw: 'unknown', sizeRootFs: 'at-least' } };
  }
  const bounds =
    diff.bound === undefined
      ? {}
      : { sizeRw: diff.bound, ...(imageBytes === null ? {} : { sizeRootFs: diff.bound }) };
  return {
    sizeRw: diff.bytes,
    sizeRootFs: imageBytes === null ? 0 : addBytes(imageBytes, diff.bytes),
    bounds,
  };
}

function lookUpSteps(rwLayer: RwLayer, diffParent: DriverId | null): readonly Step[] {
  const against =
    rwLayer.initId === null ? "the image's top layer" : 'the init layer, made before the container started';
  return [
    {
      rule: 'GetRWLayer',
      subject: rwLayer.containerId,
      text: `the RW layer is mount ${rwLayer.mountId}`,
      source: GET_RW_LAYER,
    },
    {
      rule: 'cacheParent',
      subject: diffParent ?? '',
      text: diffParent === null ? 'it has no parent to compare with' : `compared with ${against}`,
      source: CACHE_PARENT,
    },
  ];
}

function rootFsSteps(
  parent: ChainId | null,
  chain: readonly Layer[],
  diff: DiffSize,
  imageName: string | undefined,
): readonly Step[] {
  if (parent === null) {
    return [
      {
        rule: 'GetContainerLayerSize',
        subject: '',
        bytes: 0,
        text: 'no image layer below it: the engine leaves this number at 0 whatever the container wrote',
        source: GET_SIZE,
      },
    ];
  }
  const layers = chain.length === 1 ? 'the one layer' : `the ${chain.length} layers`;
  const image: Step = {
    rule: 'Parent.Size',
    subject: parent,
    bytes: sumRecorded(chain),
    text: `recorded for ${layers} of ${imageName === undefined || imageName === '' ? 'its image' : imageName}`,
    source: 'moby 20.10-29: layer/ro_layer.go Size',
  };
  return [image, rwStep(diff)];
}

function rwStep(diff: DiffSize): Step {
  const common = { rule: 'GetContainerLayerSize', subject: 'sizeRw', source: GET_SIZE };
  if (diff.outcome === 'size') return { ...common, bytes: diff.bytes ?? 0, text: 'sizeRw' };
  if (diff.outcome === 'engine-fails') {
    return { ...common, text: 'sizeRw is -1, so nothing is added for what the container wrote' };
  }
  return { ...common, text: 'sizeRw could not be measured: the sum is at least this' };
}
