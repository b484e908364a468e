import type { DriverFactory, DriverName } from '../drivers/driver.ts';
import type { Host } from '../host/host.ts';
import { WeighError } from '../model/errors.ts';
import type { Problem } from '../model/finding.ts';
import type { AnyStore } from '../stores/any-store.ts';

/** How far a measurement is. */
export interface Progress {
  /** What is being walked, as text: a container's name, a volume's name. */
  readonly what: string;
  /** Objects finished, of `total`. */
  readonly done: number;
  /** Objects to measure in all. */
  readonly total: number;
  /** Directory entries seen in the present object. */
  readonly entries: number;
}

/** What every measurement needs: the outside world, the stores, and what the stores alone cannot tell. */
export interface MeasureContext {
  /** The outside world: `createHost()`. */
  readonly host: Host;
  /** The stores to measure: `findStores(host)`. */
  readonly stores: readonly AnyStore[];
  /** What was met while the stores were looked for (`discoverStores`); the host's report tells it. */
  readonly problems?: readonly Problem[] | undefined;
  /** `--engine-version`: overrides what the engine or the store says. */
  readonly engineVersion?: string | undefined;
  /** `--native-diff`: whether the engine's overlay2 uses its native diff. Absent is `auto`. */
  readonly nativeDiff?: 'auto' | 'on' | 'off' | undefined;
  /** Whether the engine of a store may be asked on its local socket (200 ms at most). */
  readonly askEngine: boolean;
  /** Ends the measurement with a WeighError INTERRUPTED. */
  readonly signal?: AbortSignal | undefined;
  /** Called when an object is begun, and while it is walked at most ten times a second. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Graph drivers other than the built-in ones; for tests. */
  readonly driverFor?: ((name: DriverName) => DriverFactory) | undefined;
}

/** @throws WeighError INTERRUPTED once the signal is aborted. */
export function checkInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new WeighError('INTERRUPTED', 'interrupted', { cause: signal.reason });
}
