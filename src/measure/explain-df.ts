import type { ExplainReport } from '../model/reports.ts';
import type { ExplainedFigure } from '../model/step.ts';
import { FindingList } from './findings.ts';
import type { StoreMeter } from './meter.ts';

/** The way to each total of `system df`, and from the engine's reclaimable to the exact one. */
export async function explainDf(meters: readonly StoreMeter[]): Promise<ExplainReport> {
  const findings = new FindingList();
  const figures: ExplainedFigure[] = [];
  for (const meter of meters) {
    const prefix = meters.length > 1 ? `${meter.store.name} ` : '';
    const made = await meter.explainDf(findings, figures.length);
    figures.push(...made.map((figure) => ({ ...figure, name: `${prefix}${figure.name}` })));
  }
  const [first] = meters;
  return {
    schema: 'weigh.explain/1',
    ...findings.finish(),
    rules: meters.map((meter) => meter.used),
    subject: {
      kind: 'df',
      store: meters.length === 1 && first !== undefined ? first.store.name : `${meters.length} stores`,
      id: 'df',
      name: 'df',
    },
    figures,
  };
}
