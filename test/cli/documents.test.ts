import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import { ADVICE } from '../../src/report/findings.ts';

const top = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const read = (path: string): string => readFileSync(join(top, path), 'utf8');

it('has a page for each kind of finding, and for no other', () => {
  const pages = readdirSync(join(top, 'docs/findings')).sort();
  expect(pages).toEqual(
    Object.keys(ADVICE)
      .map((kind) => `${kind}.md`)
      .sort(),
  );
  for (const page of pages)
    expect(read(`docs/findings/${page}`)).toContain(`(\`${page.replace('.md', '')}\`)`);
});

it('has schemas that are schemas, named as reports name them', () => {
  for (const file of readdirSync(join(top, 'schemas'))) {
    const schema = JSON.parse(read(`schemas/${file}`)) as {
      $id: string;
      properties: { schema: { const: string } };
    };
    expect(() => new Ajv({ strict: false }).compile(schema)).not.toThrow();
    expect([schema.$id, `${schema.properties.schema.const.replace('/', '.')}.json`]).toEqual([file, file]);
  }
});

it('links to files that exist', () => {
  for (const file of ['README.md', 'CONTRIBUTING.md', 'docs/glossary.md', 'docs/dependencies.md']) {
    for (const [, target = ''] of read(file).matchAll(/\]\(((?!https?:)[^)#]+)/g)) {
      expect([file, target, existsSync(join(top, dirname(file), target))]).toEqual([file, target, true]);
    }
  }
});

it('gives each dependency a reason, and only those', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
    string,
    Record<string, string>
  >;
  const named = Object.keys({ ...dependencies, ...devDependencies }).sort();
  const explained = [...read('docs/dependencies.md').matchAll(/^\|([^|]+)\|/gm)]
    .flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
    .sort();
  expect(explained).toEqual(named);
});
