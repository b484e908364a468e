/**
 * Where Docker engines of this host keep their data: what their configuration files say, else the places they take by themselves.
 *
 *     /etc/docker/daemon.json              data-root, else /var/lib/docker                    (the system's engine)
 *     ~/.config/docker/daemon.json         data-root, else ~/.local/share/docker              (a user's rootless engine)
 *     /var/snap/docker/common/var-lib-docker                                                  (Docker from a snap)
 */
import type { BytePath } from '../model/bytes.ts';
import { bytePath, joinPath, pathText } from '../model/bytes.ts';
import type { Problem } from '../model/finding.ts';
import { isFailure } from '../host/host.ts';
import type { Host } from '../host/host.ts';
import type { DaemonConfig } from '../formats/daemon-json.ts';
import { parseDaemonConfig } from '../formats/daemon-json.ts';
import { isMalformed } from '../formats/malformed.ts';
import { parseHomes } from '../formats/passwd.ts';

export interface RootCandidate {
  readonly path: BytePath;
  /** '' unless a configuration names one. */
  readonly storageDriver: string;
  /** The configuration that names the root; null for a place that engines take by themselves. */
  readonly configuredBy: string | null;
  /** The engine keeps its images with containerd: what a graph driver left is not in use. */
  readonly containerdSnapshotter: boolean;
}

export interface FoundRoots {
  readonly candidates: readonly RootCandidate[];
  readonly problems: readonly Problem[];
}

const MAX_CONFIG = 1024 * 1024;
const MAX_PASSWD = 16 * 1024 * 1024;
const MAX_LINKS = 8;
const SYSTEM_CONFIG = '/etc/docker/daemon.json';
const SYSTEM_ROOT = '/var/lib/docker';
const SNAP_ROOT = '/var/snap/docker/common/var-lib-docker';

/** `path` below `hostRoot`, with links that lead to absolute paths taken as that host means them. */
export function below(host: Host, hostRoot: BytePath | null, path: BytePath): BytePath {
  if (hostRoot === null) return path;
  let at = joinPath(hostRoot, path.replace(/^\/+/, ''));
  for (let link = 0; link < MAX_LINKS; link++) {
    const target = host.fs.readLink(at);
    if (isFailure(target)) break;
    at = target.startsWith('/')
      ? joinPath(hostRoot, target.replace(/^\/+/, ''))
      : joinPath(at.slice(0, at.lastIndexOf('/')) as BytePath, target);
  }
  return at;
}

interface Place {
  readonly config: BytePath;
  readonly defaultRoot: BytePath;
}

/** Home directories of a host's users. */
export function homesOf(host: Host, hostRoot: BytePath | null): readonly BytePath[] {
  const passwd = host.fs.readFile(below(host, hostRoot, bytePath('/etc/passwd')), MAX_PASSWD);
  const homes = new Set<string>(isFailure(passwd) ? [] : parseHomes(passwd));
  if (hostRoot === null) homes.add(bytePath(host.facts.homeDirectory));
  return [...homes] as BytePath[];
}

function places(host: Host, hostRoot: BytePath | null): readonly Place[] {
  const { env } = host.facts;
  const own = bytePath(host.facts.homeDirectory);
  const rootless = homesOf(host, hostRoot).map((home) => {
    const mine = hostRoot === null && home === own;
    const config =
      mine && env['XDG_CONFIG_HOME'] ? bytePath(env['XDG_CONFIG_HOME']) : joinPath(home, '.config');
    const data =
      mine && env['XDG_DATA_HOME'] ? bytePath(env['XDG_DATA_HOME']) : joinPath(home, '.local/share');
    return { config: joinPath(config, 'docker/daemon.json'), defaultRoot: joinPath(data, 'docker') };
  });
  return [{ config: bytePath(SYSTEM_CONFIG), defaultRoot: bytePath(SYSTEM_ROOT) }, ...rootless];
}

function readConfig(host: Host, path: BytePath, problems: Problem[]): DaemonConfig | null {
  const bytes = host.fs.readFile(path, MAX_CONFIG);
  if (isFailure(bytes)) return null;
  const config = parseDaemonConfig(bytes);
  if (!isMalformed(config)) return config;
  const message = `it does not parse (${config.malformed}), so the place of its engine's data is not known from it`;
  problems.push({ kind: 'damaged-record', subject: pathText(path), message });
  return null;
}

/** Candidates, not checked: most of them are not there on most hosts. */
export function findRoots(host: Host, hostRoot: BytePath | null): FoundRoots {
  const problems: Problem[] = [];
  const candidates: RootCandidate[] = [];
  for (const place of places(host, hostRoot)) {
    const path = below(host, hostRoot, place.config);
    const config = readConfig(host, path, problems);
    const named = config !== null && config.dataRoot.startsWith('/');
    const root = named ? bytePath(config.dataRoot) : place.defaultRoot;
    candidates.push({
      path: below(host, hostRoot, root),
      storageDriver: config?.storageDriver ?? '',
      configuredBy: named ? pathText(path) : null,
      containerdSnapshotter: config?.containerdSnapshotter ?? false,
    });
    // A root that a configuration has moved away from may still hold data.
    if (named) candidates.push(plainCandidate(below(host, hostRoot, place.defaultRoot)));
  }
  candidates.push(plainCandidate(below(host, hostRoot, bytePath(SNAP_ROOT))));
  return { candidates, problems };
}

/** A place that no configuration names. */
export function plainCandidate(path: BytePath): RootCandidate {
  return { path, storageDriver: '', configuredBy: null, containerdSnapshotter: false };
}
