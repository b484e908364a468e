import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DiffId } from '../model/ids.ts';
import {
  NO_DIRECTORY,
  chainIdsOf,
  parseCacheId,
  parseDiffId,
  parseLayerSize,
  parseMountId,
  parseParent,
} from './layerdb.ts';

const HEX = 'ab'.repeat(32);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('the size file', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['1005010', 1_005_010],
    ['+7', 7],
    ['-5', -5],
    ['0007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('%j is %i', (text, bytes) => {
    expect(parseLayerSize(text)).toBe(bytes);
  });

  it.each(['', '5\n', ' 5', '5 ', '1_000', '0x10', '1e3', '5.0', '٣', '+', '--1', '5\0'])(
    '%j makes the layer unloadable',
    (text) => {
      expect(parseLayerSize(text)).toHaveProperty('malformed');
    },
  );

  it('tells what the engine could read and weigh cannot from what neither can', () => {
    expect(parseLayerSize('9007199254740992')).toEqual({ malformed: expect.stringContaining('2^53') });
    expect(parseLayerSize('-9223372036854775808')).toEqual({ malformed: expect.stringContaining('2^53') });
    expect(parseLayerSize('9223372036854775808')).toEqual({ malformed: expect.stringContaining('63 bits') });
  });
});

describe('digests', () => {
  it('are trimmed as Go trims', () => {
    expect(parseDiffId(` \t\u0085sha256:${HEX}\r\n\u00a0`)).toBe(`sha256:${HEX}`);
    expect(parseParent(`sha256:${HEX}\n`)).toBe(`sha256:${HEX}`);
  });

  it.each([
    '',
    '\n',
    HEX,
    `sha256:${HEX}0`,
    `sha256:${HEX.toUpperCase()}`,
    `sha512:${HEX}`,
    `\ufeffsha256:${HEX}`,
  ])('%j is none', (text) => {
    expect(parseDiffId(text)).toHaveProperty('malformed');
  });
});

describe('names of directories', () => {
  it('takes any one name as a cache ID', () => {
    expect(parseCacheId(`${HEX}\n`)).toBe(HEX);
    expect(parseCacheId('odd \xff name')).toBe('odd \xff name');
  });

  it.each(['', ' \n'])('refuses %j as a cache ID', (text) => {
    expect(parseCacheId(text)).toHaveProperty('malformed');
  });

  it.each(['.', '..', '../x', 'a/b', '\0'.repeat(64), 'a'.repeat(256)])('makes no path of %j', (text) => {
    expect(parseCacheId(text)).toBe(NO_DIRECTORY);
  });

  it.each([HEX, `${HEX}-init`, `${HEX}\n`])('takes %j as a mount ID', (text) => {
    expect(parseMountId(text, 'mount-id')).toBe(text.trim());
  });

  it.each(['', HEX.toUpperCase(), `${HEX}-initt`, HEX.slice(1), `${HEX}-init-init`, `../${HEX.slice(3)}`])(
    'refuses %j as a mount ID',
    (text) => {
      expect(parseMountId(text, 'init-id')).toHaveProperty('malformed');
    },
  );
});

describe('chain IDs', () => {
  const diffs = ['a', 'b', 'c'].map((digit) => `sha256:${digit.repeat(64)}` as DiffId);

  it('follow the known vector', () => {
    expect(chainIdsOf(diffs, sha256)).toEqual([
      diffs[0],
      'sha256:ccd722928bd92476ba1745586fed6e45a102504185ad88cd89e01ff116fd146c',
      'sha256:c1377126441fb2f5ec2c21ae2a60255331d639e830f0ee1b40a36e52d4c40588',
    ]);
  });

  it('are none for an image without layers', () => {
    expect(chainIdsOf([], sha256)).toEqual([]);
  });
});
