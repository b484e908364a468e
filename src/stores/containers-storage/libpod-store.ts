/**
 * Podman's own database beside a store: `<root>/libpod/bolt_state.db` (bbolt, the default up to 4.x) or `<root>/db.sql` (SQLite, since 5.0), for a
 * transient store in the run root. Where both are there Podman works with the SQLite one (podman 5: libpod/runtime.go getDBState).
 *
 *     bbolt:   ctr/<ID>/{config,state}      vol/<name>/{config,state}
 *     SQLite:  ContainerConfig(ID, Name, PodID, JSON), ContainerState(ID, State, ExitCode, JSON), VolumeConfig(Name, StorageID, JSON),
 *              VolumeState(Name, JSON)
 */
import type { BytePath } from '../../model/bytes.ts';
import { joinPath, pathText } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import { isFailure } from '../../host/host.ts';
import type { Failure, Host } from '../../host/host.ts';
import type { BoltBucket } from '../../formats/bbolt/bolt-file.ts';
import {
  parseLibpodContainer,
  parseLibpodState,
  parseLibpodVolume,
  parseLibpodVolumeState,
} from '../../formats/libpod.ts';
import { isMalformed } from '../../formats/malformed.ts';
import type { Malformed } from '../../formats/malformed.ts';
import type { SqliteValue } from '../../formats/sqlite/record.ts';
import type { SqliteTables } from '../../formats/sqlite/sqlite-file.ts';
import { readBolt } from '../docker/read-bolt.ts';
import { failureProblem, problem } from '../docker/read-record.ts';
import { readSqlite } from './read-sqlite.ts';
import type { LibpodRecords, PodmanContainer, PodmanVolume } from './records.ts';

/** The JSON of one object: its configuration and its state. */
interface Pair {
  readonly id: string;
  readonly config: Buffer | null;
  readonly state: Buffer | null;
}

interface Pairs {
  readonly containers: readonly Pair[];
  readonly volumes: readonly Pair[];
  readonly hasNamespaces: boolean;
}

function pairsOfBucket(parent: BoltBucket | undefined): readonly Pair[] {
  const pairs: Pair[] = [];
  for (const { key, bucket } of parent?.entries() ?? []) {
    if (bucket === null) continue;
    let config: Buffer | null = null;
    let state: Buffer | null = null;
    for (const entry of bucket.entries()) {
      const field = entry.key.toString('latin1');
      if (field === 'config') config = entry.value;
      else if (field === 'state') state = entry.value;
    }
    pairs.push({ id: key.toString('utf8'), config, state });
  }
  return pairs;
}

function bufferOf(value: SqliteValue | undefined): Buffer | null {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  return Buffer.isBuffer(value) ? value : null;
}

/** `json`: column of the JSON in the configuration's and in the state's table. The first column is the key of both. */
function pairsOfTables(
  tables: SqliteTables,
  names: { readonly config: string; readonly state: string },
  json: { readonly config: number; readonly state: number },
): readonly Pair[] {
  const states = new Map(
    (tables.rows(names.state) ?? []).map((row) => [row[0], bufferOf(row[json.state])] as const),
  );
  return (tables.rows(names.config) ?? []).map((row) => ({
    id: String(row[0]),
    config: bufferOf(row[json.config]),
    state: states.get(row[0] ?? null) ?? null,
  }));
}

function fromBolt(root: BoltBucket): Pairs {
  const buckets = new Map<string, BoltBucket>();
  for (const { key, bucket } of root.entries()) {
    if (bucket !== null) buckets.set(key.toString('latin1'), bucket);
  }
  return {
    containers: pairsOfBucket(buckets.get('ctr')),
    volumes: pairsOfBucket(buckets.get('vol')),
    hasNamespaces: buckets.has('ns-registry'),
  };
}

function fromSqlite(tables: SqliteTables): Pairs {
  const containers = { config: 'ContainerConfig', state: 'ContainerState' };
  const volumes = { config: 'VolumeConfig', state: 'VolumeState' };
  return {
    containers: pairsOfTables(tables, containers, { config: 3, state: 3 }),
    volumes: pairsOfTables(tables, volumes, { config: 2, state: 1 }),
    hasNamespaces: false,
  };
}

function parsed<T>(bytes: Buffer | null, parse: (bytes: Buffer) => T | Malformed): T | null {
  const value = bytes === null ? null : parse(bytes);
  return value === null || isMalformed(value) ? null : value;
}

function containersOf(pairs: readonly Pair[], problems: Problem[]): readonly PodmanContainer[] {
  return pairs.flatMap(({ id, config, state }) => {
    const container = parsed(config, parseLibpodContainer);
    if (container !== null) return [{ ...container, state: parsed(state, parseLibpodState) ?? 'unknown' }];
    problems.push(problem('damaged-record', `container ${id}`, "Podman's record of it does not parse"));
    return [];
  });
}

function volumesOf(pairs: readonly Pair[], problems: Problem[]): readonly PodmanVolume[] {
  return pairs.flatMap(({ id, config, state }) => {
    const volume = parsed(config, parseLibpodVolume);
    if (volume === null) {
      problems.push(problem('damaged-record', `volume ${id}`, "Podman's record of it does not parse"));
      return [];
    }
    const isLocal = volume.driver === '' || volume.driver === 'local';
    const mountedAt = isLocal ? volume.mountPoint : (parsed(state, parseLibpodVolumeState) ?? '');
    return [{ ...volume, mountedAt }];
  });
}

function recordsOf(
  database: LibpodRecords['database'],
  path: BytePath,
  pairs: Pairs | Malformed | Failure,
): LibpodRecords {
  const problems: Problem[] = [];
  const nothing = { database, hasNamespaces: false, containers: [], volumes: [], problems };
  if (isFailure(pairs)) {
    problems.push(failureProblem(pairs, pathText(path), 'the containers and volumes are unknown'));
    return nothing;
  }
  if (isMalformed(pairs)) {
    const message = `${pairs.malformed}, so the containers and volumes are unknown`;
    problems.push(problem('damaged-record', pathText(path), message));
    return nothing;
  }
  const containers = containersOf(pairs.containers, problems);
  const { hasNamespaces } = pairs;
  return { database, hasNamespaces, containers, volumes: volumesOf(pairs.volumes, problems), problems };
}

/** What Podman knows of its containers and volumes. */
export function readLibpod(host: Host, root: BytePath, runRoot: BytePath | null): LibpodRecords {
  const homes = [root, joinPath(root, 'libpod'), ...(runRoot === null ? [] : [runRoot])];
  for (const home of homes) {
    const sqlite = joinPath(home, 'db.sql');
    if (!isFailure(host.fs.lstat(sqlite)))
      return recordsOf('sqlite', sqlite, readSqlite(host, sqlite, fromSqlite));
  }
  const bolt = joinPath(root, 'libpod', 'bolt_state.db');
  if (!isFailure(host.fs.lstat(bolt))) return recordsOf('bolt', bolt, readBolt(host, bolt, fromBolt));
  return { database: 'none', hasNamespaces: false, containers: [], volumes: [], problems: [] };
}
