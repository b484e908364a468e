import type { Command } from '@stricli/core';
import { COMMANDS } from './app.ts';
import type { CliContext } from './context.ts';
import { COMMON_FLAGS, flagName } from './flags.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Words that follow each command, made from the same tables that parse them. */
function flagsOf(command: Command<CliContext>): readonly string[] {
  const keys = Object.keys(command.parameters.flags ?? {});
  return [...(command === COMMANDS['df'] ? ['-v'] : []), ...keys.map(flagName), '--help'];
}

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  '--format': ['table', 'json'],
  '--color': ['auto', 'always', 'never'],
  '--native-diff': ['auto', 'on', 'off'],
};
const DIRECTORIES = ['--data-root', '--host-root'] as const;

export function completionScript(shell: Shell): string {
  if (shell === 'bash') return bash();
  return shell === 'zsh' ? zsh() : fish();
}

const ROOT_FLAGS = [...Object.keys(COMMON_FLAGS).map(flagName), '--help', '--version'];

function bash(): string {
  const commands = Object.keys(COMMANDS).join(' ');
  const cases = Object.entries(COMMANDS).map(
    ([name, command]) => `    ${name}) words="${flagsOf(command).join(' ')}" ;;`,
  );
  const choices = Object.entries(CHOICES).map(
    ([flag, values]) =>
      `    ${flag}) mapfile -t COMPREPLY < <(compgen -W "${values.join(' ')}" -- "$word"); return ;;`,
  );
  return `# bash completion of weigh: source <(weigh completion bash)
_weigh() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="" each words
  for each in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$each" in ${Object.keys(COMMANDS).join('|')}) command="$each"; break ;; esac
  done
  case "$before" in
${choices.join('\n')}
    ${DIRECTORIES.join('|')}) mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
  esac
  case "$command" in
${cases.join('\n')}
    *) words="${commands} ${ROOT_FLAGS.join(' ')}" ;;
  esac
  if [[ "$command" == completion ]]; then words="${SHELLS.join(' ')}"; fi
  if [[ "$command" == explain && "$word" != -* ]]; then words="df"; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -F _weigh weigh
`;
}

function zsh(): string {
  const described = Object.entries(COMMANDS).map(
    ([name, { brief }]) => `    ${zshQuote(`${name}:${brief.replaceAll(':', '\\:')}`)}`,
  );
  const cases = Object.entries(COMMANDS).map(
    ([name, command]) => `    ${name}) compadd -- ${flagsOf(command).join(' ')} ;;`,
  );
  const choices = Object.entries(CHOICES).map(
    ([flag, values]) => `    ${flag}) compadd -- ${values.join(' ')}; return ;;`,
  );
  return `#compdef weigh
# zsh completion of weigh: source <(weigh completion zsh)
_weigh() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  local command="" each
  for each in "\${(@)words[2,CURRENT-1]}"; do
    case "$each" in ${Object.keys(COMMANDS).join('|')}) command="$each"; break ;; esac
  done
  case "\${words[CURRENT-1]}" in
${choices.join('\n')}
    ${DIRECTORIES.join('|')}) _directories; return ;;
    completion) compadd -- ${SHELLS.join(' ')}; return ;;
    explain) [[ "\${words[CURRENT]}" == -* ]] || { compadd -- df; return; } ;;
  esac
  case "$command" in
${cases.join('\n')}
    *) _describe command commands; compadd -- ${ROOT_FLAGS.join(' ')} ;;
  esac
}
compdef _weigh weigh
`;
}

function zshQuote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function fish(): string {
  const names = Object.keys(COMMANDS).join(' ');
  const quote = (text: string): string =>
    `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
  const lines = Object.entries(COMMANDS).flatMap(([name, command]) => [
    `complete -c weigh -n "not __fish_seen_subcommand_from ${names}" -f -a ${name} -d ${quote(command.brief)}`,
    ...Object.entries(command.parameters.flags ?? {}).map(([key, flag]) => {
      const long = flagName(key).slice(2);
      const choices = flag.kind === 'enum' ? ` -x -a ${quote(flag.values.join(' '))}` : '';
      const value = flag.kind === 'parsed' ? ' -r' : '';
      return `complete -c weigh -n "__fish_seen_subcommand_from ${name}" -l ${long}${choices}${value} -d ${quote(flag.brief)}`;
    }),
  ]);
  return [
    '# fish completion of weigh: weigh completion fish | source',
    ...lines,
    `complete -c weigh -n "__fish_seen_subcommand_from completion" -f -a ${quote(SHELLS.join(' '))}`,
    'complete -c weigh -n "__fish_seen_subcommand_from explain" -f -a df',
    '',
  ].join('\n');
}
