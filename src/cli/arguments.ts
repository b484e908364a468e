import { VALUE_FLAGS } from './flags.ts';

/**
 * Puts the command's name first: people write `weigh --data-root X images` as well. Flags keep their order. `help images` becomes
 * `images --help`.
 */
export function commandFirst(args: readonly string[], commands: ReadonlySet<string>): readonly string[] {
  const at = firstWord(args);
  const word = at < 0 ? undefined : args[at];
  if (word === undefined) return args;
  if (word === 'help') {
    const rest = args.toSpliced(at, 1);
    return [...commandFirst(rest, commands), '--help'];
  }
  return at > 0 && commands.has(word) ? [word, ...args.toSpliced(at, 1)] : args;
}

/** Place of the first argument that is neither a flag nor a flag's value. */
function firstWord(args: readonly string[]): number {
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '--') return -1;
    if (!arg.startsWith('-') || arg === '-') return at;
    if (VALUE_FLAGS.has(arg)) at += 1;
  }
  return -1;
}
