import type { DiffSize } from '../drivers/driver.ts';
import type { StorageDriver, StorageQuestion } from '../drivers/storage/storage-driver.ts';
import { isFailure } from '../host/host.ts';
import type { Host } from '../host/host.ts';
import type { WalkOptions } from '../host/walker.ts';
import { bytePath, joinPath } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import type { Problem } from '../model/finding.ts';
import { isDriverId } from '../model/ids.ts';
import type { RulesUsed } from '../model/reports.ts';
import type { PodmanStore, StoredLayer } from '../stores/containers-storage/records.ts';
import type { MeasureContext } from './context.ts';
import { checkInterrupted } from './context.ts';
import { imageLayers } from './podman-layers.ts';
import { choosePodmanVersion, podmanRules } from './podman-rules.ts';
import type { PodmanRules } from './podman-rules.ts';
import { askPodman, podmanVersionShown } from './podman-version.ts';

/** One store of containers/storage with the rules it is measured by. */
export interface PodmanScope {
  readonly context: MeasureContext;
  readonly store: PodmanStore;
  readonly rules: PodmanRules;
  readonly used: RulesUsed;
  /** The driver's DiffSize of a layer against its recorded parent. Walks. */
  readonly diffSize: (layer: StoredLayer, options?: WalkOptions) => Promise<DiffSize>;
  /** A layer's own directory; null for a layer whose ID is no name of one. */
  readonly layerDirectory: (layer: StoredLayer) => BytePath | null;
  /** Image layers without a recorded size, measured as the engine does each time it is asked: by layer ID. */
  readonly measured: ReadonlyMap<string, DiffSize>;
  /** What was assumed. */
  readonly assumed: readonly Problem[];
}

const REDIRECT_PARAMETER = bytePath('/sys/module/overlay/parameters/redirect_dir');

/** The library keeps its answer for this boot (drivers/overlay/overlay.go useNaiveDiff); null: not kept, or for other mount options. */
function keptNativeDiff(host: Host, store: PodmanStore): boolean | null {
  if (store.runRoot === null) return null;
  const entries = host.fs.readDirectory(joinPath(store.runRoot, 'overlay'));
  if (isFailure(entries)) return null;
  const answers = entries.flatMap(({ name }) => {
    const match = /^native-diff\((.*)\)-(true|false)$/s.exec(name);
    return match === null ? [] : [{ options: match[1] ?? '', usable: match[2] === 'true' }];
  });
  const own = bytePath(store.mountOptions);
  const fitting = answers.filter(({ options }) => options === own);
  const [only, ...others] = fitting.length > 0 ? fitting : answers;
  return only === undefined || others.some(({ usable }) => usable !== only.usable) ? null : only.usable;
}

/** The library's trial (drivers/overlay/check.go doesSupportNativeDiff), from this host's facts: redirected renames are what fails it. */
function trialWouldPass(host: Host, store: PodmanStore): boolean {
  if (/(?:^|,)(?:metacopy|redirect_dir)=on(?:,|$)/.test(store.mountOptions)) return false;
  const parameter = host.fs.readFile(REDIRECT_PARAMETER, 4096);
  return isFailure(parameter) || parameter.toString('latin1').trim() !== 'Y';
}

function chooseNativeDiff(
  context: MeasureContext,
  store: PodmanStore,
  rules: PodmanRules,
): Pick<RulesUsed, 'nativeDiff' | 'nativeDiffFrom'> {
  if (store.driver !== 'overlay' || store.mountProgram || rules.overlayDiff === 'native-if-parent')
    return { nativeDiff: null, nativeDiffFrom: 'driver' };
  const { nativeDiff: option, host } = context;
  if (option === 'on' || option === 'off') return { nativeDiff: option === 'on', nativeDiffFrom: 'option' };
  const kept = keptNativeDiff(host, store);
  if (kept !== null) return { nativeDiff: kept, nativeDiffFrom: 'engine' };
  return { nativeDiff: trialWouldPass(host, store), nativeDiffFrom: 'host' };
}

type Drivers = () => Promise<StorageDriver | null>;

function lazyDriver(
  context: MeasureContext,
  store: PodmanStore,
  rules: PodmanRules,
  nativeDiff: boolean,
): Drivers {
  const { host } = context;
  const load = async (): Promise<StorageDriver | null> => {
    if (store.driver === 'aufs') return null;
    const { storageDriverFor } = await import('../drivers/storage/drivers.ts');
    const homes = [
      store.root,
      ...(store.imageStore === null ? [] : [store.imageStore]),
      ...store.additionalStores,
    ];
    const { root, mountProgram } = store;
    const { overlayDiff, differ } = rules;
    return storageDriverFor(store.driver, {
      host,
      root,
      homes,
      mountProgram,
      nativeDiff,
      overlayDiff,
      differ,
    });
  };
  let driver: Promise<StorageDriver | null> | undefined;
  return () => (driver ??= load());
}

