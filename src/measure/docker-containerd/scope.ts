import type { Host } from '../../host/host.ts';
import type { WalkOptions } from '../../host/walker.ts';
import { WeighError } from '../../model/errors.ts';
import type { RulesUsed } from '../../model/reports.ts';
import { Documents } from '../../stores/containerd/image-tree.ts';
import type { DockerContainerdStore, Snapshots } from '../../stores/containerd/records.ts';
import type { ContainerRecord } from '../../stores/docker/records.ts';
import { askEngine } from '../ask-engine.ts';
import type { MeasureContext } from '../context.ts';
import { chooseEngineVersion, parseEngineVersion, rulesFor } from '../engine-rules.ts';
import type { EngineRules } from '../engine-rules.ts';
import { usageOf } from '../snapshot-usage.ts';
import type { SnapshotUsage } from '../snapshot-usage.ts';
import { versionShownBy } from '../store-version.ts';
import { imageStoreRules } from './rules.ts';
import type { ImageStoreRules } from './rules.ts';

/** A Docker store on containerd with the rules it is measured by. */
export interface ContainerdScope {
  readonly context: MeasureContext;
  readonly store: DockerContainerdStore;
  readonly rules: EngineRules;
  readonly imageRules: ImageStoreRules;
  readonly used: RulesUsed;
  readonly documents: Documents;
  readonly snapshots: () => Snapshots;
  /** The usage of a snapshot, measured once however often it is asked for. */
  readonly usage: (key: string, options: WalkOptions) => Promise<SnapshotUsage>;
}

/**
 * Chooses the rules for one store.
 *
 * @throws WeighError USAGE when `context.engineVersion` is no version.
 */
export async function openContainerdScope(
  context: MeasureContext,
  store: DockerContainerdStore,
): Promise<ContainerdScope> {
  const { host } = context;
  const answer = context.askEngine ? await askEngine(host, store, context.signal) : undefined;
  const told = context.engineVersion !== undefined || answer !== undefined;
  const version = chooseEngineVersion({
    option: context.engineVersion,
    engineAnswer: answer?.version,
    store: { driver: store.driver, shows: told ? null : versionShownBy(host, store) },
  });
  refuseOld(version.engineVersion);
  return {
    context,
    store,
    rules: rulesFor(version.engineVersion),
    imageRules: imageStoreRules(version.engineVersion),
    used: {
      store: store.name,
      driver: store.driver,
      ...version,
      nativeDiff: null,
      nativeDiffFrom: 'driver',
    },
    documents: new Documents(store.namespace.content),
    snapshots: store.snapshots,
    usage: usagesOnce(context.host, store.snapshots),
  };
}

/** Oldest engine whose image list is known here: before, it had one entry a platform. */
const OLDEST = 26;

function refuseOld(version: string): void {
  const parsed = parseEngineVersion(version);
  if (parsed === null || parsed.major >= OLDEST) return;
  throw new WeighError(
    'UNSUPPORTED',
    `what Docker ${version} tells of images that containerd keeps is not known`,
    {
      hint: `Docker ${OLDEST} and later is: --engine-version ${OLDEST}.1.`,
    },
  );
}

function usagesOnce(host: Host, snapshots: () => Snapshots): ContainerdScope['usage'] {
  const known = new Map<string, Promise<SnapshotUsage>>();
  return (key, options) => {
    const usage = known.get(key) ?? usageOf(host, snapshots(), key, options);
    known.set(key, usage);
    return usage;
  };
}

/** Whether the engine loads a container: its snapshot and its lease are there (moby 26-29: daemon/containerd/image_snapshot.go GetLayerByID). */
export function isLoaded({ store }: ContainerdScope, { id }: ContainerRecord): boolean {
  return store.snapshots().byKey.has(id) && store.namespace.leases.has(id);
}

/** The containers that the engine knows. */
export function loadedContainers(scope: ContainerdScope): readonly ContainerRecord[] {
  return scope.store.containers().records.filter((record) => isLoaded(scope, record));
}
