// OCI images of our own: several platforms, attestations, blobs that stand in no layer's place, as files of a layout or in a registry.
import { gzipSync } from 'node:zlib';
import type { Random } from '../engines/random.ts';
import { sha256 } from '../engines/registry.ts';
import { tar } from '../engines/tar.ts';
import type { TarEntry } from '../engines/tar.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';
const STATEMENT = 'application/vnd.in-toto+json';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface OciImage {
  /** An index, or a manifest. */
  readonly target: Descriptor;
  readonly documents: readonly Buffer[];
  readonly blobs: readonly Buffer[];
}

/** One platform of an image: its layers, uncompressed. */
export interface PlatformLayers {
  readonly architecture: string;
  readonly variant?: string;
  readonly layers: readonly Buffer[];
}

class Maker {
  readonly documents: Buffer[] = [];
  readonly blobs: Buffer[] = [];

  blob(mediaType: string, body: Buffer): Descriptor {
    this.blobs.push(body);
    return { mediaType, digest: sha256(body), size: body.length };
  }

  document(mediaType: string, value: object): Descriptor {
    const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...value }));
    this.documents.push(body);
    return { mediaType, digest: sha256(body), size: body.length };
  }

  platform({ architecture, variant, layers }: PlatformLayers, packed: boolean, comment: string): Descriptor {
    const platform = { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) };
    const config = {
      ...platform,
      created: '2024-06-01T00:00:00Z',
      config: { Cmd: ['/bin/sh'], Labels: { comment } },
      rootfs: { type: 'layers', diff_ids: layers.map(sha256) },
      history: [
        ...layers.map((_none, index) => ({ created: '2024-06-01T00:00:00Z', created_by: `layer ${index}` })),
        { created: '2024-06-01T00:00:01Z', created_by: 'CMD', empty_layer: true },
      ],
    };
    const manifest = this.document(MANIFEST, {
      config: this.blob(CONFIG, Buffer.from(JSON.stringify(config))),
      layers: layers.map((layer) =>
        packed ? this.blob(`${LAYER}+gzip`, gzipSync(layer)) : this.blob(LAYER, layer),
      ),
    });
    return { ...manifest, platform };
  }

  /** What BuildKit writes beside a platform: a manifest without layers of files, for a platform that is none. */
  attestation(of: Descriptor, random: Random): Descriptor {
    const statement = Buffer.from(JSON.stringify({ _type: 'statement', filler: random.word(900) }));
    const manifest = this.document(MANIFEST, {
      config: this.blob(CONFIG, Buffer.from('{"architecture":"unknown","os":"unknown","rootfs":{}}')),
      layers: [this.blob(STATEMENT, statement)],
    });
    return {
      ...manifest,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: {
        'vnd.docker.reference.digest': of.digest,
        'vnd.docker.reference.type': 'attestation-manifest',
      },
    };
  }
}

export function manifestOf(layers: readonly Buffer[], packed: boolean, comment: string): OciImage {
  const maker = new Maker();
  const target = maker.platform({ architecture: 'amd64', layers }, packed, comment);
  return { target, documents: maker.documents, blobs: maker.blobs };
}

/** An index of several platforms, some with an attestation. */
export function indexOf(platforms: readonly PlatformLayers[], random: Random, comment: string): OciImage {
  const maker = new Maker();
  const manifests = platforms.flatMap((platform) => {
    const made = maker.platform(platform, random.chance(0.7), comment);
    return random.chance(0.6) ? [made, maker.attestation(made, random)] : [made];
  });
  const target = maker.document(INDEX, { manifests });
  return { target, documents: maker.documents, blobs: maker.blobs };
}

/** An OCI layout as a tar archive, each image under its name. `without`: blobs that are left out. */
export function layout(
  images: readonly (readonly [string, OciImage])[],
  without: ReadonlySet<string> = new Set(),
): Buffer {
  const entries = new Map<string, TarEntry>();
  for (const [, image] of images) {
    for (const body of [...image.documents, ...image.blobs]) {
      const digest = sha256(body);
      const name = `blobs/sha256/${digest.slice(7)}`;
      if (!without.has(digest)) entries.set(name, { name, kind: 'file', body });
    }
  }
  const manifests = images.map(([name, { target }]) => ({
    ...target,
    annotations: {
      'io.containerd.image.name': name,
      'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
    },
  }));
  const file = (name: string, value: object): TarEntry => ({
    name,
    kind: 'file',
    body: Buffer.from(JSON.stringify(value)),
  });
  return tar([
    file('oci-layout', { imageLayoutVersion: '1.0.0' }),
    { name: 'blobs', kind: 'directory' },
    { name: 'blobs/sha256', kind: 'directory' },
    ...entries.values(),
    file('index.json', { schemaVersion: 2, mediaType: INDEX, manifests }),
  ]);
}
