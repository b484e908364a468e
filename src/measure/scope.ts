import type { DriverContext, GraphDriver } from '../drivers/driver.ts';
import type { RulesUsed } from '../model/reports.ts';
import type { DockerStore } from '../stores/docker/records.ts';
import { askEngine } from './ask-engine.ts';
import type { MeasureContext } from './context.ts';
import { chooseEngineVersion, rulesFor } from './engine-rules.ts';
import type { EngineRules } from './engine-rules.ts';
import { chooseNativeDiff } from './native-diff.ts';
import { versionShownBy } from './store-version.ts';

/** One store with the rules it is measured by. */
export interface StoreScope {
  readonly store: DockerStore;
  readonly rules: EngineRules;
  readonly used: RulesUsed;
  /** The graph driver, loaded on first use: listing images needs none. */
  readonly driver: () => Promise<GraphDriver>;
}

/**
 * Chooses the rules for one store.
 *
 * @throws WeighError USAGE when `context.engineVersion` is no version.
 */
export async function openScope(context: MeasureContext, store: DockerStore): Promise<StoreScope> {
  const { host } = context;
  const answer = context.askEngine ? await askEngine(host, store, context.signal) : undefined;
  const told = context.engineVersion !== undefined || answer !== undefined;
  const version = chooseEngineVersion({
    option: context.engineVersion,
    engineAnswer: answer?.version,
    store: { driver: store.driver, shows: told ? null : versionShownBy(host, store) },
  });
  const rules = rulesFor(version.engineVersion);
  const diff = chooseNativeDiff({
    host,
    store,
    rules,
    option: context.nativeDiff,
    engineAnswer: answer?.nativeDiff,
  });
  const used: RulesUsed = { store: store.name, driver: store.driver, ...version, ...diff };
  return { store, rules, used, driver: lazyDriver(context, store, diff.nativeDiff ?? false) };
}

function lazyDriver(
  context: MeasureContext,
  store: DockerStore,
  nativeDiff: boolean,
): () => Promise<GraphDriver> {
  const load = async (): Promise<GraphDriver> => {
    const driverFor = context.driverFor ?? (await import('../drivers/drivers.ts')).driverFor;
    const driverContext: DriverContext = { host: context.host, root: store.root, nativeDiff };
    return driverFor(store.driver)(driverContext);
  };
  let driver: Promise<GraphDriver> | undefined;
  return () => (driver ??= load());
}
