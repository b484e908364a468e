import { reportJson } from '../report/json.ts';
import { reportText } from '../report/render.ts';
import type { AnyReport } from '../report/render.ts';
import { paint } from '../report/text.ts';
import type { Line } from '../report/text.ts';
import { plural } from '../report/units.ts';
import type { CliContext } from './context.ts';
import type { OutputSettings } from './settings.ts';

/** Writes a report and ends the command: the last thing each of them does. */
export function deliver(
  context: CliContext,
  report: AnyReport,
  settings: OutputSettings,
  lines: () => readonly Line[] = () => reportText(report, settings.text),
): void {
  const { io } = context;
  if (settings.json) io.stdout.write(reportJson(report));
  else io.stdout.write(paint(lines(), settings.color));
  if (!report.complete && !settings.text.quiet && io.stdout.isTTY !== true) {
    const figures = new Set(report.findings.flatMap(({ effects }) => effects.map(({ pointer }) => pointer)));
    const not = figures.size === 1 ? 'is not exact' : 'are not exact';
    io.stderr.write(`weigh: ${plural(figures.size, 'figure')} ${not}: the report says why\n`);
  }
  context.finish({ kind: 'done', complete: report.complete });
}
