import type { ExplainReport } from '../model/reports.ts';
import type { Comparison, ExplainedFigure, Step } from '../model/step.ts';
import { amountAt, boundsOf } from './bounds.ts';
import { escapeText, textWidth } from './escape.ts';
import { findingLines } from './findings.ts';
import { showId } from './names.ts';
import type { TextOptions } from './options.ts';
import { ruleLines } from './rules.ts';
import { pad, wrap } from './text.ts';
import type { Line } from './text.ts';
import { formatAmount, formatBytes, formatCount } from './units.ts';

/** `weigh explain`: numbers exact to the byte unless units were asked for, because here they must be seen to add up. */
export function explainText(report: ExplainReport, options: TextOptions): Line[] {
  const { subject } = report;
  const bounds = boundsOf(report.findings);
  const name = subject.name === '' ? subject.kind : subject.name;
  const id = subject.kind === 'df' ? '' : `  ${showId(subject.id, options.noTrunc)}`;
  const title = escapeText(name);
  const rest = `${id}  ${subject.store}`;
  const lines: Line[] = [
    [
      { text: title, style: 'strong' },
      { text: rest, style: 'faint' },
    ],
    ...(report.rules.length === 0 ? [] : ruleLines(report.rules, options.width)),
  ];
  const nameWidth = Math.max(0, ...report.figures.map((figure) => textWidth(escapeText(figure.name))));
  for (const [index, figure] of report.figures.entries()) {
    const amount = amountAt(bounds, `/figures/${String(index)}/bytes`, figure.bytes);
    const bytes = amount.bytes === null ? '-' : formatAmount(amount, options.units);
    lines.push('', [
      { text: pad(escapeText(figure.name), nameWidth), style: 'strong' },
      { text: `  ${bytes}`, style: 'strong' },
    ]);
    lines.push(...stepLines(figure, options));
    for (const comparison of figure.compare) lines.push(...comparisonLines(figure, comparison, options));
  }
  return [...lines, ...findingLines(report, options), ...sourceLines(report, options)];
}

/** Steps in order; the sizes of neighbouring steps stand below one another. */
function stepLines(figure: ExplainedFigure, options: TextOptions): Line[] {
  const width = figure.steps.reduce(
    (most, step) =>
      step.bytes === undefined ? most : Math.max(most, shownBytes(step.bytes, options).length),
    0,
  );
  return figure.steps.flatMap((step) =>
    step.bytes === undefined
      ? decisionLines(step, options)
      : wrap(
          sentence(step.text, step.subject),
          options.width,
          `    ${' '.repeat(width)}  `,
          `    ${pad(shownBytes(step.bytes, options), width, 'right')}  `,
        ),
  );
}

function decisionLines(step: Step, options: TextOptions): Line[] {
  return wrap(`${step.rule}: ${sentence(step.text, step.subject)}`, options.width, '    ', '  ');
}

/** The clause, with what it is about where the clause does not say that itself. */
function sentence(text: string, subject: string): string {
  return subject === '' || text.includes(subject) ? text : `${text} (${subject})`;
}

function shownBytes(bytes: number, options: TextOptions): string {
  return formatBytes(bytes, options.units);
}

function comparisonLines(figure: ExplainedFigure, comparison: Comparison, options: TextOptions): Line[] {
  const difference = comparison.bytes - (figure.bytes ?? 0);
  const amount = formatBytes(Math.abs(difference), options.units);
  const than = difference === 0 ? 'the same' : `${amount} ${difference > 0 ? 'more' : 'less'}`;
  const head = `${comparison.with} says ${formatBytes(comparison.bytes, options.units)}, ${difference === 0 ? than : `which is ${than}`}${comparison.items.length > 0 ? ':' : '.'}`;
  const signed = comparison.items.map(({ bytes }) => formatBytes(Math.abs(bytes), options.units));
  const width = signed.reduce((most, text) => Math.max(most, text.length), 0);
  const items = comparison.items.flatMap(({ why, bytes }, index) => {
    const number = `${bytes < 0 ? '-' : '+'} ${pad(signed[index] ?? '', width, 'right')}`;
    return wrap(why, options.width, `    ${' '.repeat(width + 2)}  `, `    ${number}  `);
  });
  return [...wrap(head, options.width, '    ', '  '), ...items];
}

/** Where each rule stands in the engine's source, once. */
function sourceLines(report: ExplainReport, options: TextOptions): Line[] {
  if (options.quiet) return [];
  const sources = new Map<string, Set<string>>();
  for (const { steps } of report.figures) {
    for (const { rule, source } of steps) {
      if (source === '') continue;
      const rules = sources.get(source) ?? new Set<string>();
      sources.set(source, rules.add(rule));
    }
  }
  if (sources.size === 0) return [];
  const lines: Line[] = [
    '',
    [{ text: `Rules, ${formatCount(sources.size)} from the engine's source`, style: 'strong' }],
  ];
  for (const [source, rules] of sources) {
    lines.push(...wrap(`${[...rules].join(', ')}: ${source}`, options.width, '    ', '  '));
  }
  return lines;
}
