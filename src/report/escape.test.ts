import { describe, expect, it } from 'vitest';
import type { BytePath } from '../model/bytes.ts';
import { escapeBytes, escapeText, textWidth } from './escape.ts';

describe('escapeText', () => {
  it.each([
    ['plain', 'plain'],
    ['\u001b[31mred\u0007', String.raw`\x1b[31mred\x07`],
    ['a\nb\tc\u0000', String.raw`a\x0ab\x09c\x00`],
    ['\u009b2J', String.raw`\u009b2J`],
    ['a\u202egpj.exe', String.raw`a\u202egpj.exe`],
    ['zero\u200bwidth\ufeff', String.raw`zero\u200bwidth\ufeff`],
    ['\ud800x', String.raw`\ud800x`],
    ['\u{e0041}', String.raw`\u{e0041}`],
    ['größe 大きさ 🐳', 'größe 大きさ 🐳'],
    [String.raw`back\slash`, String.raw`back\slash`],
  ])('%j', (text, shown) => {
    expect(escapeText(text)).toBe(shown);
    expect(escapeText(escapeText(text))).toBe(shown);
  });
});

describe('escapeBytes', () => {
  const path = (text: string): BytePath => text as BytePath;
  const utf8 = (text: string): BytePath => path(Buffer.from(text, 'utf8').toString('latin1'));

  it('keeps UTF-8 and shows other bytes', () => {
    expect(escapeBytes(utf8('größe 🐳'))).toBe('größe 🐳');
    expect(escapeBytes(path('a\xffb'))).toBe(String.raw`a\xffb`);
    expect(escapeBytes(path('\xc3'))).toBe(String.raw`\xc3`);
    expect(escapeBytes(path('\x1b\xe2\x80\xae'))).toBe(String.raw`\x1b\u202e`);
  });

  it('takes overlong forms, surrogates and what is beyond Unicode for bytes', () => {
    expect(escapeBytes(path('\xc0\xaf'))).toBe(String.raw`\xc0\xaf`);
    expect(escapeBytes(path('\xe0\x80\xaf'))).toBe(String.raw`\xe0\x80\xaf`);
    expect(escapeBytes(path('\xed\xa0\x80'))).toBe(String.raw`\xed\xa0\x80`);
    expect(escapeBytes(path('\xf4\x90\x80\x80'))).toBe(String.raw`\xf4\x90\x80\x80`);
  });
});

it('textWidth counts columns', () => {
  expect(textWidth('abc')).toBe(3);
  expect(textWidth('大きさ')).toBe(6);
  expect(textWidth('🐳')).toBe(2);
  expect(textWidth('e\u0301')).toBe(1);
});
