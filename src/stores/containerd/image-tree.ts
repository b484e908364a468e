/**
 * The tree of documents and blobs below an image's target, as containerd and Docker walk it
 * (containerd 1.6-2.3 images/image.go Children, images/handlers.go Walk; moby daemon/containerd/handlers.go presentChildrenHandler).
 */
import { parseImageConfig } from '../../formats/image-config.ts';
import type { ImageConfig } from '../../formats/image-config.ts';
import { isMalformed } from '../../formats/malformed.ts';
import type { Malformed } from '../../formats/malformed.ts';
import { isIndexType, isManifestType, parseIndex, parseManifest } from '../../formats/oci.ts';
import type { Descriptor, Manifest } from '../../formats/oci.ts';
import { isFailure } from '../../host/host.ts';
import type { Failure } from '../../host/host.ts';
import type { Content } from './records.ts';

/** Documents name each other by digest, so that no honest tree is deeper. */
const MAX_DEPTH = 32;
/** Descriptors that are gone through in one namespace, over and over; a forged tree that would have no end stops here. */
const MAX_ENTRIES = 5_000_000;

/** Why a part of a tree could not be read: not there (the engine's "not found"), or anything else (the engine's error). */
export interface Unread {
  readonly unread: 'not-found' | 'error';
  readonly digest: string;
  readonly why: string;
  /** No permission of ours, or a limit of ours: the engine would read it. */
  readonly denied: boolean;
}

export function isUnread(value: unknown): value is Unread {
  return typeof value === 'object' && value !== null && 'unread' in value;
}

function unreadOf(digest: string, problem: Failure | Malformed): Unread {
  if (isMalformed(problem)) return { unread: 'error', digest, why: problem.malformed, denied: false };
  const denied = problem.errno === 'EACCES' || problem.errno === 'EPERM';
  const unread = problem.errno === 'ENOENT' ? 'not-found' : 'error';
  return { unread, digest, why: problem.errno === 'ENOENT' ? 'it is not there' : problem.errno, denied };
}

/** Reads the documents of one namespace, each once. */
export class Documents {
  readonly content: Content;
  readonly #manifests = new Map<string, Manifest | Unread>();
  readonly #indexes = new Map<string, readonly Descriptor[] | Unread>();
  readonly #configs = new Map<string, ImageConfig | Unread>();

  #left = MAX_ENTRIES;

  constructor(content: Content) {
    this.content = content;
  }

  /** Asked before each descriptor of a walk, at its depth: false where the walk must end. */
  mayVisit(depth: number): boolean {
    this.#left -= 1;
    return depth <= MAX_DEPTH && this.#left >= 0;
  }

  manifest(digest: string): Manifest | Unread {
    return this.#read(this.#manifests, digest, parseManifest);
  }

  index(digest: string): readonly Descriptor[] | Unread {
    return this.#read(this.#indexes, digest, parseIndex);
  }

  config(digest: string): ImageConfig | Unread {
    return this.#read(this.#configs, digest, parseImageConfig);
  }

  /** What a descriptor's document refers to; nothing for anything but an index or a manifest. */
  children({ mediaType, digest }: Descriptor): readonly Descriptor[] | Unread {
    if (isManifestType(mediaType)) {
      const manifest = this.manifest(digest);
      return isUnread(manifest) ? manifest : [manifest.config, ...manifest.layers];
    }
    return isIndexType(mediaType) ? this.index(digest) : [];
  }

  #read<T>(
    known: Map<string, T | Unread>,
    digest: string,
    parse: (bytes: Buffer) => T | Malformed,
  ): T | Unread {
    const before = known.get(digest);
    if (before !== undefined) return before;
    const bytes = this.content.read(digest);
    const parsed = isFailure(bytes) || isMalformed(bytes) ? bytes : parse(bytes);
    const value = isFailure(parsed) || isMalformed(parsed) ? unreadOf(digest, parsed) : parsed;
    known.set(digest, value);
    return value;
  }
}

/**
 * Goes through what is below a descriptor and recorded in the namespace, the descriptor itself first, a repeated one each time. Answers the
 * first document that could not be read: there the engine's walk ends with an error.
 */
export function walkPresent(
  documents: Documents,
  target: Descriptor,
  visit: (descriptor: Descriptor) => void,
): Unread | undefined {
  const walk = (descriptor: Descriptor, depth: number): Unread | undefined => {
    if (documents.content.info(descriptor.digest) === undefined) return undefined;
    if (!documents.mayVisit(depth)) return endless(descriptor.digest);
    visit(descriptor);
    const children = documents.children(descriptor);
    if (isUnread(children)) return children;
    for (const child of children) {
      const failed = walk(child, depth + 1);
      if (failed !== undefined) return failed;
    }
    return undefined;
  };
  return walk(target, 0);
}

/** Every manifest that can be reached, whether it is there or not. Answers the document that ends the engine's walk with an error. */
export function walkManifests(
  documents: Documents,
  target: Descriptor,
  visit: (manifest: Descriptor) => void,
): Unread | undefined {
  const walk = (descriptor: Descriptor, depth: number): Unread | undefined => {
    if (!documents.mayVisit(depth)) return endless(descriptor.digest);
    if (isManifestType(descriptor.mediaType)) visit(descriptor);
    const children = documents.children(descriptor);
    if (isUnread(children)) return children.unread === 'not-found' ? undefined : children;
    for (const child of children) {
      const failed = walk(child, depth + 1);
      if (failed !== undefined) return failed;
    }
    return undefined;
  };
  if (isManifestType(target.mediaType)) {
    visit(target);
    return undefined;
  }
  return isIndexType(target.mediaType) ? walk(target, 0) : undefined;
}

/** What the engine would answer is not known: it has no such limits. */
function endless(digest: string): Unread {
  return { unread: 'error', digest, why: 'its documents refer to more than an image holds', denied: true };
}
