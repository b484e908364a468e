import { bytePath } from '../model/bytes.ts';
import { isFailure } from '../host/host.ts';
import type { Host } from '../host/host.ts';
import type { PodmanStore } from '../stores/containers-storage/records.ts';
import { compareCreated } from './order.ts';

/** How long an engine may take to answer before it is taken to be absent. */
const ANSWER_MS = 200;
const INFO = '/v4.0.0/libpod/info';

/** The newest Podman that writes records such as a version is known by: none newer than it writes them so. */
const NEWEST_OF: Readonly<Record<string, string>> = {
  '4.3': '4.3',
  '4.5': '4.5',
  '4.6': '4.6',
  '4.7': '5.2',
  '5.3': '5.4',
};

/**
 * What a store's files tell of the Podman that works on it, or null where they allow the newest there is: the record of the container made last,
 * else the database. 4.3 and 4.4 write the same; 4.3, the one that was kept for years by a distribution, is taken.
 */
export function podmanVersionShown(store: PodmanStore): string | null {
  const { database, hasNamespaces, containers } = store.libpod();
  const [newest] = [...containers].sort((a, b) => compareCreated(b.created, a.created));
  if (newest !== undefined) return NEWEST_OF[newest.writtenSince] ?? null;
  if (database !== 'bolt') return null;
  return hasNamespaces ? '4.3' : '4.7';
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/** The version of the Podman service whose root this is; undefined when none answers in time. */
export async function askPodman(
  host: Host,
  store: PodmanStore,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const runtime = host.facts.env['XDG_RUNTIME_DIR'] ?? `/run/user/${host.facts.uid}`;
  const sockets = ['/run/podman/podman.sock', `${runtime}/podman/podman.sock`].filter(
    (path) => !isFailure(host.fs.lstat(bytePath(path))),
  );
  for (const socket of sockets) {
    const answer = await host.socket.get(socket, INFO, ANSWER_MS, signal).catch(() => undefined);
    const root = memberOf(memberOf(answer, 'store'), 'graphRoot');
    const driver = memberOf(memberOf(answer, 'store'), 'graphDriverName');
    const version = memberOf(memberOf(answer, 'version'), 'Version');
    if (typeof root !== 'string' || typeof version !== 'string' || driver !== store.driver) continue;
    const real = host.fs.realPath(bytePath(root));
    if (!isFailure(real) && real === store.root) return version;
  }
  return undefined;
}
