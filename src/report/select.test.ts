import { expect, it } from 'vitest';
import type { ContainerRow, ContainersReport } from '../model/reports.ts';
import { selectContainers } from './select.ts';

function row(name: string, sizeRw: number): ContainerRow {
  return {
    store: 's',
    id: name,
    name,
    image: 'i',
    imageId: null,
    state: 'exited',
    created: null,
    sizeRw,
    sizeRootFs: null,
    path: 'native',
  };
}

const report: ContainersReport = {
  schema: 'weigh.containers/1',
  complete: false,
  findings: [
    {
      kind: 'unreadable',
      subject: 'b',
      message: 'm',
      effects: [{ pointer: '/containers/1/sizeRw', bound: 'at-least' }],
    },
    { kind: 'leftover', subject: 'l', message: 'm', effects: [] },
  ],
  rules: [],
  containers: [row('a', 1), row('b', 3), row('c', 2)],
};

it('moves effects with their rows', () => {
  const sorted = selectContainers(report, {
    keep: () => true,
    compare: (a, b) => (b.sizeRw ?? 0) - (a.sizeRw ?? 0),
    top: 2,
  });
  expect(sorted.containers.map(({ name }) => name)).toEqual(['b', 'c']);
  expect(sorted.findings[0]?.effects).toEqual([{ pointer: '/containers/0/sizeRw', bound: 'at-least' }]);
  expect(sorted.complete).toBe(false);
});

it('drops findings about rows that are left out, and keeps the others', () => {
  const filtered = selectContainers(report, { keep: ({ name }) => name !== 'b' });
  expect(filtered.findings.map(({ kind }) => kind)).toEqual(['leftover']);
  expect(filtered.complete).toBe(true);
});
