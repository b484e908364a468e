/** What a parser answers instead of a value: a clause that says what is wrong with the record. Returned, never thrown. */
export interface Malformed {
  readonly malformed: string;
}

export function isMalformed(value: unknown): value is Malformed {
  return typeof value === 'object' && value !== null && 'malformed' in value;
}

export function malformed(why: string): Malformed {
  return { malformed: why };
}
