/** Characters that a terminal may act on. JSON may hold them, but need not: escaped, the value stays the same. */
const UNSAFE = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

const HEAD = ['schema', 'complete', 'findings'] as const;

interface Reported {
  readonly schema: string;
}

/** A report as JSON: schema, complete and findings first, then the payload in the order that measuring gave it. Ends with a line feed. */
export function reportJson(report: Reported): string {
  const fields = new Map(Object.entries(report));
  const ordered: Record<string, unknown> = {};
  for (const name of HEAD) if (fields.has(name)) ordered[name] = fields.get(name);
  for (const [name, value] of fields) ordered[name] = value;
  return `${safe(JSON.stringify(ordered, null, 2))}\n`;
}

/** One line of JSON, e.g. a failure on standard error. */
export function jsonLine(value: unknown): string {
  return `${safe(JSON.stringify(value))}\n`;
}

function safe(json: string): string {
  return json.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
