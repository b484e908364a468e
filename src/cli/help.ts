import { COMMANDS } from './app.ts';
import { COMMON_FLAGS, flagName } from './flags.ts';

/** `weigh --help`: the commands and the flags of all of them, within 80 columns. */
export function rootHelp(): string {
  const commands = [
    ['', 'This host: every store found and what it holds'],
    ...Object.entries(COMMANDS).map(([name, { brief }]) => [name, brief]),
  ].map(([name = '', brief = '']) => `  weigh ${name.padEnd(10)}  ${brief}`);
  const flags = Object.entries(COMMON_FLAGS).map(([key, flag]) => {
    const placeholder = flag.kind === 'enum' ? flag.values.join('|') : (flag.placeholder ?? '');
    return `  ${`${flagName(key)} ${placeholder}`.padEnd(27)}  ${flag.brief}`;
  });
  return [
    'weigh: how big container images, containers and whole stores really are,',
    'from the bytes on disk, to the byte as the engine says it, and why.',
    '',
    'Commands  (weigh COMMAND --help tells more)',
    ...commands,
    '',
    'Flags of every command',
    ...flags,
    `  ${'--help, --version'.padEnd(27)}  This, and the version`,
    '',
    'Exit codes: 0 done, 2 wrong usage, 3 done but some numbers are bounds,',
    '4 not found or not readable, 70 a bug of weigh, 130 and 143 interrupted.',
    '',
  ].join('\n');
}
