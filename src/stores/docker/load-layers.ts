import type { BytePath } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import { digestHex } from '../../model/ids.ts';
import type { ChainId } from '../../model/ids.ts';
import { isFailure } from '../../host/host.ts';
import type { Failure, Host } from '../../host/host.ts';
import {
  NO_DIRECTORY,
  parseCacheId,
  parseDiffId,
  parseLayerSize,
  parseParent,
} from '../../formats/layerdb.ts';
import type { Malformed } from '../../formats/malformed.ts';
import { failureProblem, problem, readSmallText } from './read-record.ts';
import type { Layer } from './records.ts';

export interface LoadedLayers {
  readonly layers: ReadonlyMap<ChainId, Layer>;
  readonly problems: readonly Problem[];
}

function readField<T>(
  host: Host,
  path: string,
  parse: (text: string) => T | Malformed,
): T | Malformed | Failure {
  const text = readSmallText(host, path as BytePath);
  return typeof text === 'string' ? parse(text) : text;
}

/** No file means no parent. A base layer (its chain ID is its diff ID) has none: a look that finds nothing costs less than a failed open. */
function readParent(host: Host, directory: string, isBase: boolean): ChainId | Malformed | Failure | null {
  const path = `${directory}/parent`;
  if (isBase) {
    const stat = host.fs.lstat(path as BytePath);
    if (isFailure(stat) && stat.errno === 'ENOENT') return null;
  }
  const parent = readField(host, path, parseParent);
  return typeof parent !== 'string' && isFailure(parent) && parent.errno === 'ENOENT' ? null : parent;
}

/** The files in the order in which the engine reads them (layer/layer_store.go loadLayer): the first that fails decides. */
function readLayer(host: Host, prefix: string, chainId: ChainId): Layer | Malformed | Failure {
  const directory = prefix + digestHex(chainId);
  const diffId = readField(host, `${directory}/diff`, parseDiffId);
  if (typeof diffId !== 'string') return diffId;
  const recordedBytes = readField(host, `${directory}/size`, parseLayerSize);
  if (typeof recordedBytes !== 'number') return recordedBytes;
  const cacheId = readField(host, `${directory}/cache-id`, parseCacheId);
  if (typeof cacheId !== 'string') return cacheId;
  const isBase = (diffId as string) === chainId;
  const parent = readParent(host, directory, isBase);
  if (parent !== null && typeof parent !== 'string') return parent;
  return { chainId, diffId, cacheId, parent, recordedBytes };
}

function layerProblem(chainId: ChainId, why: Malformed | Failure): Problem {
  const subject = `layer ${chainId}`;
  if (isFailure(why)) return failureProblem(why, subject, 'the layer is left out');
  const kind = why.malformed.includes('beyond 2^53') ? 'limit' : 'damaged-record';
  return problem(kind, subject, `${why.malformed}, so the engine does not load the layer`);
}

function noDirectory(chainId: ChainId): Problem {
  const message = 'its cache-id file names no directory: the engine loads the layer, but cannot use it';
  return problem('damaged-record', `layer ${chainId}`, message);
}

/** Layers whose own files are right, and what is wrong with the others. */
function readAll(
  host: Host,
  layerdb: BytePath,
  chainIds: readonly ChainId[],
  problems: Problem[],
): Map<ChainId, Layer> {
  const prefix = `${layerdb}/sha256/`;
  const read = new Map<ChainId, Layer>();
  for (const chainId of chainIds) {
    const layer = readLayer(host, prefix, chainId);
    if ('chainId' in layer) {
      read.set(chainId, layer);
      if (layer.cacheId === NO_DIRECTORY) problems.push(noDirectory(chainId));
    } else problems.push(layerProblem(chainId, layer));
  }
  return read;
}

/** The layers that the engine loads: those whose whole chain of parents loads. Chains of any length, circles included. */
export function loadLayers(host: Host, layerdb: BytePath, chainIds: readonly ChainId[]): LoadedLayers {
  const problems: Problem[] = [];
  const read = readAll(host, layerdb, chainIds, problems);
  const loads = new Map<ChainId, boolean>();
  for (const start of read.keys()) {
    const chain: ChainId[] = [];
    const onChain = new Set<ChainId>();
    let at: ChainId | null = start;
    while (at !== null && read.has(at) && !loads.has(at) && !onChain.has(at)) {
      chain.push(at);
      onChain.add(at);
      at = read.get(at)?.parent ?? null;
    }
    const circle = at !== null && onChain.has(at);
    const verdict = at === null || loads.get(at) === true;
    for (const chainId of chain) {
      loads.set(chainId, verdict);
      if (!verdict) problems.push(parentProblem(chainId, read.get(chainId)?.parent ?? null, circle));
    }
  }
  const layers = new Map<ChainId, Layer>();
  for (const [chainId, layer] of read) if (loads.get(chainId) === true) layers.set(chainId, layer);
  return { layers, problems };
}

function parentProblem(chainId: ChainId, parent: ChainId | null, circle: boolean): Problem {
  if (circle)
    return problem('damaged-record', `layer ${chainId}`, 'its parents form a circle, so it cannot be loaded');
  return problem(
    'missing-record',
    `layer ${chainId}`,
    `its parent ${parent ?? ''} does not load, so the engine does not load it either`,
  );
}
