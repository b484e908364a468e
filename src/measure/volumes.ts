import type { DirectoryTally } from '../host/walker.ts';
import type { Problem } from '../model/finding.ts';
import { pathText } from '../model/bytes.ts';
import type { DfStore } from '../model/reports.ts';
import type { ContainerRecord, VolumeRecord } from '../stores/docker/records.ts';
import type { MeasureContext } from './context.ts';
import { checkInterrupted } from './context.ts';
import { compareText } from './order.ts';

export type VolumeRow = DfStore['details']['volumes'][number];

/** A volume that `system df` counts, with its size. */
export interface MeasuredVolume {
  readonly row: VolumeRow;
  /** Nobody references it, not even a container that the engine does not load. */
  readonly unused: boolean;
  /** Allocated bytes of its directory; null when it could not be walked. */
  readonly diskBytes: number | null;
  readonly problems: readonly Problem[];
}

/**
 * The volumes that `system df` counts: of driver `local` and without driver options (moby 20.10-29: volume/service LocalVolumesSize), by name.
 * `loaded` are the containers that the engine knows; `all` are all records.
 */
export async function measureVolumes(
  context: MeasureContext,
  records: readonly VolumeRecord[],
  containers: { readonly loaded: readonly ContainerRecord[]; readonly all: readonly ContainerRecord[] },
): Promise<readonly MeasuredVolume[]> {
  const counted = records.filter((volume) => volume.driver === 'local' && !volume.hasOptions);
  const loaded = referencesOf(containers.loaded);
  const all = referencesOf(containers.all);
  const measured: MeasuredVolume[] = [];
  for (const volume of [...counted].sort((a, b) => compareText(a.name, b.name))) {
    checkInterrupted(context.signal);
    const report = context.onProgress;
    const done = measured.length;
    const tally = await context.host.walker.directorySize(volume.dataDirectory, {
      signal: context.signal,
      onProgress:
        report && ((entries) => report({ what: volume.name, done, total: counted.length, entries })),
    });
    measured.push(measuredVolume(volume, tally, loaded.get(volume.name) ?? 0, !all.has(volume.name)));
  }
  return measured;
}

/** How many containers reference each volume by name, in whatever state they are. */
function referencesOf(containers: readonly ContainerRecord[]): ReadonlyMap<string, number> {
  const references = new Map<string, number>();
  for (const container of containers) {
    for (const name of new Set(container.volumeNames)) references.set(name, (references.get(name) ?? 0) + 1);
  }
  return references;
}

function measuredVolume(
  volume: VolumeRecord,
  tally: DirectoryTally,
  refCount: number,
  unused: boolean,
): MeasuredVolume {
  const { name } = volume;
  const { failure } = tally;
  if (failure === undefined) {
    return {
      row: { name, size: tally.countedBytes, refCount },
      unused,
      diskBytes: tally.diskBytes,
      problems: [],
    };
  }
  const ours = failure.errno === 'EACCES' || failure.errno === 'EPERM';
  const problem: Problem = {
    kind: ours ? 'unreadable' : 'engine-fails',
    subject: name,
    message: ours
      ? `cannot read ${pathText(failure.path)} (${failure.errno})`
      : `the engine answers -1 for it: ${pathText(failure.path)} cannot be walked (${failure.errno})`,
  };
  return {
    row: { name, size: null, refCount, engineAnswer: ours ? 'unknown' : -1 },
    unused,
    diskBytes: null,
    problems: [problem],
  };
}
