import type { Brand } from './bytes.ts';

/** `sha256:<64 lower-case hex>`: the digest of some bytes. */
export type Digest = string & Brand<'digest'>;
/** Digest of one layer's uncompressed tar. */
export type DiffId = Digest & Brand<'diffId'>;
/** Identity of a stack of layers: the first is its diff ID, each further one digest(parent chain ID + " " + diff ID). */
export type ChainId = Digest & Brand<'chainId'>;
/** Digest of an image's configuration. */
export type ImageId = Digest & Brand<'imageId'>;
/** Name of a directory in a graph driver's area: a cache ID, mount ID or init ID. Never empty, never holds `/`, never `.` or `..`. */
export type DriverId = string & Brand<'driverId'>;
/** 64 lower-case hex digits. */
export type ContainerId = string & Brand<'containerId'>;

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const CONTAINER = /^[0-9a-f]{64}$/;

/** Whether a text is a SHA-256 digest in its usual spelling. */
export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** Whether a text is a full container ID. */
export function isContainerId(text: string): text is ContainerId {
  return CONTAINER.test(text);
}

/** Whether a text read from a record may be used as one part of a path. */
export function isDriverId(text: string): text is DriverId {
  return (
    text !== '' &&
    text !== '.' &&
    text !== '..' &&
    !text.includes('/') &&
    !text.includes('\0') &&
    text.length <= 255
  );
}

/** The 64 hex digits of a digest. */
export function digestHex(digest: Digest): string {
  return digest.slice('sha256:'.length);
}
