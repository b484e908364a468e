import type { FlagParametersForType } from '@stricli/core';
import type { CliContext } from './context.ts';

/** Flags of every command. */
export interface CommonFlags {
  readonly store?: readonly string[];
  readonly dataRoot?: readonly string[];
  readonly hostRoot?: string;
  readonly engineVersion?: string;
  readonly nativeDiff?: 'auto' | 'on' | 'off';
  readonly noEngine?: boolean;
  readonly format?: 'table' | 'json';
  readonly json?: boolean;
  readonly bytes?: boolean;
  readonly iec?: boolean;
  readonly noTrunc?: boolean;
  readonly color?: 'auto' | 'always' | 'never';
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

/** Further flags of commands that list. */
export interface ListFlags extends CommonFlags {
  readonly sort?: string;
  readonly filter?: readonly string[];
  readonly top?: string;
}

function text(input: string): string {
  return input;
}

function toggle(brief: string): {
  readonly kind: 'boolean';
  readonly brief: string;
  readonly optional: true;
  readonly withNegated: false;
} {
  return { kind: 'boolean', brief, optional: true, withNegated: false };
}

function value(
  brief: string,
  placeholder: string,
): {
  readonly kind: 'parsed';
  readonly parse: (input: string) => string;
  readonly brief: string;
  readonly placeholder: string;
  readonly optional: true;
} {
  return { kind: 'parsed', parse: text, brief, placeholder, optional: true };
}

export const COMMON_FLAGS: FlagParametersForType<CommonFlags, CliContext> = {
  store: { ...value('A store, e.g. docker:/srv/docker (repeatable)', 'STORE'), variadic: true },
  dataRoot: { ...value('Short for --store docker:PATH (repeatable)', 'PATH'), variadic: true },
  hostRoot: value('Where the host is mounted, e.g. /host', 'DIR'),
  engineVersion: value('Rules of this engine, e.g. 28.5', 'V'),
  nativeDiff: {
    kind: 'enum',
    values: ['auto', 'on', 'off'],
    brief: 'Native diff of the overlay2 daemon',
    optional: true,
  },
  noEngine: toggle('Do not ask a running engine about itself'),
  format: { kind: 'enum', values: ['table', 'json'], brief: 'How to write the report', optional: true },
  json: toggle('Short for --format json'),
  bytes: toggle('Whole bytes: 21,300,000,000'),
  iec: toggle('Powers of 1024: 19.8 GiB'),
  noTrunc: toggle('Names and IDs whole'),
  color: {
    kind: 'enum',
    values: ['auto', 'always', 'never'],
    brief: 'Colour; NO_COLOR is obeyed',
    optional: true,
  },
  quiet: toggle('The report alone: no progress, no notes'),
  debug: toggle('Stack traces of errors'),
};

export const LIST_FLAGS: FlagParametersForType<ListFlags, CliContext> = {
  sort: value('Order by this column', 'KEY'),
  filter: { ...value('Keep rows where it holds (repeatable)', 'KEY=VALUE'), variadic: true },
  top: value('The first N rows only', 'N'),
  ...COMMON_FLAGS,
};

/** `--data-root` of `dataRoot`. */
export function flagName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Flags that take a value, as they are written. */
export const VALUE_FLAGS: ReadonlySet<string> = new Set(
  Object.entries(LIST_FLAGS)
    .filter(([, flag]) => flag.kind !== 'boolean')
    .map(([key]) => flagName(key)),
);
