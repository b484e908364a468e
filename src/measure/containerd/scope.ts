import type { RulesUsed } from '../../model/reports.ts';
import { Documents } from '../../stores/containerd/image-tree.ts';
import type { ContainerdStore, Snapshots } from '../../stores/containerd/records.ts';
import type { MeasureContext } from '../context.ts';

/** Newest containerd whose rules are known here; those that matter have been the same since 1.5. */
const NEWEST = '2.3';

/** One namespace of a containerd with the rules it is measured by. */
export interface NamespaceScope {
  readonly context: MeasureContext;
  readonly store: ContainerdStore;
  readonly used: RulesUsed;
  readonly documents: Documents;
  /** Of the store's own snapshotter. */
  readonly snapshots: () => Snapshots;
}

export function openNamespaceScope(context: MeasureContext, store: ContainerdStore): NamespaceScope {
  return {
    context,
    store,
    used: {
      store: store.name,
      driver: store.driver,
      engineVersion: NEWEST,
      engineVersionFrom: 'newest',
      nativeDiff: null,
      nativeDiffFrom: 'driver',
    },
    documents: new Documents(store.namespace.content),
    snapshots: () => store.namespace.snapshots(store.driver),
  };
}
