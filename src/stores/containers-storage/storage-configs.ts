/**
 * Configurations of containers/storage on a host (storage 1.43-1.62 types/options.go):
 *
 *     CONTAINERS_STORAGE_CONF, else /etc/containers/storage.conf, else /usr/share/containers/storage.conf     (the system's)
 *     ~/.config/containers/storage.conf                                                                       (a user's)
 *
 * A user without one takes the system's driver and `rootless_storage_path`, else ~/.local/share/containers/storage.
 */
import type { BytePath } from '../../model/bytes.ts';
import { bytePath, joinPath, pathText } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import { isMalformed } from '../../formats/malformed.ts';
import { parseStorageConf } from '../../formats/storage-conf.ts';
import type { StorageConf } from '../../formats/storage-conf.ts';

const MAX_CONF = 1024 * 1024;
const SYSTEM = ['/etc/containers/storage.conf', '/usr/share/containers/storage.conf'];
const SYSTEM_ROOT = '/var/lib/containers/storage';
const SYSTEM_RUN_ROOT = '/run/containers/storage';

/** A root to look at, and what its configuration says beside it. */
export interface StoragePlace {
  readonly root: BytePath;
  readonly runRoot: BytePath | null;
  readonly conf: StorageConf | null;
  /** The configuration that names the root; null for a place that engines take by themselves. */
  readonly configuredBy: string | null;
}

/** Where a host's paths really are: below another directory when that host is mounted there. */
export type Below = (path: BytePath) => BytePath;

/** A user whose store may be there. */
export interface StorageUser {
  readonly home: BytePath;
  readonly uid: number | null;
}

interface Found {
  readonly path: string;
  readonly conf: StorageConf;
}

function readConf(host: Host, below: Below, path: string, problems: Problem[]): Found | null {
  const bytes = host.fs.readFile(below(bytePath(path)), MAX_CONF);
  if (isFailure(bytes)) return null;
  const conf = parseStorageConf(bytes);
  if (!isMalformed(conf)) return { path, conf };
  const message = `it does not parse (${conf.malformed}), so the place of a store is not known from it`;
  problems.push({ kind: 'damaged-record', subject: path, message });
  return null;
}

function firstConf(host: Host, below: Below, paths: readonly string[], problems: Problem[]): Found | null {
  for (const path of paths) {
    const found = readConf(host, below, path, problems);
    if (found !== null) return found;
  }
  return null;
}

/** `$HOME`, `$UID`, `$USER` and the like, by what is known of the user; null where a variable is not known. */
function expand(text: string, user: StorageUser | null): BytePath | null {
  const values: Readonly<Record<string, string | undefined>> = {
    HOME: user === null ? '/root' : pathText(user.home),
    UID: user === null ? '0' : user.uid?.toString(),
    USER: user === null ? 'root' : pathText(user.home).split('/').at(-1),
  };
  let known = true;
  const path = text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced?: string, bare?: string) => {
    const value = values[braced ?? bare ?? ''];
    known &&= value !== undefined;
    return value ?? '';
  });
  return known && path.startsWith('/') ? bytePath(path) : null;
}

function systemPlaces(found: Found | null): readonly StoragePlace[] {
  const root = found === null ? null : expand(found.conf.graphRoot, null);
  const conf = found?.conf ?? null;
  const runRoot = (found === null ? null : expand(found.conf.runRoot, null)) ?? bytePath(SYSTEM_RUN_ROOT);
  const byDefault: StoragePlace = { root: bytePath(SYSTEM_ROOT), runRoot, conf, configuredBy: null };
  if (root === null || root === byDefault.root) return [byDefault];
  return [{ root, runRoot, conf, configuredBy: found?.path ?? null }, byDefault];
}

function userPlaces(
  host: Host,
  below: Below,
  user: StorageUser,
  system: Found | null,
  problems: Problem[],
): readonly StoragePlace[] {
  const config = pathText(joinPath(user.home, '.config/containers/storage.conf'));
  const own = readConf(host, below, config, problems);
  const conf = own?.conf ?? null;
  const runtime = user.uid === null ? null : bytePath(`/run/user/${user.uid}/containers`);
  const runRoot = (own === null ? null : expand(own.conf.runRoot, user)) ?? runtime;
  const configured =
    own?.conf.graphRoot || own?.conf.rootlessStoragePath || system?.conf.rootlessStoragePath || '';
  const named = expand(configured, user);
  const byDefault = joinPath(user.home, '.local/share/containers/storage');
  const place = { runRoot, conf, configuredBy: null };
  const places: StoragePlace[] = [{ ...place, root: byDefault }];
  if (named !== null && named !== byDefault)
    places.unshift({ ...place, root: named, configuredBy: own?.path ?? system?.path ?? null });
  return places;
}

/** Roots of containers/storage that configurations name or that engines take by themselves; not checked. */
export function storagePlaces(
  host: Host,
  below: Below,
  users: readonly StorageUser[],
): { readonly places: readonly StoragePlace[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const named = host.facts.env['CONTAINERS_STORAGE_CONF'];
  const system = firstConf(host, below, named ? [named, ...SYSTEM] : SYSTEM, problems);
  const places = [
    ...systemPlaces(system),
    ...users.flatMap((user) => userPlaces(host, below, user, system, problems)),
  ];
  return { places, problems };
}

/** The configuration that holds for a root named by hand: the one that names this very root. */
export function confOf(host: Host, root: BytePath): StoragePlace | null {
  const user: StorageUser = { home: bytePath(host.facts.homeDirectory), uid: host.facts.uid };
  const { places } = storagePlaces(host, (path) => path, [user]);
  const real = host.fs.realPath(root);
  return places.find((place) => place.root === root || place.root === real) ?? null;
}
