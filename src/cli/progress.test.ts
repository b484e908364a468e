import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { CliIo } from './context.ts';
import { progressLine } from './progress.ts';

let said = '';

function io(isTTY: boolean): CliIo {
  const output = { write: (text: string) => (said += text), isTTY, columns: 60 };
  return {
    stdout: output,
    stderr: output,
    env: {},
    version: '0',
    signal: new AbortController().signal,
    openHost: () => Promise.reject(new Error('not used')),
  };
}

beforeEach(() => {
  said = '';
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

const step = { what: 'api', done: 2, total: 12, entries: 120_000 };

it('says nothing about what takes less than half a second', () => {
  const line = progressLine(io(true), true);
  line?.onProgress(step);
  vi.advanceTimersByTime(499);
  line?.stop();
  vi.advanceTimersByTime(1000);
  expect(said).toBe('');
});

it('then shows what is weighed, in one line that it wipes', () => {
  const line = progressLine(io(true), true);
  line?.onProgress(step);
  vi.advanceTimersByTime(500);
  expect(said).toBe('\r\u001b[Kweighing api (3 of 12): 120,000 entries');
  line?.onProgress({ ...step, what: `\u001b[2J${'x'.repeat(100)}` });
  expect(said).not.toContain('\u001b[2J');
  expect(said.split('\r\u001b[K').at(-1)).toHaveLength(59);
  line?.stop();
  expect(said.endsWith('\r\u001b[K')).toBe(true);
});

it('is for terminals only', () => {
  expect(progressLine(io(false), true)).toBeUndefined();
  expect(progressLine(io(true), false)).toBeUndefined();
});
