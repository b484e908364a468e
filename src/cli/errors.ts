import { isWeighError } from '../model/errors.ts';
import { jsonLine } from '../report/json.ts';
import { paint, wrap } from '../report/text.ts';
import { exitCodeOf } from './exit-code.ts';
import type { Outcome } from './exit-code.ts';

const BUG_HINT = 'This is a bug of weigh. Please report it with what --debug adds here.';

interface Said {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

function said(outcome: Outcome): Said | undefined {
  if (outcome.kind === 'done') return undefined;
  if (outcome.kind === 'interrupted') return { code: 'INTERRUPTED', message: 'interrupted' };
  const { error } = outcome;
  if (isWeighError(error)) return { code: error.code, message: error.message, hint: error.hint };
  const text = error instanceof Error ? error.message : String(error);
  return { code: 'INTERNAL', message: `internal error: ${text}`, hint: BUG_HINT };
}

/** What standard error gets when a command did not get to its end: a sentence and a hint, or one line of JSON. */
export function failureText(
  outcome: Outcome,
  options: { readonly json: boolean; readonly width: number },
): string {
  const what = said(outcome);
  if (what === undefined) return '';
  if (options.json) {
    const { code, message, hint } = what;
    return jsonLine({
      schema: 'weigh.error/1',
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      exitCode: exitCodeOf(outcome),
    });
  }
  const hint = what.hint === undefined ? [] : wrap(what.hint, options.width, '  ');
  return paint([...wrap(`weigh: ${what.message}`, options.width, '  ', ''), ...hint], false);
}

/** The stack of an error and of its causes, for `--debug`. */
export function stackText(error: unknown): string {
  const lines: string[] = [];
  for (let current = error; current instanceof Error && lines.length < 200; current = current.cause) {
    lines.push(...(current.stack ?? String(current)).split('\n'));
  }
  return paint(lines, false);
}
