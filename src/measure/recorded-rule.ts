import type { DriverName } from '../drivers/driver.ts';
import type { HistoryEntry, ImageRecord, Layer } from '../stores/docker/records.ts';
import type { StoreScope } from './scope.ts';

/** How the store came to the size that it recorded for a layer, as far as its records tell. */
export interface RecordedRule {
  /** `null`: the records leave it open. */
  readonly rule: 'overlay2-walk' | 'header-sum' | 'buildkit' | null;
  readonly text: string;
  readonly source: string;
}

const HEADER_SUM_DRIVERS: ReadonlySet<DriverName> = new Set<DriverName>([
  'vfs',
  'btrfs',
  'zfs',
  'overlay',
  'devicemapper',
]);

const HEADER_SUM: RecordedRule = {
  rule: 'header-sum',
  text: 'the sum of its tar headers',
  source: 'moby 20.10-29: pkg/archive/diff.go UnpackLayer',
};
const WALK: RecordedRule = {
  rule: 'overlay2-walk',
  text: 'a walk of its directory after unpacking',
  source: 'moby 20.10-29: daemon/graphdriver/overlay2/overlay.go ApplyDiff',
};
const BUILDKIT: RecordedRule = {
  rule: 'buildkit',
  text: 'the sum of its tar headers, by BuildKit',
  source: 'moby 20.10-29: layer/migration.go ChecksumForGraphID',
};
const OPEN: RecordedRule = {
  rule: null,
  text: 'by BuildKit from tar headers, or by a walk if it was pulled or loaded',
  source: 'moby 20.10-29: builder/builder-next/adapters/snapshot/layer.go EnsureLayer',
};

/**
 * The rule behind a layer's `size` file. Drivers with the naive differ record the sum of the tar headers; overlay2 records a walk, unless the layer was
 * made by BuildKit on this host. Which of the two came first is not written down: a layer with a known compressed digest was probably pulled.
 */
export function recordedRule(
  scope: StoreScope,
  layer: Layer,
  history: HistoryEntry | undefined,
): RecordedRule {
  const { store, used } = scope;
  if (HEADER_SUM_DRIVERS.has(store.driver)) return HEADER_SUM;
  if (history?.comment.startsWith('buildkit') === true) {
    return store.blobsOf(layer.diffId).length === 0 ? BUILDKIT : OPEN;
  }
  if (used.nativeDiff === false && store.driver === 'overlay2') return HEADER_SUM;
  return WALK;
}

/** The history entry of each layer, base first; undefined where the history is shorter than the layers. */
export function layerHistory(image: ImageRecord): readonly (HistoryEntry | undefined)[] {
  const made = image.history.filter((entry) => !entry.emptyLayer);
  return image.diffIds.map((_, index) => made[index]);
}
