import type { Problem } from '../model/finding.ts';
import type { ExplainReport } from '../model/reports.ts';
import type { Comparison, ExplainedFigure, Step } from '../model/step.ts';
import type { MeasuredContainer } from './docker-containers.ts';
import { measureAll, problemsOf } from './docker-containers.ts';
import type { MeasureContext } from './context.ts';
import { compareWithDu } from './du-compare.ts';
import { FindingList } from './findings.ts';
import { notFound } from './resolve-name.ts';
import type { ScopedContainer } from './resolve-name.ts';

const GET_SIZE = 'moby 20.10-29: daemon/images/image_unix.go GetContainerLayerSize';

/** The way to `sizeRw` and `sizeRootFs` of one container. */
export async function explainContainer(
  context: MeasureContext,
  chosen: ScopedContainer,
): Promise<ExplainReport> {
  const findings = new FindingList();
  const [measured] = await measureAll(context, [chosen], findings);
  if (measured === undefined) throw notFound('container', chosen.record.name, 1);
  addFindings(findings, measured);
  const { scope, record } = chosen;
  return {
    schema: 'weigh.explain/1',
    ...findings.finish(),
    rules: [scope.used],
    subject: { kind: 'container', store: scope.store.name, id: record.id, name: record.name },
    figures: [await rwFigure(context, measured), rootFsFigure(measured)],
  };
}

function addFindings(findings: FindingList, measured: MeasuredContainer): void {
  const { row, size } = measured;
  if (row.sizeRw === null || size.bounds.sizeRw !== undefined) {
    const bound = size.bounds.sizeRw ?? 'unknown';
    findings.affectAll(reasonsOf(measured), '/figures/0/bytes', bound);
  }
  if (row.sizeRootFs === null || size.bounds.sizeRootFs !== undefined) {
    const bound = size.bounds.sizeRootFs ?? 'unknown';
    findings.affectAll(reasonsOf(measured), '/figures/1/bytes', bound);
  }
  if (row.engineAnswer !== 'not listed') findings.notes(size.problems);
}

function reasonsOf({ row, size }: MeasuredContainer): readonly Problem[] {
  if (row.engineAnswer !== 'not listed') return problemsOf(row.name, size);
  return [
    { kind: 'not-listed', subject: row.name, message: size.reason ?? 'no RW layer is recorded for it' },
  ];
}

async function rwFigure(context: MeasureContext, { row, size }: MeasuredContainer): Promise<ExplainedFigure> {
  return {
    name: 'sizeRw',
    bytes: row.sizeRw,
    steps:
      row.sizeRw === null ? [...withoutBytes(size.steps.sizeRw), answerStep(row, size)] : size.steps.sizeRw,
    compare: row.sizeRw === null ? [] : await comparisons(context, row.sizeRw, size),
  };
}

/** Partial sums of a number that does not exist are no sums. */
function withoutBytes(steps: readonly Step[]): readonly Step[] {
  return steps.map(({ rule, subject, text, source }) => ({ rule, subject, text, source }));
}

function answerStep(row: MeasuredContainer['row'], size: MeasuredContainer['size']): Step {
  const because = size.reason ?? 'its size could not be made';
  const text = {
    '-1': `the engine answers -1: ${because}`,
    'not listed': 'after its next start an engine does not list this container at all',
    unknown: `what the engine answers is not known: ${because}`,
    error: `the engine answers with an error: ${because}`,
  }[String(row.engineAnswer ?? 'unknown') as '-1' | 'not listed' | 'unknown' | 'error'];
  return { rule: 'GetContainerLayerSize', subject: '', text, source: GET_SIZE };
}

function rootFsFigure({ row, size }: MeasuredContainer): ExplainedFigure {
  const unknown = row.sizeRootFs === null;
  const steps = row.engineAnswer === 'not listed' ? [answerStep(row, size)] : size.steps.sizeRootFs;
  return {
    name: 'sizeRootFs',
    bytes: row.sizeRootFs,
    steps: unknown ? withoutBytes(steps) : steps,
    compare: [],
  };
}

async function comparisons(
  context: MeasureContext,
  bytes: number,
  size: MeasuredContainer['size'],
): Promise<readonly Comparison[]> {
  const { diff } = size;
  if (diff?.directory === undefined) return [];
  const tally =
    diff.native ?? (await context.host.walker.directorySize(diff.directory, { signal: context.signal }));
  if (tally.failure !== undefined) return [];
  return [compareWithDu(diff.directory, bytes, tally, diff.naive)];
}
