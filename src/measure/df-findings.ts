import { addContainerFindings, problemsOf } from './docker-containers.ts';
import type { MeasuredDf } from './docker-df.ts';
import type { Bound } from '../model/finding.ts';
import type { FindingList } from './findings.ts';
import { tooLarge } from './layer-chain.ts';

/** Numbers of one `system df` line that a part which could not be measured makes too small. */
const TOUCHED = ['size', 'reclaimable', 'exactReclaimable'] as const;

/** Puts what could not be measured into the findings, with the rows and the totals that it touches. `pointer` is the store's. */
export function addDfFindings(findings: FindingList, measured: MeasuredDf, pointer: string): void {
  measured.containers.forEach((container, index) => {
    addContainerFindings(findings, container, `${pointer}/details/containers/${index}`);
    const { size, row } = container;
    const bound = size.bounds.sizeRw;
    if (bound === undefined || row.engineAnswer === 'not listed') return;
    const problems = problemsOf(row.name, size);
    for (const field of TOUCHED) {
      const total = `${pointer}/containers/${field}`;
      findings.affectAll(problems, total, inSum(bound));
    }
  });
  const large = tooLarge(measured.scope.store.name, measured.layersSize);
  findings.affectAll(large, `${pointer}/layersSize`, 'at-least');
  findings.affectAll(large, `${pointer}/images/size`, 'at-least');
  for (const field of ['reclaimable', 'exactReclaimable']) {
    findings.affectAll(large, `${pointer}/images/${field}`, 'unknown');
  }
  measured.volumes.forEach(({ row, problems }, index) => {
    findings.affectAll(problems, `${pointer}/details/volumes/${index}/size`, 'unknown');
    if (row.engineAnswer !== 'unknown') return;
    for (const field of TOUCHED) {
      findings.affectAll(problems, `${pointer}/volumes/${field}`, 'at-least');
    }
  });
  measured.cache.forEach(({ bound, problems }, index) => {
    if (bound === undefined) return findings.notes(problems);
    findings.affectAll(problems, `${pointer}/details/buildCache/${index}/size`, bound);
    for (const field of TOUCHED) {
      findings.affectAll(problems, `${pointer}/buildCache/${field}`, inSum(bound));
    }
  });
}

/** What a bound of one part makes of a sum that leaves unknown parts out. */
function inSum(bound: Bound): Bound {
  return bound === 'unknown' ? 'at-least' : bound;
}
