import type { BytePath } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import type { ChainId, ContainerId, DriverId } from '../../model/ids.ts';
import { isFailure } from '../../host/host.ts';
import type { Failure, Host } from '../../host/host.ts';
import { parseMountId, parseParent } from '../../formats/layerdb.ts';
import type { Malformed } from '../../formats/malformed.ts';
import { failureProblem, problem, readSmallText } from './read-record.ts';
import type { Layer, RwLayer } from './records.ts';

export interface LoadedMounts {
  readonly rwLayers: ReadonlyMap<ContainerId, RwLayer>;
  readonly problems: readonly Problem[];
}

function readId(host: Host, directory: string, file: 'mount-id' | 'init-id'): DriverId | Malformed | Failure {
  const text = readSmallText(host, `${directory}/${file}` as BytePath);
  return typeof text === 'string' ? parseMountId(text, file) : text;
}

function orNone<T>(value: T | Failure): T | Failure | null {
  return isFailure(value) && value.errno === 'ENOENT' ? null : value;
}

/** In the engine's order (layer/layer_store.go loadMount). A file `init-id` or `parent` that is not there means none. */
function readMount(host: Host, layerdb: BytePath, containerId: ContainerId): RwLayer | Malformed | Failure {
  const directory = `${layerdb}/mounts/${containerId}`;
  const mountId = readId(host, directory, 'mount-id');
  if (typeof mountId !== 'string') return mountId;
  const initId = orNone(readId(host, directory, 'init-id'));
  if (initId !== null && typeof initId !== 'string') return initId;
  const text = orNone(readSmallText(host, `${directory}/parent` as BytePath));
  const parent = typeof text === 'string' ? parseParent(text) : text;
  if (parent !== null && typeof parent !== 'string') return parent;
  return { containerId, mountId, initId, parent };
}

export function loadMounts(
  host: Host,
  layerdb: BytePath,
  containerIds: readonly ContainerId[],
  layers: ReadonlyMap<ChainId, Layer>,
): LoadedMounts {
  const rwLayers = new Map<ContainerId, RwLayer>();
  const problems: Problem[] = [];
  for (const containerId of containerIds) {
    const mount = readMount(host, layerdb, containerId);
    const subject = `RW layer of container ${containerId}`;
    if (isFailure(mount)) problems.push(failureProblem(mount, subject, 'the RW layer is left out'));
    else if ('malformed' in mount) {
      problems.push(problem('damaged-record', subject, `${mount.malformed}, so the engine does not load it`));
    } else if (mount.parent !== null && !layers.has(mount.parent)) {
      problems.push(
        problem(
          'missing-record',
          subject,
          `its parent ${mount.parent} does not load, so the engine does not load it either`,
        ),
      );
    } else rwLayers.set(containerId, mount);
  }
  return { rwLayers, problems };
}
