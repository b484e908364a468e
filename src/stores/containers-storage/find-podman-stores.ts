import type { BytePath } from '../../model/bytes.ts';
import { bytePath, pathText } from '../../model/bytes.ts';
import { isWeighError } from '../../model/errors.ts';
import type { Problem } from '../../model/finding.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import { openPodmanStore } from './open-podman-store.ts';
import type { OpenPodmanStore } from './open-podman-store.ts';
import type { PodmanStore } from './records.ts';
import { confOf, storagePlaces } from './storage-configs.ts';
import type { Below, StoragePlace, StorageUser } from './storage-configs.ts';

function pathsOf(texts: readonly string[], below: Below): readonly BytePath[] {
  return texts.filter((text) => text.startsWith('/')).map((text) => below(bytePath(text)));
}

/** The user's runtime directory, for a root that belongs to a user. */
function rootlessRunRoot(host: Host, root: BytePath): BytePath | null {
  const stat = host.fs.lstat(root);
  return isFailure(stat) || stat.uid === 0 ? null : bytePath(`/run/user/${stat.uid}/containers`);
}

function optionsAt(host: Host, place: StoragePlace, below: Below): OpenPodmanStore {
  const { conf } = place;
  const runRoot = place.runRoot ?? rootlessRunRoot(host, below(place.root));
  const [imageStore] = pathsOf([conf?.imageStore ?? ''], below);
  return {
    root: below(place.root),
    ...(runRoot === null ? {} : { runRoot: below(runRoot) }),
    ...(imageStore === undefined ? {} : { imageStore }),
    ...(conf === null ? {} : { conf }),
    additionalStores: pathsOf(conf?.additionalImageStores ?? [], below),
  };
}

/** The driver that the configuration names, where it has records; else the one that has. */
function openPreferring(host: Host, options: OpenPodmanStore, driver: string): PodmanStore {
  if (driver === '') return openPodmanStore(host, options);
  try {
    return openPodmanStore(host, { ...options, driver });
  } catch (error) {
    if (!isWeighError(error) || (error.code !== 'NOT_FOUND' && error.code !== 'USAGE')) throw error;
    return openPodmanStore(host, options);
  }
}

/** Stores of Podman, Buildah and CRI-O on a host; what could not be opened of those that a configuration names. */
export function findPodmanStores(
  host: Host,
  below: Below,
  users: readonly StorageUser[],
): { readonly stores: readonly PodmanStore[]; readonly problems: readonly Problem[] } {
  const { places, problems: found } = storagePlaces(host, below, users);
  const problems: Problem[] = [...found];
  const byName = new Map<string, PodmanStore>();
  for (const place of places) {
    const root = below(place.root);
    if (isFailure(host.fs.lstat(root))) continue;
    try {
      const store = openPreferring(host, optionsAt(host, place, below), place.conf?.driver ?? '');
      if (!byName.has(store.name)) byName.set(store.name, store);
    } catch (error) {
      if (!isWeighError(error)) throw error;
      if (error.code === 'UNREADABLE')
        problems.push({ kind: 'unreadable', subject: pathText(root), message: error.message });
    }
  }
  return { stores: [...byName.values()], problems };
}

/** A store that the caller names, with what a configuration of this very root says beside. */
export function openNamedPodman(
  host: Host,
  named: {
    readonly path: string;
    readonly driver?: string | undefined;
    readonly runRoot?: string | undefined;
    readonly imageStore?: string | undefined;
  },
): PodmanStore {
  const root = bytePath(named.path);
  const place = confOf(host, root);
  const byDefault: StoragePlace = { root, runRoot: null, conf: null, configuredBy: null };
  const options = { ...optionsAt(host, place ?? byDefault, (path) => path), root };
  return openPodmanStore(host, {
    ...options,
    ...(named.driver === undefined ? {} : { driver: named.driver }),
    ...(named.runRoot === undefined ? {} : { runRoot: bytePath(named.runRoot) }),
    ...(named.imageStore === undefined ? {} : { imageStore: bytePath(named.imageStore) }),
  });
}