/** Null where an ID of the records is no name of a directory. */
function questionOf(store: PodmanStore, layer: StoredLayer): StorageQuestion | null {
  const { id, parent, home } = layer;
  if (!isDriverId(id) || (parent !== '' && !isDriverId(parent))) return null;
  const parentHome = store.records().layerById.get(parent)?.home ?? home;
  return { id, parent: isDriverId(parent) ? parent : null, home, parentHome };
}

function noAnswer(layer: StoredLayer, reason: string): DiffSize {
  const problems: readonly Problem[] = [{ kind: 'unsupported-driver', subject: layer.id, message: reason }];
  return { outcome: 'unknown', bytes: null, path: 'naive', steps: [], reason, problems };
}

function mappingsDiffer(store: PodmanStore, layer: StoredLayer): boolean {
  const parent = store.records().layerById.get(layer.parent);
  return parent !== undefined && parent.idMapped !== layer.idMapped;
}

async function diffSizeBy(
  store: PodmanStore,
  driver: Drivers,
  layer: StoredLayer,
  options: WalkOptions | undefined,
): Promise<DiffSize> {
  const question = questionOf(store, layer);
  const found = await driver();
  if (question === null || found === null)
    return noAnswer(layer, `the layer cannot be read as one of ${store.driver}`);
  const diff = await found.diffSize(question, options);
  if (diff.path === 'naive' && mappingsDiffer(store, layer))
    return noAnswer(
      layer,
      'its ID mappings are not those of its parent: their files cannot be compared here',
    );
  return diff;
}

/** Layers whose size no record tells, so that the engine measures them: of images, and all with -1 where `df` counts every layer. */
function layersToMeasure(store: PodmanStore, rules: PodmanRules): readonly StoredLayer[] {
  const { images, layerById, layers } = store.records();
  const layersOfImages = new Set(images.flatMap((image) => imageLayers(layerById, image).layers));
  return layers.filter(
    (layer) =>
      (layersOfImages.has(layer) && (layer.diffDigest === '' || layer.diffSize === -1)) ||
      (rules.imagesSize === 'all-layers' && layer.diffSize === -1),
  );
}

function assumedVersion(
  store: PodmanStore,
  used: Pick<RulesUsed, 'engineVersion' | 'engineVersionFrom'>,
): readonly Problem[] {
  if (used.engineVersionFrom !== 'store' || used.engineVersion !== '4.3') return [];
  const message =
    'its records are those of Podman 4.3 and 4.4 alike; 4.3 is taken (--engine-version 4.4 for the other)';
  return [{ kind: 'assumed', subject: store.name, message }];
}

/**
 * Chooses the rules for one store, and measures those image layers whose size is not recorded.
 *
 * @throws WeighError USAGE when `context.engineVersion` is no version; INTERRUPTED when the signal is aborted.
 */
export async function openPodmanScope(context: MeasureContext, store: PodmanStore): Promise<PodmanScope> {
  const { host, signal, engineVersion: option } = context;
  const engineAnswer =
    option === undefined && context.askEngine ? await askPodman(host, store, signal) : undefined;
  const told = option !== undefined || engineAnswer !== undefined;
  const version = choosePodmanVersion({
    option,
    engineAnswer,
    shows: told ? null : podmanVersionShown(store),
  });
  const rules = podmanRules(version.engineVersion);
  const diff = chooseNativeDiff(context, store, rules);
  const driver = lazyDriver(context, store, rules, diff.nativeDiff ?? true);
  const used: RulesUsed = { store: store.name, driver: store.driver, ...version, ...diff };
  const diffSize: PodmanScope['diffSize'] = (layer, options) => diffSizeBy(store, driver, layer, options);
  const measured = new Map<string, DiffSize>();
  for (const layer of layersToMeasure(store, rules)) {
    checkInterrupted(signal);
    measured.set(layer.id, await diffSize(layer, { signal }));
  }
  return {
    context,
    store,
    rules,
    used,
    diffSize,
    layerDirectory: (layer) => directoryOf(store, layer),
    measured,
    assumed: assumedVersion(store, version),
  };
}

const DIRECTORIES: Readonly<Record<string, readonly [string, string]>> = {
  overlay: ['overlay', 'diff'],
  vfs: ['vfs/dir', ''],
  btrfs: ['btrfs/subvolumes', ''],
  zfs: ['zfs/graph', ''],
};

function directoryOf(store: PodmanStore, layer: StoredLayer): BytePath | null {
  const [area, below] = DIRECTORIES[store.driver] ?? ['', ''];
  if (area === '' || !isDriverId(layer.id)) return null;
  return below === '' ? joinPath(layer.home, area, layer.id) : joinPath(layer.home, area, layer.id, below);
}
