/**
 * Images of a graph driver store (moby image/fs.go, image/store.go restore):
 *
 *     imagedb/content/sha256/<image ID>             the configuration; its SHA-256 must be its name
 *     imagedb/metadata/sha256/<image ID>/parent     the image it was built upon here, if any; not trimmed
 *
 * An image is restored if its configuration verifies and parses, its OS is the store's, and its top layer is loaded.
 */
import type { BytePath } from '../../model/bytes.ts';
import { joinPath } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import { digestHex, isDigest } from '../../model/ids.ts';
import type { ChainId, ImageId } from '../../model/ids.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import { parseImageConfig } from '../../formats/image-config.ts';
import type { ImageConfig } from '../../formats/image-config.ts';
import { chainIdOf } from '../../formats/layerdb.ts';
import { isMalformed, malformed } from '../../formats/malformed.ts';
import { once } from '../once.ts';
import { failureProblem, problem, readParsed, readSmallText } from './read-record.ts';
import type { ImageRecord, LayerStoreSnapshot } from './records.ts';
import { readReferences } from './reference-store.ts';

export interface Images {
  readonly records: readonly ImageRecord[];
  readonly problems: readonly Problem[];
}

export interface ImageStoreOptions {
  /** `image/<driver>`. */
  readonly imageRoot: BytePath;
  readonly os: string;
  readonly layers: () => LayerStoreSnapshot;
}

const NO_NAMES = { tags: [], digests: [] } as const;

interface Found {
  readonly id: ImageId;
  readonly config: ImageConfig;
}

function subjectOf(id: ImageId): string {
  return `image ${id}`;
}

function readConfigs(host: Host, content: BytePath, problems: Problem[]): readonly Found[] {
  const entries = host.fs.readDirectory(content);
  if (isFailure(entries)) {
    if (entries.errno !== 'ENOENT')
      problems.push(failureProblem(entries, 'image store', 'its images are unknown'));
    return [];
  }
  const found: Found[] = [];
  for (const entry of entries) {
    const id = `sha256:${entry.name}`;
    if (!isDigest(id)) continue;
    const config = readConfig(host, joinPath(content, entry.name), id as ImageId, problems);
    if (config !== null) found.push({ id: id as ImageId, config });
  }
  return found;
}

function readConfig(host: Host, path: BytePath, id: ImageId, problems: Problem[]): ImageConfig | null {
  const config = readParsed(host, path, (bytes) =>
    host.sha256(bytes) === digestHex(id) ? parseImageConfig(bytes) : malformed('its digest is not its name'),
  );
  // Removed between the listing and now: the engine does not list it either.
  if (isFailure(config) && config.errno === 'ENOENT') return null;
  if (isFailure(config)) problems.push(failureProblem(config, subjectOf(id), 'the image is left out'));
  else if (isMalformed(config)) {
    const message = `its configuration is damaged (${config.malformed}), so the engine does not load the image`;
    problems.push(problem('damaged-record', subjectOf(id), message));
  } else return config;
  return null;
}

/** Chain IDs of stacks, each prefix hashed once for all the images that share it. */
function chainer(host: Host): (config: ImageConfig) => ChainId | null {
  const known = new Map<string, ChainId>();
  return (config) => {
    let top: ChainId | null = null;
    for (const diffId of config.diffIds) {
      const key: string = top === null ? diffId : `${top} ${diffId}`;
      const chainId: ChainId = known.get(key) ?? chainIdOf(top, diffId, (text) => host.sha256(text));
      known.set(key, chainId);
      top = chainId;
    }
    return top;
  };
}

/** Why the engine leaves the image out; null when it restores it. The OS is asked only of images that have layers. */
function refusal(host: Host, found: Found, top: ChainId | null, options: ImageStoreOptions): Problem | null {
  if (top === null) return null;
  const os = found.config.os === '' ? options.os : found.config.os;
  if (os.toLowerCase() !== options.os.toLowerCase()) {
    return problem(
      'not-listed',
      subjectOf(found.id),
      `it is for ${os}: the engine on ${options.os} does not load it`,
    );
  }
  if (options.layers().layers.has(top)) return null;
  const directory = joinPath(options.imageRoot, 'layerdb/sha256', isDigest(top) ? digestHex(top) : '-');
  const there = isDigest(top) && !isFailure(host.fs.lstat(directory));
  if (there && !options.layers().problems.some((known) => known.subject.endsWith(top))) {
    return problem('changed-while-reading', subjectOf(found.id), 'it came in while the store was read');
  }
  return problem(
    'missing-record',
    subjectOf(found.id),
    `its top layer ${top} is not loaded, so the engine does not load the image`,
  );
}

function readParent(host: Host, metadata: BytePath, id: ImageId): ImageId | null {
  const text = readSmallText(host, joinPath(metadata, digestHex(id), 'parent'));
  return typeof text === 'string' && isDigest(text) ? (text as ImageId) : null;
}

/** IDs that have a metadata directory: the others have no parent, which spares a look for each. */
function metadataNames(host: Host, metadata: BytePath): ReadonlySet<string> {
  const entries = host.fs.readDirectory(metadata);
  return new Set(isFailure(entries) ? [] : entries.map((entry) => entry.name));
}

export function readImages(host: Host, options: ImageStoreOptions): Images {
  const problems: Problem[] = [];
  // Images before layers: the engine adds layers first and removes them last, so that what is found here has its layers.
  const found = readConfigs(host, joinPath(options.imageRoot, 'imagedb/content/sha256'), problems);
  const references = readReferences(host, options.imageRoot);
  const metadata = joinPath(options.imageRoot, 'imagedb/metadata/sha256');
  const withMetadata = once(() => metadataNames(host, metadata));
  const topOf = chainer(host);
  const records: ImageRecord[] = [];
  for (const image of found) {
    const topChainId = topOf(image.config);
    const refused = refusal(host, image, topChainId, options);
    if (refused !== null) {
      problems.push(refused);
      continue;
    }
    const names = references.names.get(image.id) ?? NO_NAMES;
    const parent = once(() =>
      withMetadata().has(digestHex(image.id)) ? readParent(host, metadata, image.id) : null,
    );
    records.push({
      id: image.id,
      tags: names.tags,
      repoDigests: names.digests,
      diffIds: image.config.diffIds,
      topChainId,
      history: image.config.history,
      created: image.config.created,
      os: image.config.os === '' ? options.os : image.config.os,
      architecture: image.config.architecture,
      variant: image.config.variant,
      labels: image.config.labels,
      get parent() {
        return parent();
      },
    });
  }
  return { records, problems: [...problems, ...references.problems] };
}
