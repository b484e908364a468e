import { characterWidth, escapeText, textWidth } from './escape.ts';

export type Style = 'strong' | 'faint' | 'warn';

/** A piece of a line. Styles only repeat what the words say: nothing needs colour to be understood. */
export interface Span {
  readonly text: string;
  readonly style?: Style;
}

/** What renderers make: lines, each a text or spans. Escaping happens in `paint`. */
export type Line = string | readonly Span[];

const SGR: Readonly<Record<Style, string>> = { strong: '1', faint: '2', warn: '33' };

/** The last step to the screen: every piece escaped, styles as SGR sequences where colour is wanted, a line feed after each line. */
export function paint(lines: readonly Line[], color: boolean): string {
  let out = '';
  for (const line of lines) {
    const spans = typeof line === 'string' ? [{ text: line }] : line;
    out += `${spans
      .map((span) => paintSpan(span, color))
      .join('')
      .trimEnd()}\n`;
  }
  return out;
}

function paintSpan(span: Span, color: boolean): string {
  const text = escapeText(span.text);
  if (!color || span.style === undefined || text === '') return text;
  return `\u001b[${SGR[span.style]}m${text}\u001b[0m`;
}

/** Breaks a sentence at spaces; a word longer than the line stands alone, uncut. Escapes first, so that widths are true. */
export function wrap(text: string, width: number, indent = '', firstIndent: string = indent): string[] {
  const lines: string[] = [];
  let line = firstIndent;
  let empty = true;
  for (const word of escapeText(text).split(/ +/)) {
    if (!empty && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line);
      line = indent;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  lines.push(line);
  return lines;
}

/** Takes out the middle, so that both the beginning and the end (a tag, a file name) stay readable. */
export function shorten(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  if (width <= 3) return '.'.repeat(Math.max(0, width));
  const tail = Math.ceil((width - 3) / 2);
  const characters = Array.from(text);
  const end = take(characters.toReversed(), tail).toReversed();
  return `${take(characters, width - 3 - tail).join('')}...${end.join('')}`;
}

/** As many characters from the beginning as fit. */
function take(characters: readonly string[], width: number): string[] {
  let used = 0;
  const end = characters.findIndex((character) => (used += characterWidth(character)) > width);
  return characters.slice(0, end < 0 ? characters.length : end);
}

/** Fills up to a width with spaces, left of a number or right of a word. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const spaces = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'right' ? spaces + text : text + spaces;
}
