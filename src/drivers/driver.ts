import type { BytePath } from '../model/bytes.ts';
import type { Bound, Problem } from '../model/finding.ts';
import type { DriverId } from '../model/ids.ts';
import type { Step } from '../model/step.ts';
import type { Host } from '../host/host.ts';
import type { ChangesTally, DirectoryTally, WalkOptions } from '../host/walker.ts';

/** The graph drivers of Docker 20.10 to 29, by the names of their directories. */
export type DriverName =
  | 'overlay2'
  | 'fuse-overlayfs'
  | 'vfs'
  | 'btrfs'
  | 'zfs'
  | 'overlay'
  | 'aufs'
  | 'devicemapper'
  | 'windowsfilter';

/** What a graph driver works with. */
export interface DriverContext {
  /** The outside world. */
  readonly host: Host;
  /** The engine's root, e.g. `/var/lib/docker`; drivers keep their area below it. */
  readonly root: BytePath;
  /** Whether the engine's overlay2 uses its native diff (engines.md 1.6, useNaiveDiff): decided once, at the daemon's start. */
  readonly nativeDiff: boolean;
}

/** How a number was made: the code path's name as reports show it. */
export type SizePath = 'native' | 'naive';

/** An engine's DiffSize(id, parent), reproduced. */
export interface DiffSize {
  /** `size`: the engine answers `bytes`. `engine-fails`: it answers -1, `reason` says why. `unknown`: we cannot know what it answers. */
  readonly outcome: 'size' | 'engine-fails' | 'unknown';
  /** null unless outcome is `size`. */
  readonly bytes: number | null;
  /** Absent: the number is exact. */
  readonly bound?: Bound;
  /** Which of its two ways the driver took. */
  readonly path: SizePath;
  /** Decisions and sums in the engine's order; the steps with bytes sum to `bytes`. */
  readonly steps: readonly Step[];
  /** Why the engine fails, or why it is unknown: a clause for a person. */
  readonly reason?: string;
  /** What went wrong on the way. */
  readonly problems: readonly Problem[];
  /** The layer's own directory, where there is one to compare with `du`. */
  readonly directory?: BytePath;
  /** What the walk saw, where the way was native. */
  readonly native?: DirectoryTally;
  /** What the comparison saw, where the way was naive. */
  readonly naive?: ChangesTally;
}

/** One graph driver's area on disk. */
export interface GraphDriver {
  /** As the engine calls it. */
  readonly name: DriverName;
  /** Directory of one layer's own content (overlay2: `<home>/<id>/diff`; vfs: the whole tree). */
  layerDirectory(id: DriverId): BytePath;
  /** The engine's DiffSize. `parent` null: no parent, compared with nothing. */
  diffSize(id: DriverId, parent: DriverId | null, options?: WalkOptions): Promise<DiffSize>;
  /** IDs that have a directory in the driver's area, for finding what no record names. */
  ids(): readonly DriverId[];
}

/** Makes a graph driver. Touches nothing on disk. */
export type DriverFactory = (context: DriverContext) => GraphDriver;
