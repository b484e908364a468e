import type { BytePath } from '../model/bytes.ts';
import { bytePath, pathText } from '../model/bytes.ts';
import { WeighError, isWeighError } from '../model/errors.ts';
import type { Problem } from '../model/finding.ts';
import { isFailure } from '../host/host.ts';
import type { Host } from '../host/host.ts';
import type { AnyStore } from './any-store.ts';
import { findContainerd } from './containerd/find-containerd.ts';
import { findPodmanStores } from './containers-storage/find-podman-stores.ts';
import type { StorageUser } from './containers-storage/storage-configs.ts';
import { isDriverName } from './docker/choose-driver.ts';
import { elsewhere, findEndpoint } from './find-endpoint.ts';
import { SYSTEM_CONTAINERD, openDockerAt } from './open-docker.ts';
import type { AnyDockerStore } from './open-docker.ts';
import { openNamed } from './open-named.ts';
import type { NamedStore } from './open-named.ts';
import { below, findRoots, homesOf, plainCandidate } from './find-roots.ts';
import type { RootCandidate } from './find-roots.ts';

/** Where to look for stores. */
export interface FindStores {
  /** Only these, each of which must be one. Empty or absent: what there is on this host. */
  readonly named?: readonly NamedStore[] | undefined;
  /** Looks for stores below this directory as if it were `/`, for a host that is mounted into a container. */
  readonly hostRoot?: string | undefined;
  /** Further roots to look at, as `findEngineRoots` answers them. */
  readonly engineRoots?: readonly BytePath[] | undefined;
}

/** The stores of a host. */
export interface FoundStores {
  /** Each once, in the order in which they were found. */
  readonly stores: readonly AnyStore[];
  /** What was looked at and is no store that can be weighed here: a remote context, a root that this user may not read. */
  readonly problems: readonly Problem[];
}

function problemOf(error: WeighError, path: BytePath): Problem {
  const kind = error.code === 'UNREADABLE' ? 'unreadable' : 'missing-directory';
  return { kind, subject: pathText(path), message: error.message };
}

function withNote(store: AnyDockerStore, candidate: RootCandidate): AnyDockerStore {
  if (!candidate.containerdSnapshotter || store.kind === 'docker-containerd') return store;
  const message =
    'its engine is configured to keep images with containerd: what is weighed is what a graph driver holds beside them';
  const note: Problem = { kind: 'hidden-store', subject: store.name, message };
  return { ...store, problems: [...store.problems, note] };
}

/** Stores of one candidate; none where there is no such directory, or nothing of Docker's in a place that nobody named. */
function openCandidate(
  host: Host,
  candidate: RootCandidate,
  systemContainerd: BytePath,
  problems: Problem[],
): readonly AnyDockerStore[] {
  const there = host.fs.lstat(candidate.path);
  if (isFailure(there) && candidate.configuredBy === null) return [];
  try {
    return openPreferring(host, candidate, systemContainerd).map((store) => withNote(store, candidate));
  } catch (error) {
    if (!isWeighError(error)) throw error;
    if (candidate.configuredBy !== null || error.code === 'UNREADABLE') {
      problems.push(problemOf(error, candidate.path));
    }
    return [];
  }
}

/** A configured driver that has no data yet must not hide what another one left. */
function openPreferring(
  host: Host,
  candidate: RootCandidate,
  systemContainerd: BytePath,
): readonly AnyDockerStore[] {
  const { path: root, containerdSnapshotter: prefersContainerd, storageDriver } = candidate;
  const at = { root, prefersContainerd, systemContainerd };
  if (prefersContainerd || !isDriverName(storageDriver)) return openDockerAt(host, at);
  try {
    return openDockerAt(host, { ...at, driver: storageDriver });
  } catch (error) {
    if (isWeighError(error) && error.code === 'NOT_FOUND') return openDockerAt(host, at);
    throw error;
  }
}

/** The user ID is known of this user only; a store of another tells it by its owner. */
function usersOf(host: Host, hostRoot: BytePath | null): readonly StorageUser[] {
  const own = hostRoot === null ? bytePath(host.facts.homeDirectory) : null;
  return homesOf(host, hostRoot).map((home) => ({ home, uid: home === own ? host.facts.uid : null }));
}

/** Finds stores and says what was found that is none. Throws a WeighError only for a named one. */
export function discoverStores(host: Host, options: FindStores = {}): FoundStores {
  const byName = new Map<string, AnyStore>();
  const add = (stores: readonly AnyStore[]): void => {
    for (const store of stores) if (!byName.has(store.name)) byName.set(store.name, store);
  };
  const named = options.named ?? [];
  if (named.length > 0) {
    for (const one of named) add(openNamed(host, one));
    return { stores: [...byName.values()], problems: [] };
  }
  const hostRoot = options.hostRoot === undefined ? null : bytePath(options.hostRoot);
  const roots = findRoots(host, hostRoot);
  const problems: Problem[] = [...roots.problems];
  const told = hostRoot === null ? (options.engineRoots ?? []).map(plainCandidate) : [];
  const system = below(host, hostRoot, SYSTEM_CONTAINERD);
  for (const candidate of [...roots.candidates, ...told]) {
    add(openCandidate(host, candidate, system, problems));
  }
  const claimed = [...byName.values()].flatMap((store) =>
    store.kind === 'docker-containerd'
      ? [{ root: store.containerdRoot, namespace: store.namespace.name }]
      : [],
  );
  const containerd = findContainerd(
    host,
    (path) => below(host, hostRoot, path),
    homesOf(host, hostRoot),
    claimed,
  );
  add(containerd.stores);
  problems.push(...containerd.problems);
  const podman = findPodmanStores(host, (path) => below(host, hostRoot, path), usersOf(host, hostRoot));
  add(podman.stores);
  problems.push(...podman.problems);
  const endpoint = hostRoot === null ? findEndpoint(host) : null;
  const away = endpoint === null ? null : elsewhere(endpoint);
  if (endpoint !== null && away !== null) {
    problems.push({ kind: 'not-listed', subject: endpoint.from, message: away });
  }
  return { stores: [...byName.values()], problems };
}

/**
 * The stores that the caller names, or all that are found.
 *
 * @throws WeighError when a named one is none, or when the only ones found cannot be read.
 */
export async function findStores(host: Host, options: FindStores = {}): Promise<readonly AnyStore[]> {
  const { stores, problems } = discoverStores(host, options);
  const denied = problems.find((one) => one.kind === 'unreadable');
  if (stores.length === 0 && denied !== undefined) {
    throw new WeighError('UNREADABLE', denied.message, {
      hint: 'Run it as root, or name a copy with --data-root.',
    });
  }
  return stores;
}
