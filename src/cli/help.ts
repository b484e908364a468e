import type { Command } from '@stricli/core';
import { COMMANDS } from './app.ts';
import type { CliContext } from './context.ts';
import { COMMON_FLAGS, flagName } from './flags.ts';

/** What of a flag its line of help needs. */
type Flags = Readonly<
  Record<
    string,
    {
      readonly kind: string;
      readonly brief: string;
      readonly placeholder?: string;
      readonly values?: readonly string[];
    }
  >
>;

/** What follows the command's name on its line. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  containers: '[NAME...]',
  images: '[NAME...]',
  df: '[-v]',
  explain: 'NAME | container:NAME | image:NAME | df',
  completion: 'bash | zsh | fish',
};

const SHORT: Readonly<Record<string, string>> = { all: '-a, --all', verbose: '-v, --verbose' };

/** The help that a command line asks for, if it asks for one. */
export function helpFor(inputs: readonly string[]): string | undefined {
  const end = inputs.indexOf('--');
  const words = end < 0 ? inputs : inputs.slice(0, end);
  if (!words.includes('--help') && !words.includes('-h')) return undefined;
  const [name = ''] = words;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return command === undefined ? rootHelp() : commandHelp(name, command);
}

function rootHelp(): string {
  const commands = [
    ['', 'This host: every store found and what it holds'],
    ...Object.entries(COMMANDS).map(([name, { brief }]) => [name, brief]),
  ].map(([name = '', brief = '']) => `  weigh ${name.padEnd(10)}  ${brief}`);
  return [
    'weigh: how big container images, containers and whole stores really are,',
    'from the bytes on disk, to the byte as the engine says it, and why.',
    '',
    'Commands  (weigh COMMAND --help tells more)',
    ...commands,
    '',
    'Flags of every command',
    ...flagLines(COMMON_FLAGS),
    flagLine('--help, --version', 'This, and the version'),
    '',
    'Exit codes: 0 done, 2 wrong usage, 3 done but some numbers are bounds,',
    '4 not found or not readable, 70 a bug of weigh, 130 and 143 interrupted.',
    '',
  ].join('\n');
}

function commandHelp(name: string, command: Command<CliContext>): string {
  return [
    `weigh ${name} ${ARGUMENTS[name] ?? ''} [flags]`,
    '',
    command.fullDescription ?? command.brief,
    '',
    'Flags',
    ...flagLines(command.parameters.flags ?? {}),
    '',
  ].join('\n');
}

function flagLines(flags: Flags): readonly string[] {
  return Object.entries(flags).map(([key, flag]) => {
    const value = flag.values?.join('|') ?? flag.placeholder ?? '';
    return flagLine(`${SHORT[key] ?? flagName(key)} ${value}`, flag.brief);
  });
}

function flagLine(flag: string, brief: string): string {
  return `  ${flag.padEnd(27)}  ${brief}`;
}
