import { describe, expect, it } from 'vitest';
import { isMalformed } from './malformed.ts';
import { isIndexType, isLayerType, isManifestType, parseIndex, parseManifest } from './oci.ts';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const descriptor = { mediaType: 'a', digest: 'b', size: 7 };

describe('image documents', () => {
  it('are told by their media types', () => {
    expect(isManifestType('application/vnd.oci.image.manifest.v1+json')).toBe(true);
    expect(isManifestType('application/vnd.docker.distribution.manifest.v2+json')).toBe(true);
    expect(isManifestType('application/vnd.oci.image.index.v1+json')).toBe(false);
    expect(isIndexType('application/vnd.docker.distribution.manifest.list.v2+json')).toBe(true);
    expect(isIndexType('application/vnd.oci.image.config.v1+json')).toBe(false);
  });

  it.each([
    ['application/vnd.oci.image.layer.v1.tar+gzip', true],
    ['application/vnd.oci.image.layer.nondistributable.v1.tar', true],
    ['application/vnd.docker.image.rootfs.diff.tar.gzip', true],
    ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', true],
    ['application/vnd.docker.image.rootfs.diff.tar.gzip+encrypted', true],
    ['application/vnd.docker.image.rootfs.other', false],
    ['application/vnd.in-toto+json', false],
    ['', false],
  ])('%s is a layer: %s', (mediaType, expected) => expect(isLayerType(mediaType)).toBe(expected));

  it('hold descriptors', () => {
    expect(parseManifest(json({ config: descriptor, layers: [descriptor] }))).toMatchObject({
      config: { digest: 'b', size: 7, platform: null },
      layers: [{ mediaType: 'a' }],
    });
    const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };
    const annotations = { x: 'y' };
    expect(parseIndex(json({ manifests: [{ ...descriptor, platform, annotations }] }))).toMatchObject([
      { platform, annotations },
    ]);
    expect(parseManifest(json({}))).toMatchObject({ config: { digest: '' }, layers: [] });
  });

  it.each([
    [parseManifest, { manifests: [] }],
    [parseManifest, { fsLayers: [] }],
    [parseManifest, { mediaType: 'application/vnd.oci.image.index.v1+json' }],
    [parseManifest, { layers: [1] }],
    [parseIndex, { layers: [] }],
    [parseIndex, { config: {} }],
    [parseIndex, { mediaType: 'application/vnd.oci.image.manifest.v1+json' }],
    [parseIndex, { manifests: [{ size: 2 ** 60 }] }],
  ])('of another kind are refused', (parse, document) => {
    expect(isMalformed(parse(json(document)))).toBe(true);
  });
});
