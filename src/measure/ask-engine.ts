import { bytePath } from '../model/bytes.ts';
import { isFailure } from '../host/host.ts';
import type { Host } from '../host/host.ts';
import type { OpenedStore } from '../stores/opened-store.ts';

/** What the engine that owns a store said about itself. */
export interface EngineAnswer {
  readonly version: string;
  /** "Native Overlay Diff" of `/info`; null when it did not say. */
  readonly nativeDiff: boolean | null;
}

/** How long an engine may take to answer before it is taken to be absent. */
const ANSWER_MS = 200;
/** Answers longer than this are not read for `DriverStatus`. */
const MAX_STATUS_PAIRS = 100;

/**
 * Asks the local engines for the one that works on this very root with this very driver. Undefined when none answers in time:
 * then the store's own evidence decides. Only Unix sockets are asked; a remote engine's root is elsewhere.
 */
export async function askEngine(
  host: Host,
  store: OpenedStore,
  signal?: AbortSignal,
): Promise<EngineAnswer | undefined> {
  const answers = await Promise.all(
    socketPaths(host).map(async (socket) => {
      try {
        return await host.socket.get(socket, '/info', ANSWER_MS, signal);
      } catch {
        return undefined;
      }
    }),
  );
  for (const answer of answers) {
    const facts = engineFacts(answer);
    if (facts !== undefined && facts.driver === store.driver && sameRoot(host, facts.root, store)) {
      return { version: facts.version, nativeDiff: facts.nativeDiff };
    }
  }
  return undefined;
}

/** Sockets a local engine may listen on, each once: DOCKER_HOST, the system's, a rootless user's, Docker Desktop's. */
function socketPaths(host: Host): readonly string[] {
  const { env, homeDirectory, uid } = host.facts;
  const named = env['DOCKER_HOST']?.startsWith('unix://') === true ? [env['DOCKER_HOST'].slice(7)] : [];
  const runtime = env['XDG_RUNTIME_DIR'] ?? `/run/user/${uid}`;
  const all = [
    ...named,
    '/run/docker.sock',
    '/var/run/docker.sock',
    `${runtime}/docker.sock`,
    `${homeDirectory}/.docker/run/docker.sock`,
  ];
  const seen = new Set<string>();
  return all.filter((path) => {
    const stat = host.fs.lstat(bytePath(path));
    const real = isFailure(stat) ? undefined : host.fs.realPath(bytePath(path));
    if (real === undefined || isFailure(real) || seen.has(real)) return false;
    seen.add(real);
    return true;
  });
}

interface EngineFacts extends EngineAnswer {
  readonly driver: string;
  readonly root: string;
}

function engineFacts(answer: unknown): EngineFacts | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const {
    ServerVersion: version,
    Driver: driver,
    DockerRootDir: root,
    DriverStatus: status,
  } = answer as Record<string, unknown>;
  if (typeof version !== 'string' || typeof driver !== 'string' || typeof root !== 'string') return undefined;
  return { version, driver, root, nativeDiff: statusFlag(status, 'Native Overlay Diff') };
}

function statusFlag(status: unknown, name: string): boolean | null {
  if (!Array.isArray(status)) return null;
  for (const pair of status.slice(0, MAX_STATUS_PAIRS) as readonly unknown[]) {
    if (Array.isArray(pair) && pair[0] === name && typeof pair[1] === 'string') return pair[1] === 'true';
  }
  return null;
}

function sameRoot(host: Host, root: string, store: OpenedStore): boolean {
  const named = bytePath(root);
  if (named === store.root) return true;
  const real = host.fs.realPath(named);
  return !isFailure(real) && real === store.root;
}
