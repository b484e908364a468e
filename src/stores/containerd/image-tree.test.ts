import { expect, it } from 'vitest';
import type { Descriptor } from '../../formats/oci.ts';
import { Documents, isUnread, walkManifests, walkPresent } from './image-tree.ts';
import type { Content } from './records.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

function content(documents: Readonly<Record<string, unknown>>): Content {
  const blobs = new Map(Object.keys(documents).map((digest) => [digest, { size: 1, labels: new Map() }]));
  return {
    blobs,
    info: (digest) => blobs.get(digest),
    exists: (digest) => blobs.has(digest),
    read: (digest) => Buffer.from(JSON.stringify(documents[digest])),
  };
}

function of(digest: string, mediaType = INDEX): Descriptor {
  return { digest, mediaType, size: 1, annotations: {}, platform: null };
}

it('a tree is gone through first the descriptor itself, then what it refers to and is there', () => {
  const documents = new Documents(
    content({
      top: { manifests: [of('a', MANIFEST), of('gone', MANIFEST), of('a', MANIFEST)] },
      a: { config: of('config', 'c'), layers: [of('layer', 'l')] },
      layer: {},
    }),
  );
  const seen: string[] = [];
  expect(walkPresent(documents, of('top'), ({ digest }) => seen.push(digest))).toBeUndefined();
  expect(seen).toEqual(['top', 'a', 'layer', 'a', 'layer']);
});

it('a document that refers to itself again and again has an end', () => {
  const forged = { manifests: Array.from({ length: 1000 }, () => of('loop')) };
  const many = {
    config: of('many', MANIFEST),
    layers: Array.from({ length: 1000 }, () => of('many', MANIFEST)),
  };
  const documents = new Documents(content({ loop: forged, many }));
  for (const target of [of('loop'), of('many', MANIFEST)]) {
    let visits = 0;
    const failed = walkPresent(documents, target, () => (visits += 1));
    expect(isUnread(failed) && failed.denied).toBe(true);
    expect(visits).toBeLessThan(6_000_000);
  }
  expect(walkManifests(documents, of('loop'), () => undefined)).toMatchObject({ denied: true });
});
