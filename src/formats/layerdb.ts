/**
 * The small files of Docker's layer store (engines.md 1.2; moby 20.10-29: layer/filestore.go):
 * `size` (GetSize, not trimmed), `diff`, `parent`, `cache-id` (trimmed), mounts' `mount-id`, `init-id`, `parent` (trimmed).
 * Texts come as bytes (latin1): a cache ID is a directory's name.
 */
import { isDigest, isDriverId } from '../model/ids.ts';
import type { ChainId, DiffId, Digest, DriverId } from '../model/ids.ts';
import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';

/** Go's strconv.ParseInt(text, 10, 64). */
const DECIMAL = /^[+-]?[0-9]+$/;
const INT64 = 2n ** 63n;
const MAX_SIZE_TEXT = 4096;
const SPACE_BEFORE = /^[\t\n\v\f\r \x85\xa0]+/;
const SPACE_AFTER = /[\t\n\v\f\r \x85\xa0]+$/;
/** moby layer/filestore.go stringIDRegexp, later isValidID. */
const MOUNT_ID = /^[a-f0-9]{64}(?:-init)?$/;

/** The `size` file: a decimal with nothing around it, as the engine's loader wants it. */
export function parseLayerSize(text: string): number | Malformed {
  if (text === '') return malformed('its size file is empty');
  if (text.length > MAX_SIZE_TEXT || !DECIMAL.test(text)) {
    return malformed(
      /\s$/.test(text)
        ? 'its size file has white space after the number'
        : 'its size file holds no decimal number',
    );
  }
  const bytes = Number(text);
  if (Number.isSafeInteger(bytes)) return bytes === 0 ? 0 : bytes;
  const exact = BigInt(text.replace('+', ''));
  return exact >= -INT64 && exact < INT64
    ? malformed('its size is beyond 2^53, more than weigh counts')
    : malformed('its size is more than 63 bits hold');
}

function trimSpace(text: string): string {
  return text.replace(SPACE_BEFORE, '').replace(SPACE_AFTER, '');
}

function parseDigest(text: string, file: string): Digest | Malformed {
  if (isDigest(text)) return text;
  const trimmed = trimSpace(text);
  if (isDigest(trimmed)) return trimmed;
  return malformed(trimmed === '' ? `its ${file} file is empty` : `its ${file} file holds no sha256 digest`);
}

export function parseDiffId(text: string): DiffId | Malformed {
  return parseDigest(text, 'diff') as DiffId | Malformed;
}

/** The `parent` file of a layer or of a mount. A file that is not there means no parent; that is the reader's business. */
export function parseParent(text: string): ChainId | Malformed {
  return parseDigest(text, 'parent') as ChainId | Malformed;
}

/** Stands for a cache ID that cannot name a directory. No driver has a directory of this name. */
export const NO_DIRECTORY: DriverId = 'no-directory' as DriverId;

/** The engine only asks that it is not empty: with anything else (zeros after a power loss) it loads the layer and fails to use it. */
export function parseCacheId(text: string): DriverId | Malformed {
  const trimmed = trimSpace(text);
  if (trimmed === '') return malformed('its cache-id file is empty');
  return isDriverId(trimmed) ? trimmed : NO_DIRECTORY;
}

/** `mount-id` or `init-id` of a mount. */
export function parseMountId(text: string, file: 'mount-id' | 'init-id'): DriverId | Malformed {
  const trimmed = trimSpace(text);
  if (MOUNT_ID.test(trimmed) && isDriverId(trimmed)) return trimmed;
  return malformed(trimmed === '' ? `its ${file} file is empty` : `its ${file} file holds no valid ID`);
}

/** Chain ID of a layer on top of `parent` (engines.md 1.3; moby layer/layer.go CreateChainID). */
export function chainIdOf(parent: ChainId | null, diffId: DiffId, sha256: (text: string) => string): ChainId {
  if (parent === null) return diffId as Digest as ChainId;
  return `sha256:${sha256(`${parent} ${diffId}`)}` as ChainId;
}

/** Chain IDs of a whole stack, base first. Empty for an image without layers. */
export function chainIdsOf(diffIds: readonly DiffId[], sha256: (text: string) => string): readonly ChainId[] {
  const chain: ChainId[] = [];
  for (const diffId of diffIds) chain.push(chainIdOf(chain.at(-1) ?? null, diffId, sha256));
  return chain;
}
