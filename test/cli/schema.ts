import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';

const schemas = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'schemas');

/** What a report's published schema says against it; and numbers that its effects name, but that are not there. */
export function schemaErrors(json: string): readonly unknown[] {
  const value = JSON.parse(json) as {
    readonly schema: string;
    readonly complete: boolean;
    readonly findings: readonly { readonly effects: readonly { readonly pointer: string }[] }[];
  };
  const file = join(schemas, `${value.schema.replace('/', '.')}.json`);
  const validate = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(file, 'utf8')) as object);
  if (!validate(value)) return validate.errors ?? [];
  const pointers = value.findings.flatMap(({ effects }) => effects.map(({ pointer }) => pointer));
  if (value.complete !== (pointers.length === 0)) return ['complete contradicts the effects'];
  return pointers.filter((pointer) => at(value, pointer) === undefined);
}

function at(value: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>(
      (here, part) =>
        typeof here === 'object' && here !== null ? (here as Record<string, unknown>)[part] : undefined,
      value,
    );
}
