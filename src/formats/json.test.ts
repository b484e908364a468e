import { describe, expect, it } from 'vitest';
import {
  flagAt,
  integerAt,
  memberOf,
  objectAt,
  parseRecord,
  textAt,
  textMapAt,
  textsAt,
  timeAt,
} from './json.ts';

const parse = <T>(text: string, read: Parameters<typeof parseRecord<T>>[1], stream = false): unknown =>
  parseRecord(Buffer.from(text), read, { stream });

describe('a record', () => {
  it.each(['', '{', '[]', 'null', '"x"', '7', '{} {}', '\ufeff{}', '{"a":1,}'])('refuses %j', (text) => {
    expect(parse(text, () => 'read')).toHaveProperty('malformed');
  });

  it('ends after the first value where the engine reads a stream', () => {
    expect(parse('{"a":"}\\"{"} trailing', (record) => textAt(record, 'a'), true)).toBe('}"{');
    expect(parse('{"a":"x"', () => 'read', true)).toHaveProperty('malformed');
    expect(parse('garbage {"a":1}', () => 'read', true)).toHaveProperty('malformed');
  });

  it('bears any depth of nesting', () => {
    const deep = '{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000);
    expect(() => parse(deep, (record) => memberOf(record, 'b'))).not.toThrow();
  });
});

describe('members', () => {
  it('matches names as Go does: exactly, else without case', () => {
    expect(parse('{"OS":"upper","os":"exact"}', (record) => textAt(record, 'os'))).toBe('exact');
    expect(parse('{"RootFS":"x"}', (record) => textAt(record, 'rootfs'))).toBe('x');
  });

  it('takes the last of equal names', () => {
    expect(parse('{"a":"1","a":"2"}', (record) => textAt(record, 'a'))).toBe('2');
  });

  it('never looks at the prototype', () => {
    expect(parse('{}', (record) => [memberOf(record, 'constructor'), memberOf(record, '__proto__')])).toEqual(
      [undefined, undefined],
    );
    const labels = parse('{"l":{"__proto__":"evil","toString":"x"}}', (record) => textMapAt(record, 'l'));
    expect(Object.keys(labels as object)).toEqual(['__proto__', 'toString']);
    expect(({} as Record<string, unknown>)['evil']).toBeUndefined();
  });

  it('has zero values for what is absent or null', () => {
    const zero = parse('{"n":null}', (record) => [
      textAt(record, 'n'),
      flagAt(record, 'n'),
      integerAt(record, 'n'),
      objectAt(record, 'n'),
      textsAt(record, 'n'),
      timeAt(record, 'n'),
    ]);
    expect(zero).toEqual(['', false, null, null, [], null]);
  });

  it('refuses other types', () => {
    const readers = [textAt, flagAt, integerAt, objectAt, textsAt, textMapAt, timeAt] as const;
    const wrong = ['1', '"x"', '"x"', '[]', '[1]', '{"a":1}', '"yesterday"'];
    for (const [index, read] of readers.entries()) {
      expect(
        parse(`{"a":${wrong[index]}}`, (record) => read(record, 'a')),
        read.name,
      ).toHaveProperty('malformed');
    }
  });

  it.each(['9007199254740992', '1e300', '1.5', '-9007199254740993'])('refuses the number %s', (number) => {
    expect(parse(`{"a":${number}}`, (record) => integerAt(record, 'a'))).toHaveProperty('malformed');
  });

  it.each([
    ['2024-01-02T03:04:05Z', '2024-01-02T03:04:05Z'],
    ['2024-01-02T03:04:05.123456789+02:00', '2024-01-02T03:04:05.123456789+02:00'],
    ['0001-01-01T00:00:00Z', null],
  ])('takes the time %s', (text, time) => {
    expect(parse(`{"a":"${text}"}`, (record) => timeAt(record, 'a'))).toBe(time);
  });
});
