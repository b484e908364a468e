import { expect, it } from 'vitest';
import { FindingList } from './findings.ts';

const problem = { kind: 'unreadable', subject: '/x', message: 'denied' } as const;

it('is complete as long as no number is touched', () => {
  const list = new FindingList();
  list.note(problem);
  expect(list.finish()).toEqual({ complete: true, findings: [{ ...problem, effects: [] }] });
});

it('gathers the effects of one problem, each pointer once', () => {
  const list = new FindingList();
  list.affect(problem, '/a', 'at-least');
  list.affect(problem, '/b', 'unknown');
  list.affect(problem, '/a', 'at-least');
  list.note({ ...problem, subject: '/y' });
  expect(list.finish()).toEqual({
    complete: false,
    findings: [
      {
        ...problem,
        effects: [
          { pointer: '/a', bound: 'at-least' },
          { pointer: '/b', bound: 'unknown' },
        ],
      },
      { ...problem, subject: '/y', effects: [] },
    ],
  });
});
