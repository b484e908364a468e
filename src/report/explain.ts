import type { ExplainReport } from '../model/reports.ts';
import type { Comparison, ExplainedFigure, Step } from '../model/step.ts';
import { amountAt, boundsOf } from './bounds.ts';
import { escapeText, textWidth } from './escape.ts';
import { findingLines } from './findings.ts';
import { shortId, showId } from './names.ts';
import type { TextOptions } from './options.ts';
import { ruleLines } from './rules.ts';
import { pad, wrap } from './text.ts';
import type { Line } from './text.ts';
import { formatAmount, formatBytes } from './units.ts';

/** What a figure is, for a person who meets its name for the first time. */
const FIGURE_WORDS: Readonly<Record<string, string>> = {
  sizeRw: 'what the container wrote',
  sizeRootFs: 'image and container together',
  size: 'all layers of the image',
  sharedSize: 'in layers that other images hold too',
  uniqueSize: 'in layers of this image alone',
  history: 'the same by the steps that made the image, last first',
  inspect: 'what image inspect tells: one platform, as it is packed',
  unpacked: 'its layers as snapshots',
};

/** What surprises people about a figure, told where there is room for it. */
const REMARKS: Readonly<Record<string, string>> = {
  sizeRootFs:
    "Deleting or overwriting the image's files never makes it smaller. Logs and volumes are not in it.",
};

/** `weigh explain`: whole bytes unless units were asked for, because here numbers must be seen to add up. */
export function explainText(report: ExplainReport, options: TextOptions): Line[] {
  const bounds = boundsOf(report.findings);
  const amounts = report.figures.map((figure, index) => {
    const amount = amountAt(bounds, `/figures/${String(index)}/bytes`, figure.bytes);
    return amount.bytes === null ? '-' : formatAmount(amount, options.units);
  });
  const names = report.figures.map(({ name }) => escapeText(name));
  const nameWidth = names.reduce((most, name) => Math.max(most, textWidth(name)), 0);
  const amountWidth = amounts.reduce((most, amount) => Math.max(most, amount.length), 0);
  const lines = titleLines(report, options);
  for (const [index, figure] of report.figures.entries()) {
    const words = FIGURE_WORDS[figure.name];
    lines.push('', [
      { text: pad(names[index] ?? '', nameWidth), style: 'strong' },
      { text: `  ${pad(amounts[index] ?? '', amountWidth, 'right')}`, style: 'strong' },
      { text: words === undefined ? '' : `  ${words}` },
    ]);
    lines.push(...figureLines(figure, options));
    const remark = options.quiet || figure.bytes === null ? undefined : REMARKS[figure.name];
    if (remark !== undefined) lines.push(...wrap(remark, options.width, '  '));
  }
  return [...lines, ...findingLines(report, options), ...sourceLines(report, options)];
}

function titleLines(report: ExplainReport, options: TextOptions): Line[] {
  const { kind, name, id, store } = report.subject;
  const shownId = kind === 'df' ? '' : `  ${showId(id, options.noTrunc)}`;
  return [
    [
      { text: name === '' ? kind : name, style: 'strong' },
      { text: `${shownId}  ${store}`, style: 'faint' },
    ],
    ...ruleLines(report.rules, options.width),
  ];
}

/** Steps in order; the sizes of a figure's steps stand below one another. */
function figureLines(figure: ExplainedFigure, options: TextOptions): Line[] {
  const width = figure.steps.reduce(
    (most, { bytes }) =>
      bytes === undefined ? most : Math.max(most, formatBytes(bytes, options.units).length),
    0,
  );
  const told = new Set<string>();
  const lines = figure.steps.flatMap((step) => {
    const text = stepText(step, told, options);
    if (step.bytes === undefined) return wrap(`${step.rule}: ${text}`, options.width, '    ', '  ');
    const number = pad(formatBytes(step.bytes, options.units), width, 'right');
    return wrap(text, options.width, `    ${' '.repeat(width)}  `, `    ${number}  `);
  });
  const comparisons = figure.compare.flatMap((comparison) => comparisonLines(figure, comparison, options));
  return [...lines, ...comparisons];
}

/** The clause, and what it is about where that is a path or name which has not been told yet. */
function stepText(step: Step, told: Set<string>, options: TextOptions): string {
  const { subject, text } = step;
  const known = told.has(subject) || text.includes(subject) || isId(subject);
  told.add(subject);
  return shortIds(known ? text : `${text} (${subject})`, options);
}

const ID = /(?:sha256:)?[0-9a-f]{64}/g;

function isId(text: string): boolean {
  return text === '' || /^(?:sha256:)?[0-9a-f]{64}(?:-init)?$/.test(text);
}

/** IDs of 64 digits as Docker shows them, wherever they stand: whole ones hide the sentence that they are in. */
function shortIds(text: string, options: TextOptions): string {
  return options.noTrunc ? text : text.replace(ID, shortId);
}

function comparisonLines(figure: ExplainedFigure, comparison: Comparison, options: TextOptions): Line[] {
  const difference = comparison.bytes - (figure.bytes ?? 0);
  const amount = formatBytes(Math.abs(difference), options.units);
  const than = difference === 0 ? 'the same' : `which is ${amount} ${difference > 0 ? 'more' : 'less'}`;
  const end = comparison.items.length > 0 ? ':' : '.';
  const signed = comparison.items.map(({ bytes }) => formatBytes(Math.abs(bytes), options.units));
  const width = signed.reduce((most, text) => Math.max(most, text.length), 0);
  const items = comparison.items.flatMap(({ why, bytes }, index) => {
    const number = `${bytes < 0 ? '-' : '+'} ${pad(signed[index] ?? '', width, 'right')}`;
    return wrap(why, options.width, `    ${' '.repeat(width + 2)}  `, `    ${number}  `);
  });
  const says = `says ${formatBytes(comparison.bytes, options.units)}, ${than}${end}`;
  // Whole, so that the command can be run: the only place where the path stands uncut.
  return [...wrap(`${comparison.with} ${says}`, options.width, '    ', '  '), ...items];
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
  const lines: Line[] = ['', [{ text: 'Where the rules stand', style: 'strong' }]];
  for (const [source, rules] of sources) {
    lines.push(...wrap(`${[...rules].join(', ')}: ${source}`, options.width, '    ', '  '));
  }
  return lines;
}
