import type { ExplainReport } from '../../model/reports.ts';
import type { ExplainedFigure, Step } from '../../model/step.ts';
import type { ContainerRecord } from '../../stores/docker/records.ts';
import { FindingList } from '../findings.ts';
import { notFound } from '../resolve-name.ts';
import { measureContainer, reasonsOf, rootFsSteps } from './containers.ts';
import type { MeasuredContainer } from './containers.ts';
import type { ContainerdScope } from './scope.ts';

const GET_SIZE = 'moby 24-29: daemon/containerd/service.go GetContainerLayerSize';

/** The way to `sizeRw` and `sizeRootFs` of one container. */
export async function explainContainer(
  scope: ContainerdScope,
  record: ContainerRecord,
): Promise<ExplainReport> {
  const findings = new FindingList();
  const measured = await measureContainer(scope, record, findings, { done: 0, total: 1 });
  if (measured === undefined) throw notFound('container', record.name, 1);
  const moved = new FindingList();
  measured.addFindings(moved, '');
  for (const { effects, ...problem } of moved.finish().findings) {
    if (effects.length === 0) findings.note(problem);
    for (const { pointer, bound } of effects) {
      findings.affect(problem, pointer === '/sizeRw' ? '/figures/0/bytes' : '/figures/1/bytes', bound);
    }
  }
  return {
    schema: 'weigh.explain/1',
    ...findings.finish(),
    rules: [scope.used],
    subject: { kind: 'container', store: scope.store.name, id: record.id, name: record.name },
    figures: [rwFigure(measured), rootFsFigure(measured)],
  };
}

function rwFigure(measured: MeasuredContainer): ExplainedFigure {
  const { row, rw } = measured;
  const lookUp: Step = {
    rule: 'Usage',
    subject: row.id,
    text: 'the container writes into the snapshot that bears its ID',
    source: GET_SIZE,
  };
  const steps = row.sizeRw === null ? [answerStep(measured)] : rw.steps;
  return { name: 'sizeRw', bytes: row.sizeRw, steps: [lookUp, ...steps], compare: [] };
}

function rootFsFigure(measured: MeasuredContainer): ExplainedFigure {
  const { row, below } = measured;
  if (row.sizeRootFs === null) {
    return { name: 'sizeRootFs', bytes: null, steps: [answerStep(measured)], compare: [] };
  }
  const broken: readonly Step[] =
    below.broken === undefined
      ? []
      : [
          {
            rule: 'GetContainerLayerSize',
            subject: '',
            text: `${below.broken.reason ?? 'a snapshot below is not there'}: the sum ends here`,
            source: GET_SIZE,
          },
        ];
  return {
    name: 'sizeRootFs',
    bytes: row.sizeRootFs,
    steps: [...rootFsSteps(measured), ...broken],
    compare: [],
  };
}

function answerStep({ row, rw }: MeasuredContainer): Step {
  const text = reasonsOf(row, rw)
    .map(({ message }) => message)
    .join('; ');
  return { rule: 'GetContainerLayerSize', subject: row.id, text, source: GET_SIZE };
}
