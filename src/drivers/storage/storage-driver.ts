import type { Host } from '../../host/host.ts';
import type { Differ, WalkOptions } from '../../host/walker.ts';
import type { BytePath } from '../../model/bytes.ts';
import type { DriverId } from '../../model/ids.ts';
import type { DiffSize } from '../driver.ts';

/** A layer of containers/storage, as its graph driver is asked for it. */
export interface StorageQuestion {
  readonly id: DriverId;
  /** The recorded parent; null for a base. */
  readonly parent: DriverId | null;
  /** The root that keeps its record. */
  readonly home: BytePath;
  /** The root that keeps its parent's record. */
  readonly parentHome: BytePath;
}

/** What a graph driver of containers/storage works with. */
export interface StorageDriverContext {
  readonly host: Host;
  /** The graph root. */
  readonly root: BytePath;
  /** Roots that hold layers, the graph root first: the image store and further image stores after it. */
  readonly homes: readonly BytePath[];
  /** overlay: mounted by a program in user space. */
  readonly mountProgram: boolean;
  /** overlay: the kernel's own overlays can be compared by their own directories. */
  readonly nativeDiff: boolean;
  /** overlay: which layers are walked as they are (storage 1.48 and older, 1.50 and newer). */
  readonly overlayDiff: 'native-if-usable' | 'native-if-parent';
  /** The library's differ. */
  readonly differ: Differ;
}

/** One graph driver of containers/storage. */
export interface StorageDriver {
  /** A layer's own directory. */
  layerDirectory(question: StorageQuestion): BytePath;
  /** The driver's DiffSize(layer, its parent). */
  diffSize(question: StorageQuestion, options?: WalkOptions): Promise<DiffSize>;
}

/** The walk's and the comparison's sources, which the engines of Docker share in wording but not in place. */
const SOURCES: Readonly<Record<string, string>> = {
  'directory.Size': 'storage 1.43-1.62: pkg/directory directory_unix.go Usage',
  ChangesSize: 'storage 1.43-1.62: pkg/archive changes.go ChangesSize',
};

/** The same figure, its steps naming where containers/storage has the rule. */
export function asStorage(diff: DiffSize): DiffSize {
  const steps = diff.steps.map((step) =>
    step.source.startsWith('moby')
      ? { ...step, source: SOURCES[step.rule] ?? 'storage 1.43-1.62: drivers/fsdiff.go DiffSize' }
      : step,
  );
  return { ...diff, steps };
}
