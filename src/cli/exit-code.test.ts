import { expect, it } from 'vitest';
import { WeighError } from '../model/errors.ts';
import { exitCodeOf } from './exit-code.ts';
import type { Outcome } from './exit-code.ts';

const failed = (code: ConstructorParameters<typeof WeighError>[0]): Outcome => ({
  kind: 'failed',
  error: new WeighError(code, 'x'),
});

it.each<[string, Outcome, number]>([
  ['done', { kind: 'done', complete: true }, 0],
  ['incomplete', { kind: 'done', complete: false }, 3],
  ['refused', { kind: 'done', complete: true, refused: true }, 1],
  ['refused and incomplete', { kind: 'done', complete: false, refused: true }, 1],
  ['usage', failed('USAGE'), 2],
  ['not found', failed('NOT_FOUND'), 4],
  ['not a store', failed('NOT_A_STORE'), 4],
  ['ambiguous', failed('AMBIGUOUS'), 4],
  ['unreadable', failed('UNREADABLE'), 4],
  ['unsupported', failed('UNSUPPORTED'), 4],
  ['internal', failed('INTERNAL'), 70],
  ['any other error', { kind: 'failed', error: new TypeError('x') }, 70],
  ['something thrown', { kind: 'failed', error: 'x' }, 70],
  ['SIGINT', { kind: 'interrupted', signal: 'SIGINT' }, 130],
  ['SIGTERM', { kind: 'interrupted', signal: 'SIGTERM' }, 143],
  ['interrupted from within', failed('INTERRUPTED'), 130],
])('%s', (_, outcome, code) => {
  expect(exitCodeOf(outcome)).toBe(code);
});
