/**
 * A layer store's records, as `layer/layer_store.go` of moby (20.10-29) loads them:
 *
 *     layerdb/sha256/<chain ID>/{diff,size,cache-id,parent,tar-split.json.gz}   one layer; no `parent`: a base layer
 *     layerdb/sha256/<chain ID>-<random>-removing/                              a layer whose removal began
 *     layerdb/mounts/<container ID>/{mount-id,init-id,parent}                   one RW layer; no `parent`: an image without layers
 *     layerdb/tmp/                                                              layers coming in
 *
 * The engine holds locks; weigh looks twice: a store whose directories changed while they were read is read again.
 */
import type { BytePath } from '../../model/bytes.ts';
import { joinPath } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import { isContainerId, isDigest } from '../../model/ids.ts';
import type { ChainId, ContainerId, Digest } from '../../model/ids.ts';
import { isFailure } from '../../host/host.ts';
import type { DirEntry, Failure, Host } from '../../host/host.ts';
import { loadLayers } from './load-layers.ts';
import { loadMounts } from './load-mounts.ts';
import { failureProblem, problem } from './read-record.ts';
import type { LayerStoreSnapshot } from './records.ts';

const MAX_LOOKS = 5;
const REMOVING = '-removing';

interface Listing {
  readonly chainIds: readonly ChainId[];
  readonly containerIds: readonly ContainerId[];
  readonly leftovers: readonly BytePath[];
  readonly problems: readonly Problem[];
  /** Equal for equal listings. */
  readonly key: string;
}

function directories(host: Host, path: BytePath, problems: Problem[]): readonly string[] {
  const entries = host.fs.readDirectory(path);
  if (isFailure(entries)) {
    if (!isAbsent(entries)) problems.push(failureProblem(entries, 'layer store', 'its layers are unknown'));
    return [];
  }
  return entries.filter((entry) => isDirectory(host, path, entry)).map((entry) => entry.name);
}

function isDirectory(host: Host, parent: BytePath, entry: DirEntry): boolean {
  if (entry.kind !== 'unknown') return entry.kind === 'directory';
  const stat = host.fs.lstat(joinPath(parent, entry.name));
  return !isFailure(stat) && stat.kind === 'directory';
}

function isAbsent(failure: Failure): boolean {
  return failure.errno === 'ENOENT';
}

function list(host: Host, layerdb: BytePath): Listing {
  const problems: Problem[] = [];
  const layers = joinPath(layerdb, 'sha256');
  const mounts = joinPath(layerdb, 'mounts');
  const tmp = joinPath(layerdb, 'tmp');
  const layerNames = directories(host, layers, problems);
  const mountNames = directories(host, mounts, problems);
  const leftovers = [
    ...layerNames.filter((name) => name.endsWith(REMOVING)).map((name) => joinPath(layers, name)),
    ...mountNames.filter((name) => !isContainerId(name)).map((name) => joinPath(mounts, name)),
    ...directories(host, tmp, problems).map((name) => joinPath(tmp, name)),
  ];
  return {
    chainIds: layerNames.map((name) => `sha256:${name}`).filter((id): id is Digest & ChainId => isDigest(id)),
    containerIds: mountNames.filter(isContainerId),
    leftovers,
    problems,
    key: `${layerNames.join('/')}//${mountNames.join('/')}`,
  };
}

/** `layerdb`: the directory `image/<driver>/layerdb`. */
export function readLayerStore(host: Host, layerdb: BytePath): LayerStoreSnapshot {
  let listing = list(host, layerdb);
  for (let look = 1; ; look++) {
    const loaded = loadLayers(host, layerdb, listing.chainIds);
    const mounts = loadMounts(host, layerdb, listing.containerIds, loaded.layers);
    const again = list(host, layerdb);
    const steady = again.key === listing.key;
    if (steady || look === MAX_LOOKS) {
      const moved = problem(
        'changed-while-reading',
        'layer store',
        `its records changed at each of ${MAX_LOOKS} looks: the last one is taken`,
      );
      return {
        layers: loaded.layers,
        rwLayers: mounts.rwLayers,
        leftovers: again.leftovers,
        problems: [...listing.problems, ...loaded.problems, ...mounts.problems, ...(steady ? [] : [moved])],
      };
    }
    listing = again;
  }
}
