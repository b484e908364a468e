/** The Docker client's own files: `~/.docker/config.json` and `~/.docker/contexts/meta/<sha256 of the name>/meta.json`. */
import { objectAt, parseRecord, textAt } from './json.ts';
import type { Malformed } from './malformed.ts';

export interface DockerContext {
  readonly name: string;
  /** e.g. `unix:///var/run/docker.sock`, `ssh://me@host`; '' when it names none. */
  readonly host: string;
}

export function parseDockerContext(bytes: Buffer): DockerContext | Malformed {
  return parseRecord(bytes, (record) => {
    const docker = objectAt(objectAt(record, 'Endpoints') ?? {}, 'docker') ?? {};
    return { name: textAt(record, 'Name'), host: textAt(docker, 'Host') };
  });
}

/** Name of the context in use; '' when none was chosen. */
export function parseCurrentContext(bytes: Buffer): string | Malformed {
  return parseRecord(bytes, (record) => textAt(record, 'currentContext'));
}
