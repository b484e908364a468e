import type { BytePath } from '../model/bytes.ts';
import { bytePath } from '../model/bytes.ts';
import { isFailure } from '../host/host.ts';
import type { Host } from '../host/host.ts';
import { findEndpoint } from './find-endpoint.ts';

/** How long an engine may take to answer before it is taken to be absent. */
const ANSWER_MS = 200;
const UNIX = 'unix://';

/** Sockets of this host at which an engine may listen, each once: the client's endpoint, the system's, this user's rootless one. */
function sockets(host: Host): readonly string[] {
  const endpoint = findEndpoint(host)?.url ?? '';
  const runtime = host.facts.env['XDG_RUNTIME_DIR'] ?? `/run/user/${host.facts.uid}`;
  const all = [
    ...(endpoint.startsWith(UNIX) ? [endpoint.slice(UNIX.length)] : []),
    '/run/docker.sock',
    `${runtime}/docker.sock`,
  ];
  return [...new Set(all)].filter((path) => !isFailure(host.fs.lstat(bytePath(path))));
}

function rootOf(answer: unknown): BytePath | null {
  if (typeof answer !== 'object' || answer === null) return null;
  const root = (answer as Readonly<Record<string, unknown>>)['DockerRootDir'];
  return typeof root === 'string' && root.startsWith('/') ? bytePath(root) : null;
}

/**
 * Data roots of the engines that answer on this host: the only trace of one that was told its root on its command line. A root inside a virtual
 * machine is named, too; it is not there when it is looked for.
 */
export async function findEngineRoots(host: Host, signal?: AbortSignal): Promise<readonly BytePath[]> {
  const answers = await Promise.all(
    sockets(host).map((path) => host.socket.get(path, '/info', ANSWER_MS, signal).catch(() => undefined)),
  );
  return answers.flatMap((answer) => rootOf(answer) ?? []);
}
