/** Where the Docker client of this user talks to: DOCKER_HOST, else DOCKER_CONTEXT, else the context in its configuration. */
import type { BytePath } from '../model/bytes.ts';
import { bytePath, joinPath } from '../model/bytes.ts';
import { isFailure } from '../host/host.ts';
import type { Host } from '../host/host.ts';
import { parseCurrentContext, parseDockerContext } from '../formats/docker-context.ts';
import { isMalformed } from '../formats/malformed.ts';

const MAX_CONFIG = 16 * 1024 * 1024;

export interface DockerEndpoint {
  /** `DOCKER_HOST` or `context NAME`. */
  readonly from: string;
  /** e.g. `ssh://me@host`. */
  readonly url: string;
}

function configDirectory(host: Host): BytePath {
  const named = host.facts.env['DOCKER_CONFIG'];
  return named ? bytePath(named) : joinPath(bytePath(host.facts.homeDirectory), '.docker');
}

function contextName(host: Host, directory: BytePath): string {
  const named = host.facts.env['DOCKER_CONTEXT'];
  if (named) return named;
  const bytes = host.fs.readFile(joinPath(directory, 'config.json'), MAX_CONFIG);
  const current = isFailure(bytes) ? '' : parseCurrentContext(bytes);
  return isMalformed(current) ? '' : current;
}

/** Null for the default: the system's own socket. */
export function findEndpoint(host: Host): DockerEndpoint | null {
  const named = host.facts.env['DOCKER_HOST'];
  if (named) return { from: 'DOCKER_HOST', url: named };
  const directory = configDirectory(host);
  const name = contextName(host, directory);
  if (name === '' || name === 'default') return null;
  const hex = host.sha256(Buffer.from(name, 'utf8'));
  const bytes = host.fs.readFile(joinPath(directory, 'contexts/meta', hex, 'meta.json'), MAX_CONFIG);
  const context = isFailure(bytes) ? null : parseDockerContext(bytes);
  if (context === null || isMalformed(context) || context.host === '') return null;
  return { from: `context ${name}`, url: context.host };
}

/** Why the endpoint's disk cannot be weighed from here, and what to do; null for a socket of this host. */
export function elsewhere(endpoint: DockerEndpoint): string | null {
  const { from, url } = endpoint;
  const scheme = url.slice(0, Math.max(0, url.indexOf('://')));
  if (scheme === 'unix' || scheme === 'fd' || scheme === '') {
    return /\/(?:\.docker\/(?:run|desktop)|\.colima|\.rd|\.orbstack|\.lima)\//.test(url)
      ? `${from} is a virtual machine (${url}): its disk is inside the machine; run weigh there`
      : null;
  }
  const machine = url
    .slice(scheme.length + 3)
    .replace(/^[^@/]*@/, '')
    .replace(/[:/].*$/, '');
  return `${from} is a remote engine (${scheme}): its disk is on ${machine || 'another machine'}; run weigh there`;
}
