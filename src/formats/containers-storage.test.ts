import { describe, expect, it } from 'vitest';
import {
  bigDataFileName,
  parseStorageContainers,
  parseStorageImages,
  parseStorageLayers,
} from './containers-storage.ts';

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('layers', () => {
  it('have zero values where the record says nothing', () => {
    expect(parseStorageLayers(bytes([{ id: 'a' }]))).toEqual([
      {
        id: 'a',
        names: [],
        parent: '',
        diffDigest: '',
        diffSize: 0,
        tocDigest: '',
        compressedDigest: '',
        compressedSize: 0,
        created: null,
        incomplete: false,
        idMapped: false,
      },
    ]);
  });

  it('keep a -1, flags and mappings', () => {
    const layer = {
      id: 'a',
      parent: 'b',
      'diff-size': -1,
      'toc-digest': 'sha256:1',
      flags: { incomplete: true },
      uidmap: [{ container_id: 0, host_id: 1, size: 2 }],
    };
    expect(parseStorageLayers(bytes([layer]))).toMatchObject([
      { parent: 'b', diffSize: -1, tocDigest: 'sha256:1', incomplete: true, idMapped: true },
    ]);
  });

  it.each([
    [[{ parent: 'b' }], 'a record has no "id"'],
    [[{ id: 'a', 'diff-size': 1.5 }], '"diff-size" is not a whole number below 2^53'],
    [[null], 'it holds more than objects'],
    [{}, 'it is not a JSON list'],
  ])('%j are refused as a whole', (value, why) => {
    expect(parseStorageLayers(bytes(value))).toEqual({ malformed: why });
  });

  it('are none in an empty file and in null', () => {
    expect(parseStorageLayers(Buffer.alloc(0))).toEqual([]);
    expect(parseStorageLayers(bytes(null))).toEqual([]);
    expect(parseStorageLayers(Buffer.from('['))).toEqual({ malformed: 'it is not JSON' });
  });
});

it('images and containers have data items with sizes', () => {
  const data = { 'big-data-names': ['manifest', '__proto__'], 'big-data-sizes': { manifest: 5 } };
  expect(parseStorageImages(bytes([{ id: 'i', layer: 'l', 'mapped-layers': ['m'], ...data }]))).toMatchObject(
    [{ topLayer: 'l', mappedLayers: ['m'], bigDataNames: ['manifest', '__proto__'] }],
  );
  const [container] = parseStorageContainers(
    bytes([{ id: 'c', layer: 'l', image: 'i', ...data }]),
  ) as never[];
  expect(container).toMatchObject({ layerId: 'l', imageId: 'i', bigDataSizes: new Map([['manifest', 5]]) });
  expect(parseStorageImages(bytes([{ id: 'i', 'big-data-sizes': { a: 'x' } }]))).toHaveProperty('malformed');
});

it('a data item is named by its key, or by its coding', () => {
  expect(bigDataFileName('manifest')).toBe('manifest');
  expect(bigDataFileName('a.9')).toBe('a.9');
  expect(bigDataFileName('sha256:ab')).toBe('=c2hhMjU2OmFi');
  expect(bigDataFileName('ü')).toBe('=w7w=');
});
