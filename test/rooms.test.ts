import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = join(dirname(dirname(fileURLToPath(import.meta.url))), 'src');

/** Which rooms (folders of src) a room may import besides itself. `model` may be imported by all others. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  host: ['model'],
  formats: ['model'],
  report: ['model'],
  drivers: ['formats', 'host', 'model'],
  stores: ['drivers', 'formats', 'host', 'model'],
  measure: ['stores', 'drivers', 'formats', 'host', 'model'],
  'index.ts': ['measure', 'stores', 'drivers', 'host', 'model', 'report'],
  cli: ['index.ts', 'host', 'report', 'measure', 'model'],
};

const PACKAGES: Readonly<Record<string, readonly string[]>> = { cli: ['@stricli/core'], host: ['koffi'] };
const MAX_LINES = 400;

interface Import {
  readonly file: string;
  readonly room: string;
  readonly target: string;
}

function sources(): readonly string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .sort();
}

const SPECIFIER =
  /(?:\bimport\s+(?:type\s+)?(?:[\w*{}\s,$]+\s+from\s+)?|\bexport\s+(?:type\s+)?[\w*{}\s,$]+\s+from\s+|\bimport\(\s*|\brequire\(\s*)(['"])([^'"]+)\1/g;

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(src, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const room = file.split('/')[0] ?? '';
  return [...text.matchAll(SPECIFIER)].map(([, , target = '']) => ({ file, room, target }));
}

const all = sources().flatMap(importsOf);

describe('rooms', () => {
  it('finds the imports it is about', () => {
    expect(all.length).toBeGreaterThan(50);
    expect(all.map(({ room }) => room)).toEqual(
      expect.arrayContaining(['cli', 'report', 'measure', 'stores', 'drivers']),
    );
  });

  it('import only what lies below them', () => {
    const wrong = all
      .filter(({ target }) => target.startsWith('.'))
      .map((each) => {
        const path = relative(src, normalize(join(src, dirname(each.file), each.target)));
        return { ...each, to: path.split('/')[0] ?? '', path };
      })
      .filter(
        ({ room, to, path }) =>
          path.startsWith('..') || (to !== room && !(MAY_IMPORT[room] ?? []).includes(to)),
      );
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('leave node: modules to host and packages to the rooms that need them', () => {
    const wrong = all
      .filter(({ target }) => !target.startsWith('.'))
      .filter(({ room, target }) => !(target.startsWith('node:') && room === 'host'))
      .filter(({ room, target }) => !(PACKAGES[room] ?? []).includes(target));
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('name files with their extension', () => {
    const wrong = all.filter(({ target }) => target.startsWith('.') && !target.endsWith('.ts'));
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('keep the process to host and cli', () => {
    const wrong = sources().filter((file) => {
      if (/^(?:host|cli)\//.test(file)) return false;
      const text = readFileSync(join(src, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      return /\b(?:process|console)\s*\./.test(text);
    });
    expect(wrong).toEqual([]);
  });

  it(`hold files of at most ${String(MAX_LINES)} lines`, () => {
    const long = sources().filter(
      (file) => readFileSync(join(src, file), 'utf8').split('\n').length > MAX_LINES + 1,
    );
    expect(long).toEqual([]);
  });
});
