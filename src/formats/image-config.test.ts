import { describe, expect, it } from 'vitest';
import { parseImageConfig } from './image-config.ts';

const DIFF = `sha256:${'1'.repeat(64)}`;
const config = (members: object): Buffer =>
  Buffer.from(JSON.stringify({ rootfs: { type: 'layers', diff_ids: [DIFF] }, ...members }));

describe("an image's configuration", () => {
  it('gives what the store needs', () => {
    const bytes = config({
      os: 'linux',
      architecture: 'arm64',
      variant: 'v8',
      created: '2024-01-02T03:04:05.678Z',
      config: { Labels: { a: 'b' } },
      history: [{ created_by: 'COPY', comment: 'c', empty_layer: true, created: '0001-01-01T00:00:00Z' }, {}],
    });
    expect(parseImageConfig(bytes)).toEqual({
      diffIds: [DIFF],
      diffIdsValid: true,
      history: [
        { created: null, createdBy: 'COPY', comment: 'c', emptyLayer: true },
        { created: null, createdBy: '', comment: '', emptyLayer: false },
      ],
      created: '2024-01-02T03:04:05.678Z',
      os: 'linux',
      architecture: 'arm64',
      variant: 'v8',
      labels: { a: 'b' },
    });
  });

  it('takes an image without layers', () => {
    expect(parseImageConfig(Buffer.from('{"rootfs":{"type":"layers"}}'))).toMatchObject({
      diffIds: [],
      os: '',
    });
  });

  it.each([
    { rootfs: undefined },
    { rootfs: null },
    { rootfs: { diff_ids: [1] } },
    { os: 5 },
    { created: 'yesterday' },
    { history: [{ empty_layer: 'yes' }] },
    { history: {} },
    { config: { Labels: { a: 1 } } },
  ])('refuses %j', (members) => {
    expect(parseImageConfig(config(members))).toHaveProperty('malformed');
  });

  it('says when a diff ID is none: the engine then finds no layer', () => {
    expect(parseImageConfig(config({ rootfs: { diff_ids: ['x'] } }))).toMatchObject({ diffIdsValid: false });
  });
});
