import type { Bound, Problem } from '../model/finding.ts';
import type {
  ContainerRow,
  DfStore,
  ExplainReport,
  HostReport,
  ImageRow,
  RulesUsed,
} from '../model/reports.ts';
import type { ExplainedFigure } from '../model/step.ts';
import type { AnyStore } from '../stores/any-store.ts';
import type { OpenedStore } from '../stores/opened-store.ts';
import type { MeasureContext } from './context.ts';
import type { FindingList } from './findings.ts';

/** A row of a list with what keeps its numbers from being exact. The list knows where the row comes to stand; the meter does not. */
export interface MeterRow<R> {
  readonly row: R;
  /** Puts the row's problems into the findings of a report in which the row stands at `pointer`. */
  readonly addFindings: (findings: FindingList, pointer: string) => void;
}

/** Where one container of several stands, for progress. */
export interface MeterProgress {
  /** Containers measured before this one, of `total`. */
  readonly done: number;
  readonly total: number;
}

/** A container before it is measured. */
export interface MeterContainer {
  /** As the engine names it; full. */
  readonly id: string;
  readonly name: string;
  /** Measures it. Undefined when it was removed in the meantime; that is then noted in `findings`. */
  measure(findings: FindingList, progress: MeterProgress): Promise<MeterRow<ContainerRow> | undefined>;
  /** `weigh explain` of it. */
  explain(): Promise<ExplainReport>;
}

/** An image. Listing one walks nothing. */
export interface MeterImage {
  readonly row: MeterRow<ImageRow>;
  /** `weigh explain` of it. */
  explain(): Promise<ExplainReport>;
}

/** The images of one store. */
export interface MeterImages {
  /** Every image, hidden ones included. */
  readonly all: readonly MeterImage[];
  /** Those that the engine lists without being asked for all. */
  readonly listed: readonly MeterImage[];
  /** The images that a word on the command line names, as the engine's own `images WORD` takes it. May throw AMBIGUOUS. */
  matching(word: string): readonly MeterImage[];
  /** The one image that the engine takes a word for. May throw AMBIGUOUS. */
  find(word: string): MeterImage | undefined;
  /** Names to suggest when nothing is found. */
  readonly names: readonly string[];
}

/** One store at a glance, for the host's report. */
export interface MeterOverview {
  readonly store: HostReport['stores'][number];
  /** The parts of a group sum to the group's column of `store`. */
  readonly owners: HostReport['owners'];
}

/**
 * One opened store with the rules it is measured by: what every command asks of a store, whatever its kind. The commands (`containers.ts`,
 * `images.ts`, `df.ts`, `explain.ts`, `host-overview.ts`) choose by name, sort, and number the rows; a meter answers for its own store only.
 *
 * To plug in a further kind of store: write its `StoreMeter`, and add the store's `kind` to `openMeter` below, by dynamic import, so
 * that no command loads what it does not need. `docker-meter.ts` is the model.
 *
 * Problems of a whole list are put at the list's pointer (`noteStoreProblems`), problems of a row by `MeterRow.addFindings`. Every row's `store` is
 * `store.name`.
 */
export interface StoreMeter {
  readonly store: OpenedStore;
  readonly used: RulesUsed;
  /** The containers of the store; what went wrong with their records goes to `listPointer`. */
  containers(findings: FindingList, listPointer: string): readonly MeterContainer[];
  /** The container that the engine takes a word for. Undefined: none. May throw AMBIGUOUS. */
  findContainer(containers: readonly MeterContainer[], word: string): MeterContainer | undefined;
  /** The images of the store; what went wrong with their records goes to `listPointer`. */
  images(findings: FindingList, listPointer: string): MeterImages;
  /** `system df` of the store, which stands at `pointer` in the report. `disk`: also walk what would go (`exactReclaimableDisk`). */
  df(findings: FindingList, pointer: string, disk: boolean): Promise<DfStore>;
  /** The figures of `explain df`; the store's first one stands at `/figures/<first>`. */
  explainDf(findings: FindingList, first: number): Promise<readonly ExplainedFigure[]>;
  /** The store in the host's report, where it stands at `pointer` (`/stores/0`). */
  overview(findings: FindingList, pointer: string): Promise<MeterOverview>;
}

/** The meters of all stores, in the order of the stores' names. Engines are asked at the same time. */
export async function openMeters(context: MeasureContext): Promise<readonly StoreMeter[]> {
  const ordered = [...context.stores].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return Promise.all(ordered.map((store) => openMeter(context, store)));
}

/**
 * Opens the meter of one store.
 *
 * @throws WeighError USAGE when `context.engineVersion` is no version.
 */
export async function openMeter(context: MeasureContext, store: AnyStore): Promise<StoreMeter> {
  if (store.kind === 'podman') return (await import('./podman-meter.ts')).openPodmanMeter(context, store);
  if (store.kind === 'containerd') {
    return (await import('./containerd/meter.ts')).openContainerdMeter(context, store);
  }
  if (store.kind === 'docker-containerd') {
    return (await import('./docker-containerd/meter.ts')).openDockerContainerdMeter(context, store);
  }
  return (await import('./docker-meter.ts')).openDockerMeter(context, store);
}

/** A problem that makes fields of a row bounds. */
export interface RowEffect<R> {
  readonly problem: Problem;
  readonly field: keyof R & string;
  readonly bound: Bound;
}

/** A row whose problems are all known beforehand. `notes` touch no number. */
export function meterRow<R>(
  row: R,
  effects: readonly RowEffect<R>[],
  notes: readonly Problem[] = [],
): MeterRow<R> {
  const addFindings = (findings: FindingList, pointer: string): void => {
    for (const { problem, field, bound } of effects) findings.affect(problem, `${pointer}/${field}`, bound);
    findings.notes(notes);
  };
  return { row, addFindings };
}
