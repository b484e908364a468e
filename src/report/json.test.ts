import { expect, it } from 'vitest';
import { jsonLine, reportJson } from './json.ts';

it('puts the head first and leaves terminals alone', () => {
  const report = {
    containers: [{ name: 'a\u202eb\u009bc' }],
    findings: [],
    schema: 'weigh.containers/1',
    complete: true,
  };
  const text = reportJson(report);
  expect(Object.keys(JSON.parse(text) as object)).toEqual(['schema', 'complete', 'findings', 'containers']);
  expect(JSON.parse(text)).toEqual(report);
  expect(text).toContain(String.raw`a\u202eb\u009bc`);
  expect(text.endsWith('}\n')).toBe(true);
});

it('writes one line', () => {
  expect(jsonLine({ message: 'a\nb' })).toBe('{"message":"a\\nb"}\n');
});
