import { describe, expect, it } from 'vitest';
import type { Finding } from '../model/finding.ts';
import { amountAt, boundsOf, sumAmounts } from './bounds.ts';
import { figureName, findingLines } from './findings.ts';
import { paint } from './text.ts';

const OPTIONS = { units: 'decimal', width: 80, noTrunc: false, quiet: false } as const;
const unreadable: Finding = {
  kind: 'unreadable',
  subject: '/srv/docker/overlay2/x/diff',
  message: 'cannot read /srv/docker/overlay2/x/diff: permission denied (uid 1000)',
  effects: [
    { pointer: '/containers/0/sizeRw', bound: 'at-least' },
    { pointer: '/containers/0/sizeRootFs', bound: 'at-least' },
  ],
};
const report = { containers: [{ name: 'api', id: 'f'.repeat(64) }], findings: [unreadable] };

describe('findingLines', () => {
  it('names the figures that are bounds and what to do', () => {
    expect(paint(findingLines(report, OPTIONS), false)).toBe(
      `
Not exact
  cannot read /srv/docker/overlay2/x/diff: permission denied (uid 1000)
    api sizeRw, api sizeRootFs: at least what is shown
    Run it as root, or name a copy that you can read with --data-root.
`,
    );
  });

  it('keeps bounds but no notes when quiet', () => {
    const note: Finding = { kind: 'leftover', subject: '/x', message: '/x is left over', effects: [] };
    const both = { ...report, findings: [unreadable, note] };
    expect(paint(findingLines(both, OPTIONS), false)).toContain('To know');
    const quiet = paint(findingLines(both, { ...OPTIONS, quiet: true }), false);
    expect(quiet).toContain('Not exact');
    expect(quiet).not.toContain('To know');
  });

  it('writes out five of a kind and counts the rest', () => {
    const notes = Array.from({ length: 8 }, (_, index): Finding => ({
      kind: 'leftover',
      subject: `/${index}`,
      message: 'is left over',
      effects: [],
    }));
    const text = paint(findingLines({ findings: notes }, OPTIONS), false);
    expect(text).toContain('and 3 more like it');
    expect(text).not.toContain('/5: ');
  });
});

describe('figureName', () => {
  it('uses the nearest name', () => {
    const df = {
      stores: [
        { store: 'docker:/x#vfs', images: { size: 1 }, details: { images: [{ names: ['a:1'], id: 'x' }] } },
      ],
    };
    expect(figureName(df, '/stores/0/images/size')).toBe('images size');
    const several = { ...df, rules: [{}, {}] };
    expect(figureName(several, '/stores/0/images/size')).toBe('docker:/x#vfs images size');
    expect(figureName(df, '/stores/0/details/images')).toBe('list of images');
    expect(figureName(df, '/stores/0/details/images/0/size')).toBe('a:1 size');
    expect(figureName(df, '/stores')).toBe('list of stores');
  });
});

describe('bounds', () => {
  it('joins the effects on one number', () => {
    const bounds = boundsOf([
      unreadable,
      { ...unreadable, effects: [{ pointer: '/containers/0/sizeRw', bound: 'at-most' }] },
    ]);
    expect(bounds.get('/containers/0/sizeRw')).toBe('unknown');
    expect(amountAt(bounds, '/containers/0/sizeRootFs', 5)).toEqual({ bytes: 5, bound: 'at-least' });
    expect(amountAt(bounds, '/containers/1/sizeRw', 5)).toEqual({ bytes: 5 });
  });

  it('makes a sum with an unknown part a lower bound', () => {
    expect(sumAmounts([{ bytes: 1 }, { bytes: 2 }])).toEqual({ bytes: 3 });
    expect(sumAmounts([{ bytes: 1 }, { bytes: null, bound: 'unknown' }])).toEqual({
      bytes: 1,
      bound: 'at-least',
    });
    expect(sumAmounts([{ bytes: 1, bound: 'at-most' }, { bytes: null }])).toEqual({
      bytes: 1,
      bound: 'unknown',
    });
  });
});
