import type { DirectoryTally } from '../host/walker.ts';
import { isFailure } from '../host/host.ts';
import { joinPath, pathText } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import type { Problem } from '../model/finding.ts';
import { isDriverId } from '../model/ids.ts';
import type { PodmanVolume } from '../stores/containers-storage/records.ts';
import { checkInterrupted } from './context.ts';
import { compareText } from './order.ts';
import type { PodmanScope } from './podman-scope.ts';
import type { MeasuredVolume } from './volumes.ts';

/** How many containers mount each volume. */
function references(scope: PodmanScope): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { volumeNames } of scope.store.libpod().containers) {
    for (const name of new Set(volumeNames)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Its place in the store, whatever the record says: a copied store's records name places of another host. */
function dataDirectory(scope: PodmanScope, volume: PodmanVolume): BytePath | null {
  const name = Buffer.from(volume.name, 'utf8').toString('latin1');
  if (!isDriverId(name)) return null;
  const own = joinPath(scope.store.root, 'volumes', name, '_data');
  const stat = scope.context.host.fs.lstat(own);
  return isFailure(stat) && stat.errno === 'ENOENT' && volume.mountedAt !== pathText(own) ? null : own;
}

function unknownVolume(volume: PodmanVolume, refCount: number, problem: Problem): MeasuredVolume {
  const answer = problem.kind === 'engine-fails' ? 'not listed' : 'unknown';
  return {
    row: { name: volume.name, size: null, refCount, engineAnswer: answer },
    unused: refCount === 0,
    diskBytes: null,
    problems: [problem],
  };
}

function measuredVolume(
  scope: PodmanScope,
  volume: PodmanVolume,
  tally: DirectoryTally,
  refCount: number,
): MeasuredVolume {
  const { failure } = tally;
  if (failure !== undefined) {
    const message = `${pathText(failure.path)} cannot be walked (${failure.errno})`;
    const ours = failure.errno === 'EACCES' || failure.errno === 'EPERM';
    const text = ours ? message : `${message}: podman system df ends with an error`;
    return unknownVolume(volume, refCount, { kind: 'unreadable', subject: volume.name, message: text });
  }
  const again = scope.rules.volumeSize === 'every-name' ? tally.hardLinkNames.bytes : 0;
  return {
    row: { name: volume.name, size: tally.countedBytes + again, refCount },
    unused: refCount === 0,
    diskBytes: tally.diskBytes,
    problems: [],
  };
}

/** The volumes that `podman system df` counts, by name. One that is not mounted (a plugin's, an image's) is left out, as there. */
export async function measurePodmanVolumes(scope: PodmanScope): Promise<readonly MeasuredVolume[]> {
  const { context, store } = scope;
  const counts = references(scope);
  const counted = store.libpod().volumes.filter(({ mountedAt }) => mountedAt !== '');
  const measured: MeasuredVolume[] = [];
  for (const volume of [...counted].sort((a, b) => compareText(a.name, b.name))) {
    checkInterrupted(context.signal);
    const done = measured.length;
    const report = context.onProgress;
    const refCount = counts.get(volume.name) ?? 0;
    const directory = dataDirectory(scope, volume);
    if (directory === null) {
      const message = `its data lies outside of the store (${volume.mountedAt}), which is not followed`;
      measured.push(unknownVolume(volume, refCount, { kind: 'unreadable', subject: volume.name, message }));
      continue;
    }
    const tally = await context.host.walker.directorySize(directory, {
      differ: scope.rules.differ,
      signal: context.signal,
      onProgress:
        report && ((entries) => report({ what: volume.name, done, total: counted.length, entries })),
    });
    measured.push(measuredVolume(scope, volume, tally, refCount));
  }
  return measured;
}
