/**
 * Volumes of the driver `local`: `volumes/<name>/_data`, and what the engine knows of them in `volumes/metadata.db` (labels, options).
 * A directory is a volume with or without a record there (moby volume/local/local.go New). `opts.json` beside the data decides nothing.
 */
import type { BytePath } from '../../model/bytes.ts';
import { joinPath, pathText } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import { isMalformed } from '../../formats/malformed.ts';
import { readVolumeMetadata } from '../../formats/volume-metadata.ts';
import type { VolumeMetadata } from '../../formats/volume-metadata.ts';
import { once } from '../once.ts';
import { readBolt } from './read-bolt.ts';
import { failureProblem, problem } from './read-record.ts';
import type { VolumeRecord } from './records.ts';

export interface Volumes {
  readonly records: readonly VolumeRecord[];
  readonly problems: readonly Problem[];
}

const LOCAL = 'local';
const NO_LABELS: Readonly<Record<string, string>> = {};

/** Null: the database could not be read, so that nobody knows which volumes have options. */
function readMetadata(
  host: Host,
  home: BytePath,
  problems: Problem[],
): ReadonlyMap<string, VolumeMetadata> | null {
  const path = joinPath(home, 'metadata.db');
  const list = readBolt(host, path, readVolumeMetadata);
  const consequence = 'options of volumes are told by their opts.json instead';
  if (isFailure(list)) {
    if (list.errno === 'ENOENT') return new Map();
    problems.push(failureProblem(list, 'volumes', consequence));
    return null;
  }
  if (isMalformed(list)) {
    problems.push(
      problem('damaged-record', 'volumes', `${pathText(path)}: ${list.malformed}: ${consequence}`),
    );
    return null;
  }
  for (const name of list.damaged) {
    problems.push(
      problem(
        'damaged-record',
        `volume ${name}`,
        'its record in metadata.db does not parse: the engine skips it',
      ),
    );
  }
  return new Map(list.volumes.map((volume) => [volume.name, volume]));
}

/** moby volume/local CreatedAt: the change time of the volume's directory, to the second. */
function createdOf(host: Host, directory: BytePath): string | null {
  const stat = host.fs.lstat(directory);
  return isFailure(stat) ? null : new Date(stat.ctimeSeconds * 1000).toISOString().replace('.000Z', 'Z');
}

export function readVolumes(host: Host, root: BytePath): Volumes {
  const home = joinPath(root, 'volumes');
  const problems: Problem[] = [];
  const entries = host.fs.readDirectory(home);
  if (isFailure(entries)) {
    if (entries.errno !== 'ENOENT')
      problems.push(failureProblem(entries, 'volumes', 'the volumes are unknown'));
    return { records: [], problems };
  }
  const metadata = readMetadata(host, home, problems);
  const records: VolumeRecord[] = [];
  for (const entry of entries) {
    if (entry.kind !== 'directory' && entry.kind !== 'unknown') continue;
    const directory = joinPath(home, entry.name);
    const name = pathText(entry.name);
    const known = metadata?.get(name);
    const created = once(() => createdOf(host, directory));
    records.push({
      name,
      driver: LOCAL,
      hasOptions:
        metadata === null
          ? !isFailure(host.fs.lstat(joinPath(directory, 'opts.json')))
          : Object.keys(known?.options ?? {}).length > 0,
      dataDirectory: joinPath(directory, '_data'),
      labels: known?.labels ?? NO_LABELS,
      get created() {
        return created();
      },
    });
  }
  return { records, problems };
}
