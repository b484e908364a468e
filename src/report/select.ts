import type { Effect, Finding } from '../model/finding.ts';
import type { ContainerRow, ContainersReport, ImageRow, ImagesReport } from '../model/reports.ts';

/** Which rows of a list to keep and in which order. Applied to the report, so that the table and the JSON agree. */
export interface Selection<R> {
  readonly keep: (row: R) => boolean;
  /** Absent: the report's own order. */
  readonly compare?: ((a: R, b: R) => number) | undefined;
  readonly top?: number | undefined;
}

export function selectContainers(
  report: ContainersReport,
  selection: Selection<ContainerRow>,
): ContainersReport {
  const { rows, moved } = select(report.containers, selection);
  const findings = movedFindings(report.findings, '/containers/', moved);
  return { ...report, complete: isComplete(findings), findings, containers: rows };
}

export function selectImages(report: ImagesReport, selection: Selection<ImageRow>): ImagesReport {
  const { rows, moved } = select(report.images, selection);
  const findings = movedFindings(report.findings, '/images/', moved);
  return { ...report, complete: isComplete(findings), findings, images: rows };
}

function select<R>(
  all: readonly R[],
  selection: Selection<R>,
): { readonly rows: readonly R[]; readonly moved: ReadonlyMap<string, string> } {
  let picked = all.map((row, index) => ({ row, index })).filter(({ row }) => selection.keep(row));
  const { compare } = selection;
  if (compare !== undefined) picked = picked.toSorted((a, b) => compare(a.row, b.row) || a.index - b.index);
  if (selection.top !== undefined) picked = picked.slice(0, selection.top);
  return {
    rows: picked.map(({ row }) => row),
    moved: new Map(picked.map(({ index }, now) => [String(index), String(now)])),
  };
}

/** Effects follow their rows; a finding that touches only rows left out is left out too. */
function movedFindings(
  findings: readonly Finding[],
  prefix: string,
  moved: ReadonlyMap<string, string>,
): readonly Finding[] {
  return findings.flatMap((finding) => {
    const effects = finding.effects.flatMap((effect): Effect[] => {
      if (!effect.pointer.startsWith(prefix)) return [effect];
      const [index = '', ...rest] = effect.pointer.slice(prefix.length).split('/');
      const now = moved.get(index);
      return now === undefined ? [] : [{ ...effect, pointer: prefix + [now, ...rest].join('/') }];
    });
    return effects.length === 0 && finding.effects.length > 0 ? [] : [{ ...finding, effects }];
  });
}

function isComplete(findings: readonly Finding[]): boolean {
  return findings.every(({ effects }) => effects.length === 0);
}
