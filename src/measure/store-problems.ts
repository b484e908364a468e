import type { FindingKind, Problem } from '../model/finding.ts';
import type { FindingList } from './findings.ts';

/** Problems that hide records which the engine itself would see. Damaged and leftover records are invisible to it as well. */
const HIDES_RECORDS: ReadonlySet<FindingKind> = new Set<FindingKind>([
  'unreadable',
  'limit',
  'changed-while-reading',
]);

/** Only the problems that may have kept records from weigh: for a report about one object, which the others' damage does not touch. */
export function hidingProblems(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter((problem) => HIDES_RECORDS.has(problem.kind));
}

/** Adds what went wrong while a store's records were read. A list that may lack records is marked at its pointer. */
export function noteStoreProblems(
  findings: FindingList,
  problems: readonly Problem[],
  listPointer: string,
): void {
  for (const problem of problems) {
    if (HIDES_RECORDS.has(problem.kind)) findings.affect(problem, listPointer, 'at-least');
    else findings.note(problem);
  }
}
