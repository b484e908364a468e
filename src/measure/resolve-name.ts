import { WeighError } from '../model/errors.ts';
import type { ContainerRecord, ImageRecord } from '../stores/docker/records.ts';
import type { StoreScope } from './scope.ts';

/** A container with the scope of its store. */
export interface ScopedContainer {
  readonly scope: StoreScope;
  readonly record: ContainerRecord;
}

/** An image with the scope of its store. */
export interface ScopedImage {
  readonly scope: StoreScope;
  readonly record: ImageRecord;
}

/**
 * The container that an engine finds for a word: full ID, then exact name, then ID prefix (moby 20.10-29: daemon/container.go GetContainer).
 *
 * @throws WeighError AMBIGUOUS when the prefix fits several.
 */
export function findContainer<C extends { readonly id: string; readonly name: string }>(
  records: readonly C[],
  word: string,
): C | undefined {
  const name = word.startsWith('/') ? word.slice(1) : word;
  const exact =
    records.find((record) => record.id === word) ?? records.find((record) => record.name === name);
  if (exact !== undefined) return exact;
  return single(
    /^[0-9a-f]+$/.test(word) ? records.filter((record) => record.id.startsWith(word)) : [],
    word,
    (record) => `container:${record.id}`,
  );
}

/**
 * The image that an engine finds for a word: full digest, then a reference (`latest` when no tag is named), then an ID prefix
 * (moby 20.10-29: daemon/images/image.go GetImage).
 *
 * @throws WeighError AMBIGUOUS when the prefix fits several.
 */
export function findImage(records: readonly ImageRecord[], word: string): ImageRecord | undefined {
  return findImageRow(
    records.map((record) => ({ id: record.id, names: record.tags, repoDigests: record.repoDigests, record })),
    word,
  )?.record;
}

/** What a word may find of an image. */
interface NamedImage {
  readonly id: string;
  readonly names: readonly string[];
  readonly repoDigests: readonly string[];
}

/** The same among rows of a list, of any kind of store. */
export function findImageRow<I extends NamedImage>(images: readonly I[], word: string): I | undefined {
  const full = /^(?:sha256:)?[0-9a-f]{64}$/.test(word);
  if (full) {
    const id = word.startsWith('sha256:') ? word : `sha256:${word}`;
    return images.find((image) => image.id === id);
  }
  const reference = familiarReference(word);
  const named = images.find(
    ({ names, repoDigests }) => names.includes(reference) || repoDigests.includes(reference),
  );
  if (named !== undefined) return named;
  const hex = word.startsWith('sha256:') ? word.slice(7) : word;
  return single(
    /^[0-9a-f]+$/.test(hex) ? images.filter((image) => image.id.startsWith(`sha256:${hex}`)) : [],
    word,
    (image) => `image:${image.id}`,
  );
}

/** The images of a repository that is named without a tag. */
export function imagesOfRepository<I extends NamedImage>(images: readonly I[], word: string): readonly I[] {
  return images.filter(({ names }) => names.some((name) => name.slice(0, name.lastIndexOf(':')) === word));
}

/** A reference as the store writes it: the default registry and `library/` left out, `:latest` where nothing is named. */
export function familiarReference(word: string): string {
  let name = word;
  for (const prefix of ['docker.io/', 'index.docker.io/']) {
    if (name.startsWith(prefix)) name = name.slice(prefix.length);
  }
  if (name.startsWith('library/') && !name.slice(8).includes('/')) name = name.slice(8);
  if (name.includes('@')) return withoutTagBeforeDigest(name);
  return name.lastIndexOf(':') > name.lastIndexOf('/') ? name : `${name}:latest`;
}

/** `name:tag@digest` is the image of the digest. */
function withoutTagBeforeDigest(name: string): string {
  const at = name.indexOf('@');
  const front = name.slice(0, at);
  const colon = front.lastIndexOf(':');
  return colon > front.lastIndexOf('/') ? front.slice(0, colon) + name.slice(at) : name;
}

function single<T>(found: readonly T[], word: string, target: (item: T) => string): T | undefined {
  if (found.length < 2) return found[0];
  throw new WeighError('AMBIGUOUS', `several have an ID that starts with ${word}`, {
    hint: `Name one of them: ${found.slice(0, 5).map(target).join(' ')}`,
  });
}

/** Suggestions that an error names at most. */
const MAX_SUGGESTIONS = 3;

/** What to do where nothing could be looked through. */
export const NAME_A_STORE: string = 'Name a store with --data-root PATH.';

/** Where something was looked for, as an error says it. */
export function placeOf(stores: number): string {
  if (stores === 0) return 'here: no container store found on this host';
  return stores === 1 ? 'in 1 store' : `in ${stores} stores`;
}

/** The error for a word that nothing answers to, with names that are close to it. */
export function notFound(
  what: string,
  word: string,
  stores: number,
  known: readonly string[] = [],
): WeighError {
  const close = [...new Set(known)].filter((name) => isClose(word, name)).slice(0, MAX_SUGGESTIONS);
  const message = `no ${what} ${word} ${placeOf(stores)}`;
  if (stores === 0) return new WeighError('NOT_FOUND', message, { hint: NAME_A_STORE });
  return new WeighError(
    'NOT_FOUND',
    message,
    close.length === 0 ? {} : { hint: `Did you mean ${close.join(' or ')}?` },
  );
}

/** One edit apart (a letter too many, too few or other), or a part of the other, ignoring the tag where the word has none. */
function isClose(word: string, name: string): boolean {
  const bare = word.includes(':') ? name : name.replace(/:[^:/]*$/, '');
  if (Math.min(word.length, bare.length) > 2 && (name.includes(word) || word.includes(bare))) return true;
  const [short, long] = word.length < bare.length ? [word, bare] : [bare, word];
  if (long.length - short.length > 1) return false;
  let same = 0;
  while (same < short.length && short[same] === long[same]) same += 1;
  const rest = long.slice(same + 1);
  return rest === short.slice(same) || rest === short.slice(same + 1);
}
