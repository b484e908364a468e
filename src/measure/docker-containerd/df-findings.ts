import type { Bound } from '../../model/finding.ts';
import type { FindingList } from '../findings.ts';
import type { MeasuredDf } from './df.ts';

const TOUCHED = ['size', 'reclaimable', 'exactReclaimable'] as const;

/** Puts what could not be measured into the findings, with the rows and totals that it touches. `pointer` is the store's. */
export function addDfFindings(findings: FindingList, measured: MeasuredDf, pointer: string): void {
  addImages(findings, measured, pointer);
  const { containers, containersFail, volumes, cache } = measured;
  containers.forEach(({ row, rw, addFindings }, index) => {
    addFindings(findings, `${pointer}/details/containers/${index}`);
    if (row.engineAnswer === 'not listed') return;
    const bound: Bound | undefined = rw.problems.length === 0 ? undefined : 'at-least';
    if (bound === undefined) return;
    for (const field of TOUCHED) findings.affectAll(rw.problems, `${pointer}/containers/${field}`, bound);
  });
  for (const field of ['size', 'reclaimable']) {
    findings.affectAll(containersFail, `${pointer}/containers/${field}`, 'unknown');
  }
  volumes.forEach(({ row, problems }, index) => {
    findings.affectAll(problems, `${pointer}/details/volumes/${index}/size`, 'unknown');
    if (row.engineAnswer !== 'unknown') return;
    for (const field of TOUCHED) findings.affectAll(problems, `${pointer}/volumes/${field}`, 'at-least');
  });
  cache.forEach(({ bound, problems }, index) => {
    if (bound === undefined) return findings.notes(problems);
    findings.affectAll(problems, `${pointer}/details/buildCache/${index}/size`, bound);
    for (const field of TOUCHED) findings.affectAll(problems, `${pointer}/buildCache/${field}`, 'at-least');
  });
}

function addImages(findings: FindingList, { total, view, scope }: MeasuredDf, pointer: string): void {
  const failing = [...total.fails, ...view.problems];
  for (const field of ['size', 'reclaimable']) {
    findings.affectAll(failing, `${pointer}/images/${field}`, 'unknown');
  }
  findings.affectAll(total.unknown, `${pointer}/layersSize`, 'at-least');
  findings.affectAll(total.unknown, `${pointer}/images/size`, 'at-least');
  for (const field of ['reclaimable', 'exactReclaimable']) {
    findings.affectAll(total.unknown, `${pointer}/images/${field}`, 'unknown');
  }
  if (scope.snapshots().known) return;
  view.listed.forEach((_, index) => {
    for (const field of ['size', 'sharedSize', 'uniqueSize']) {
      findings.affectAll(
        scope.snapshots().problems,
        `${pointer}/details/images/${index}/${field}`,
        'unknown',
      );
    }
  });
}
