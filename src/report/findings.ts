import type { Bound, Finding, FindingKind } from '../model/finding.ts';
import { shortId, shortenIds } from './names.ts';
import type { TextOptions } from './options.ts';
import { wrap } from './text.ts';
import type { Line } from './text.ts';
import { plural } from './units.ts';

/** At most this many findings of one kind are written out; JSON has them all. */
const SHOWN_PER_KIND = 5;

/** What a person can do about it, one sentence each. The long form is `docs/findings/<kind>.md`. */
export const ADVICE: Readonly<Record<FindingKind, string>> = {
  unreadable: 'Run it as root, or name a copy that you can read with --data-root.',
  'damaged-record': 'The engine cannot use this record either; pull or build the object again.',
  'missing-record': 'The engine misses it too; what refers to it can be removed and made again.',
  'missing-directory': 'The record outlived its files; the engine fails here too.',
  'engine-fails':
    'The engine itself has no size here (Docker prints -1): weigh explain shows the step that fails.',
  'not-listed': 'The engine does not list it, but its files are there.',
  'changed-while-reading': 'The store is in use: weigh it again, or when it is quiet.',
  'unsupported-driver': 'Its layers do not lie in files: ask the engine itself.',
  'hidden-store': 'The engine does not use it at present, but it takes space.',
  leftover: 'The engine clears it up at its next start, or it is a leftover of a crash.',
  assumed: 'Say it with --engine-version or --native-diff.',
  limit: 'The input is larger than any sound store has; look at it before trusting it.',
  'xattr-unreadable': 'Run it as root: trusted.* attributes need CAP_SYS_ADMIN.',
  'engine-unsteady': 'Two calls of docker ps -s can differ here; no single number is right.',
};

const BOUND_WORDS: Readonly<Record<Bound, string>> = {
  'at-least': 'at least what is shown',
  'at-most': 'at most what is shown',
  unknown: 'not known',
};

/** The sections below a report: which figures are not exact and what to do, then what else deserves a word. */
export function findingLines(
  report: { readonly findings: readonly Finding[] },
  options: TextOptions,
): Line[] {
  const notExact = report.findings.filter(({ effects }) => effects.length > 0);
  const notes = options.quiet ? [] : report.findings.filter(({ effects }) => effects.length === 0);
  return [...section('Not exact', notExact, report, options), ...section('To know', notes, report, options)];
}

function section(title: string, findings: readonly Finding[], report: unknown, options: TextOptions): Line[] {
  if (findings.length === 0) return [];
  const lines: Line[] = ['', [{ text: title, style: 'strong' }]];
  const byKind = new Map<FindingKind, Finding[]>();
  for (const finding of findings) {
    const same = byKind.get(finding.kind);
    if (same === undefined) byKind.set(finding.kind, [finding]);
    else same.push(finding);
  }
  for (const [kind, same] of byKind) {
    const shown = options.noTrunc ? same : same.slice(0, SHOWN_PER_KIND);
    for (const finding of shown) lines.push(...oneFinding(finding, report, options));
    const more = same.length - shown.length;
    if (more > 0) lines.push(`  and ${plural(more, 'more', 'more')} like it: --no-trunc or --json show all`);
    lines.push(...wrap(ADVICE[kind], options.width, '    '));
  }
  return lines;
}

function oneFinding(finding: Finding, report: unknown, { width, noTrunc }: TextOptions): Line[] {
  const said = finding.message.includes(finding.subject) || finding.subject === '';
  const text = said ? finding.message : `${finding.subject}: ${finding.message}`;
  const lines = wrap(shortenIds(text, noTrunc), width, '    ', '  ');
  const hasNone = finding.kind === 'engine-fails' || finding.kind === 'not-listed';
  for (const [bound, figures] of figuresOf(finding, report)) {
    lines.push(
      ...wrap(`${figures.join(', ')}: ${hasNone ? 'no size' : BOUND_WORDS[bound]}`, width, '      ', '    '),
    );
  }
  return lines;
}

const SHOWN_FIGURES = 4;

function figuresOf(finding: Finding, report: unknown): ReadonlyMap<Bound, readonly string[]> {
  const byBound = new Map<Bound, string[]>();
  for (const { pointer, bound } of finding.effects) {
    const figures = byBound.get(bound) ?? [];
    byBound.set(bound, figures);
    figures.push(figureName(report, pointer));
  }
  for (const [bound, figures] of byBound) {
    const more = figures.length - SHOWN_FIGURES;
    if (more > 0)
      byBound.set(bound, [...figures.slice(0, SHOWN_FIGURES), plural(more, 'more figure', 'more figures')]);
  }
  return byBound;
}

/** `/containers/0/sizeRw` as `api sizeRw`: the name of the last object on the way that has one, then what is below it. */
export function figureName(report: unknown, pointer: string): string {
  const alone = storeCount(report) < 2;
  let value = report;
  let name = '';
  let below: string[] = [];
  for (const raw of pointer.split('/').slice(1)) {
    const part = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    value = memberOf(value, part);
    const found = nameOf(value);
    if (found === undefined) below.push(part);
    else [name, below] = [alone && found.startsWith('docker:') ? '' : found, []];
  }
  const words = below.filter((part) => part !== 'details');
  if (Array.isArray(value)) words.unshift('list of');
  return [name, ...words].filter((part) => part !== '').join(' ');
}

function storeCount(report: unknown): number {
  const rules = memberOf(report, 'rules');
  return Array.isArray(rules) ? rules.length : 0;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const names = Array.isArray(fields['names']) ? (fields['names'] as unknown[]) : [];
  for (const candidate of [fields['name'], names[0], fields['what']]) {
    if (typeof candidate === 'string' && candidate !== '') return candidate;
  }
  if (typeof fields['id'] === 'string') return shortId(fields['id']);
  return typeof fields['store'] === 'string' ? fields['store'] : undefined;
}
