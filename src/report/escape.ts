import type { BytePath } from '../model/bytes.ts';

/** Code points that a terminal may act on, that reorder text or that nobody can see; first and last of each range. */
const UNSAFE_RANGES: readonly (readonly [number, number])[] = [
  [0x00, 0x1f], // C0 controls
  [0x7f, 0x9f], // DEL and C1 controls
  [0xad, 0xad], // soft hyphen
  [0x61c, 0x61c], // Arabic letter mark
  [0x115f, 0x1160], // Hangul fillers
  [0x17b4, 0x17b5], // Khmer inherent vowels
  [0x180b, 0x180f], // Mongolian selectors and vowel separator
  [0x200b, 0x200f], // zero-width characters and direction marks
  [0x2028, 0x202e], // line and paragraph separators, direction embeddings and overrides
  [0x2060, 0x206f], // invisible operators, direction isolates
  [0x3164, 0x3164], // Hangul filler
  [0xd800, 0xdfff], // lone surrogates
  [0xfe00, 0xfe0f], // variation selectors
  [0xfeff, 0xfeff], // byte order mark
  [0xffa0, 0xffa0], // Hangul filler, half width
  [0xfff9, 0xfffb], // interlinear marks
  [0x1bca0, 0x1bca3], // shorthand format controls
  [0xe0000, 0xe0fff], // tags and more variation selectors
];

const UNSAFE = new RegExp(
  `[${UNSAFE_RANGES.map(([first, last]) => `\\u{${hex(first, 1)}}-\\u{${hex(last, 1)}}`).join('')}]`,
  'gu',
);

/**
 * Text from a store made safe to print. `\x1b` for a control character, `\u202e` for the others. A backslash stays as it is, so that
 * escaping twice changes nothing: every renderer may do it, and the last step does it again.
 */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\u{${hex(code, 1)}}` : `\\u${hex(code, 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** A path's bytes made safe to print: bytes that are not UTF-8 as `\xNN`, the rest as `escapeText` has it. */
export function escapeBytes(path: BytePath): string {
  const bytes = Buffer.from(path, 'latin1');
  let shown = '';
  let start = 0;
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      shown += `${escapeText(bytes.toString('utf8', start, at))}\\x${hex(bytes[at] ?? 0, 2)}`;
      start = at + 1;
    }
    at += Math.max(1, length);
  }
  return shown + escapeText(bytes.toString('utf8', start));
}

/** Length of the well-formed UTF-8 sequence at a place; 0 where there is none (The Unicode Standard, table 3-7). */
function sequenceLength(bytes: Buffer, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + length > bytes.length) return 0;
  for (let next = 1; next < length; next += 1) {
    if (((bytes[at + next] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  const second = bytes[at + 1] ?? 0;
  const overlong = (lead === 0xe0 && second < 0xa0) || (lead === 0xf0 && second < 0x90);
  const outside = (lead === 0xed && second > 0x9f) || (lead === 0xf4 && second > 0x8f);
  return overlong || outside ? 0 : length;
}

/** What takes two columns of a terminal: East Asian wide and emoji. */
const WIDE =
  /[\u1100-\u115f\u231a\u231b\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const COMBINING = /\p{M}/u;
/** Printable ASCII: the fast way out. */
const PLAIN = /^[ -~]*$/;

/** Columns that one character takes. */
export function characterWidth(character: string): number {
  if (PLAIN.test(character)) return 1;
  if (COMBINING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Columns that a text takes on a terminal. The text must be escaped already. */
export function textWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}
