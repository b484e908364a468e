import { WeighError } from '../model/errors.ts';
import type { TextOptions } from '../report/options.ts';
import type { CliIo } from './context.ts';
import type { CommonFlags } from './flags.ts';

const PIPED_WIDTH = 80;
const NARROWEST = 40;

/** How a report leaves the program. */
export interface OutputSettings {
  readonly json: boolean;
  readonly color: boolean;
  readonly text: TextOptions;
  /** Whether the command may take long enough to show its progress. */
  readonly walks: boolean;
}

/**
 * Reads the flags that say how to write.
 *
 * @throws WeighError USAGE when two of them contradict each other.
 */
export function outputSettings(
  flags: CommonFlags,
  io: CliIo,
  command: { readonly units?: 'bytes'; readonly walks?: false } = {},
): OutputSettings {
  if (flags.bytes === true && flags.iec === true) {
    throw new WeighError('USAGE', '--bytes and --iec exclude each other');
  }
  if (flags.json === true && flags.format === 'table') {
    throw new WeighError('USAGE', '--json and --format table exclude each other');
  }
  const chosen =
    flags.bytes === true ? 'bytes' : flags.iec === true ? 'binary' : (command.units ?? 'decimal');
  return {
    json: flags.json === true || flags.format === 'json',
    color: wantsColor(flags, io),
    walks: command.walks ?? true,
    text: {
      units: chosen,
      width: screenWidth(io),
      noTrunc: flags.noTrunc === true,
      quiet: flags.quiet === true,
    },
  };
}

/** A terminal's own width, 80 columns elsewhere. */
export function screenWidth(io: CliIo): number {
  const { isTTY, columns } = io.stdout;
  return isTTY === true && columns !== undefined && columns > 0 ? Math.max(NARROWEST, columns) : PIPED_WIDTH;
}

function wantsColor(flags: CommonFlags, io: CliIo): boolean {
  if (flags.color === 'always' || flags.color === 'never') return flags.color === 'always';
  const { NO_COLOR: noColor = '', TERM: term = '' } = io.env;
  return io.stdout.isTTY === true && noColor === '' && term !== 'dumb';
}

/** Whether a failure must be told as JSON, known even when the flags could not be parsed. */
export function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const flags = end < 0 ? args : args.slice(0, end);
  return flags.some(
    (flag, index) =>
      flag === '--json' || flag === '--format=json' || (flag === '--format' && flags[index + 1] === 'json'),
  );
}
