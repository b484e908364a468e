/**
 * OCI and Docker image documents as containerd reads them (containerd 1.6-2.3 images/image.go Children, validateMediaType; images/mediatypes.go).
 */
import { integerAt, memberOf, objectAt, objectsAt, parseRecord, refuse, textAt, textMapAt } from './json.ts';
import type { JsonObject } from './json.ts';
import type { Malformed } from './malformed.ts';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly platform: Platform | null;
}

export interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

const NO_ANNOTATIONS: Readonly<Record<string, string>> = Object.freeze(
  Object.create(null) as Record<string, string>,
);

const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';

const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar';
const LAYER_TYPES: ReadonlySet<string> = new Set(
  [DOCKER_LAYER, 'application/vnd.docker.image.rootfs.foreign.diff.tar'].flatMap((type) => [
    type,
    `${type}.gzip`,
    `${type}.zstd`,
  ]),
);

export function isManifestType(mediaType: string): boolean {
  return mediaType === DOCKER_MANIFEST || mediaType === OCI_MANIFEST;
}

export function isIndexType(mediaType: string): boolean {
  return mediaType === DOCKER_LIST || mediaType === OCI_INDEX;
}

/** `+gzip` and the like say how a layer is packed, not whether it is one. */
export function isLayerType(mediaType: string): boolean {
  if (mediaType.startsWith('application/vnd.oci.image.layer.')) return true;
  return LAYER_TYPES.has(mediaType.split('+')[0] ?? '');
}

/** A platform member of an index, or the platform of an image's configuration. */
function platformAt(record: JsonObject, name: string): Platform | null {
  const platform = objectAt(record, name);
  if (platform === null) return null;
  return {
    os: textAt(platform, 'os'),
    architecture: textAt(platform, 'architecture'),
    variant: textAt(platform, 'variant'),
  };
}

function readDescriptor(record: JsonObject): Descriptor {
  return {
    mediaType: textAt(record, 'mediaType'),
    digest: textAt(record, 'digest'),
    size: integerAt(record, 'size') ?? 0,
    annotations: memberOf(record, 'annotations') ? textMapAt(record, 'annotations') : NO_ANNOTATIONS,
    platform: platformAt(record, 'platform'),
  };
}

const NONE: Descriptor = {
  mediaType: '',
  digest: '',
  size: 0,
  annotations: NO_ANNOTATIONS,
  platform: null,
};

/** A document that claims to be of another kind than its descriptor says is refused. */
function refuseWrongKind(
  record: JsonObject,
  foreign: readonly string[],
  isForeign: (type: string) => boolean,
): void {
  if (memberOf(record, 'fsLayers') !== undefined) refuse('it is of schema 1');
  const held = foreign.find((name) => memberOf(record, name) !== undefined);
  if (held !== undefined) refuse(`it has "${held}"`);
  if (isForeign(textAt(record, 'mediaType'))) refuse('it says that it is of another kind');
}

export function parseManifest(bytes: Buffer): Manifest | Malformed {
  return parseRecord(bytes, (record) => {
    refuseWrongKind(record, ['manifests'], isIndexType);
    const config = objectAt(record, 'config');
    return {
      config: config === null ? NONE : readDescriptor(config),
      layers: objectsAt(record, 'layers').map(readDescriptor),
    };
  });
}

export function parseIndex(bytes: Buffer): readonly Descriptor[] | Malformed {
  return parseRecord(bytes, (record) => {
    refuseWrongKind(record, ['config', 'layers'], isManifestType);
    return objectsAt(record, 'manifests').map(readDescriptor);
  });
}
