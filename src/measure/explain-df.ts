import type { ExplainReport } from '../model/reports.ts';
import type { ExplainedFigure } from '../model/step.ts';
import type { MeasureContext } from './context.ts';
import { measureDfStore } from './df.ts';
import { addFigureFindings, dfFigures } from './explain-df-figures.ts';
import { FindingList } from './findings.ts';
import type { StoreScope } from './scope.ts';

/** The way to each total of `system df`, and from the engine's reclaimable to the exact one. */
export async function explainDf(
  context: MeasureContext,
  scopes: readonly StoreScope[],
): Promise<ExplainReport> {
  const findings = new FindingList();
  const figures: ExplainedFigure[] = [];
  for (const scope of scopes) {
    const ofStore = new FindingList();
    const measured = await measureDfStore(context, scope, ofStore, '');
    const prefix = scopes.length > 1 ? `${scope.store.name} ` : '';
    const made = dfFigures(measured).map((figure) => ({ ...figure, name: `${prefix}${figure.name}` }));
    addFigureFindings(findings, ofStore, measured, figures.length);
    figures.push(...made);
  }
  const [first] = scopes;
  return {
    schema: 'weigh.explain/1',
    ...findings.finish(),
    rules: scopes.map((scope) => scope.used),
    subject: {
      kind: 'df',
      store: scopes.length === 1 && first !== undefined ? first.store.name : `${scopes.length} stores`,
      id: 'df',
      name: 'df',
    },
    figures,
  };
}
