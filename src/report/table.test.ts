import { describe, expect, it } from 'vitest';
import { table } from './table.ts';
import { paint, shorten, wrap } from './text.ts';

const COLUMNS = [{ title: 'NAME', shrinkTo: 8 }, { title: 'ID' }, { title: 'SIZE', align: 'right' }] as const;

describe('table', () => {
  it('aligns words left and numbers right', () => {
    const rows = [
      ['api', 'abc', '3.2 MB'],
      ['a-longer-name', 'def', '612 B'],
    ];
    expect(paint(table(COLUMNS, rows, { width: 80 }), false)).toBe(
      ['NAME           ID     SIZE', 'api            abc  3.2 MB', 'a-longer-name  def   612 B', ''].join(
        '\n',
      ),
    );
  });

  it('shortens names in the middle, and nothing else, until it fits', () => {
    const rows = [[`registry.example.com/${'x'.repeat(80)}:1.2.3`, '0123456789ab', '318.7 MB']];
    const [, row = ''] = paint(table(COLUMNS, rows, { width: 60 }), false).split('\n');
    expect(row).toHaveLength(60);
    expect(row).toMatch(/^registry\.example\.\.\.x+:1\.2\.3 {2}0123456789ab {2}318\.7 MB$/);
  });

  it('cuts nothing without a width', () => {
    const long = 'x'.repeat(200);
    expect(paint(table(COLUMNS, [[long, 'i', 's']], { width: undefined }), false)).toContain(long);
  });

  it('keeps a hostile name in its cell', () => {
    const text = paint(table(COLUMNS, [['a\nb\u001b[2J', 'i', 's']], { width: 80 }), true);
    expect(text.split('\n')).toHaveLength(3);
    expect(text).toContain(String.raw`a\x0ab\x1b[2J`);
    expect(text).not.toContain('\u001b[2J');
  });
});

describe('paint', () => {
  it('adds colour only when asked', () => {
    const lines = [[{ text: 'x', style: 'strong' as const }]];
    expect(paint(lines, false)).toBe('x\n');
    expect(paint(lines, true)).toBe('\u001b[1mx\u001b[0m\n');
  });
});

describe('shorten', () => {
  it('fits exactly and keeps both ends', () => {
    expect(shorten('abcdefghij', 10)).toBe('abcdefghij');
    expect(shorten('abcdefghijk', 10)).toBe('abc...hijk');
    expect(shorten('abcdefghijk', 2)).toBe('..');
    expect(shorten('大'.repeat(10), 10)).toBe('大...大大');
  });
});

describe('wrap', () => {
  it('breaks at spaces and never inside a path', () => {
    const path = `/${'p'.repeat(90)}`;
    expect(wrap(`one two ${path} three`, 20, '  ', '')).toEqual(['one two', `  ${path}`, '  three']);
  });
});
