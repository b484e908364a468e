/** Image names as Docker normalises them (distribution/reference: ParseNormalizedNamed, FamiliarName, FamiliarString). */

const DEFAULT_DOMAIN = 'docker.io';
const LEGACY_DOMAIN = 'index.docker.io';
const OFFICIAL = 'library/';
const MAX_REFERENCE = 4096;
const MAX_PATH = 255;

const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const DOMAIN =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const BARE_ID = /^[a-f0-9]{64}$/;

export interface ImageReference {
  /** e.g. `docker.io`. */
  readonly domain: string;
  /** e.g. `library/busybox`. */
  readonly path: string;
  readonly tag: string | null;
  readonly digest: string | null;
}

function splitDomain(name: string): readonly [string, string] {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isDomain =
    first !== '' && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  let domain = isDomain ? first : DEFAULT_DOMAIN;
  let rest = isDomain ? name.slice(slash + 1) : name;
  if (domain === LEGACY_DOMAIN) domain = DEFAULT_DOMAIN;
  if (domain === DEFAULT_DOMAIN && !rest.includes('/')) rest = OFFICIAL + rest;
  return [domain, rest];
}

/** Null where the engine would refuse the name. */
export function parseReference(text: string): ImageReference | null {
  if (text.length > MAX_REFERENCE || BARE_ID.test(text)) return null;
  const at = text.indexOf('@');
  const digest = at < 0 ? null : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const [domain, rest] = splitDomain(named);
  const colon = rest.indexOf(':');
  const tag = colon < 0 ? null : rest.slice(colon + 1);
  const path = colon < 0 ? rest : rest.slice(0, colon);
  if (!PATH.test(path) || !DOMAIN.test(domain) || domain.length + 1 + path.length > MAX_PATH) return null;
  if ((tag !== null && !TAG.test(tag)) || (digest !== null && !DIGEST.test(digest))) return null;
  return { domain, path, tag, digest };
}

function suffix(reference: ImageReference): string {
  const tag = reference.tag === null ? '' : `:${reference.tag}`;
  return reference.digest === null ? tag : `${tag}@${reference.digest}`;
}

/** `docker.io/library/busybox:1`: the order of names in the engine's lists is that of these. */
export function canonicalReference(reference: ImageReference): string {
  return `${reference.domain}/${reference.path}${suffix(reference)}`;
}

/** `busybox:1`: as the engine stores and prints it. */
export function familiarReference(reference: ImageReference): string {
  return familiarName(reference) + suffix(reference);
}

/** `busybox`. */
export function familiarName(reference: ImageReference): string {
  if (reference.domain !== DEFAULT_DOMAIN) return `${reference.domain}/${reference.path}`;
  const name = reference.path.startsWith(OFFICIAL) ? reference.path.slice(OFFICIAL.length) : reference.path;
  return name.includes('/') ? reference.path : name;
}
