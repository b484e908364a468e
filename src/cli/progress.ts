import { paint, shorten } from '../report/text.ts';
import { formatCount } from '../report/units.ts';
import type { Progress } from '../measure/context.ts';
import type { CliIo } from './context.ts';
import { screenWidth } from './settings.ts';

/** Nothing is shown for work shorter than this. */
const SHOW_AFTER_MS = 500;

/** A line on standard error that says what is being weighed; only on a terminal. */
export interface ProgressLine {
  readonly onProgress: (progress: Progress) => void;
  /** Wipes the line. Safe to call twice. */
  readonly stop: () => void;
}

export function progressLine(io: CliIo, wanted: boolean): ProgressLine | undefined {
  if (!wanted || io.stderr.isTTY !== true) return undefined;
  let latest: Progress | undefined;
  let due = false;
  let shown = false;
  const show = (): void => {
    io.stderr.write(`\r\u001b[K${lineOf(latest, screenWidth(io) - 1)}`);
    shown = true;
  };
  const timer = setTimeout(() => {
    due = true;
    show();
  }, SHOW_AFTER_MS);
  return {
    onProgress: (progress): void => {
      latest = progress;
      if (due) show();
    },
    stop: (): void => {
      clearTimeout(timer);
      due = false;
      if (shown) io.stderr.write('\r\u001b[K');
      shown = false;
    },
  };
}

function lineOf(progress: Progress | undefined, width: number): string {
  if (progress === undefined) return 'weighing ...';
  const { what, done, total, entries } = progress;
  const count = total > 1 ? ` (${formatCount(Math.min(done + 1, total))} of ${formatCount(total)})` : '';
  const line = `weighing ${what}${count}: ${formatCount(entries)} entries`;
  return shorten(paint([line], false).trimEnd(), width);
}
