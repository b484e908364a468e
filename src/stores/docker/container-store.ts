/**
 * Containers: `containers/<ID>/config.v2.json` with `hostconfig.json` beside it (moby daemon/daemon.go restore, daemon/container.go load).
 * The engine loads one whose files parse, whose ID is its directory's name and whose driver is the store's.
 */
import type { BytePath } from '../../model/bytes.ts';
import { joinPath } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import { isContainerId } from '../../model/ids.ts';
import { isFailure } from '../../host/host.ts';
import type { Failure, Host } from '../../host/host.ts';
import { parseContainerConfig, parseHostConfig } from '../../formats/container-config.ts';
import type { ContainerConfig } from '../../formats/container-config.ts';
import { isMalformed, malformed } from '../../formats/malformed.ts';
import type { Malformed } from '../../formats/malformed.ts';
import { failureProblem, isDenied, problem, readParsed } from './read-record.ts';
import type { ContainerRecord } from './records.ts';

export interface Containers {
  readonly records: readonly ContainerRecord[];
  readonly problems: readonly Problem[];
}

function readContainer(host: Host, directory: BytePath, id: string): ContainerConfig | Malformed | Failure {
  const config = readParsed(host, joinPath(directory, 'config.v2.json'), parseContainerConfig);
  if (isFailure(config) || isMalformed(config)) return config;
  if (config.id !== id) return malformed(`its config.v2.json is that of ${config.id}`);
  const hostConfig = readParsed(host, joinPath(directory, 'hostconfig.json'), parseHostConfig);
  if (isFailure(hostConfig)) return hostConfig.errno === 'ENOENT' ? config : hostConfig;
  return isMalformed(hostConfig)
    ? malformed(`its hostconfig.json does not parse: ${hostConfig.malformed}`)
    : config;
}

/** 20.10 still takes a container without a driver as one of aufs. */
function isOf(driver: string, config: ContainerConfig): boolean {
  return config.driver === driver || (config.driver === '' && driver === 'aufs');
}

export function readContainers(host: Host, root: BytePath, driver: string): Containers {
  const records: ContainerRecord[] = [];
  const problems: Problem[] = [];
  const otherDrivers = new Map<string, number>();
  const home = joinPath(root, 'containers');
  const entries = host.fs.readDirectory(home);
  if (isFailure(entries)) {
    if (entries.errno !== 'ENOENT')
      problems.push(failureProblem(entries, 'containers', 'the containers are unknown'));
    return { records, problems };
  }
  for (const entry of entries) {
    if (!isContainerId(entry.name) || (entry.kind !== 'directory' && entry.kind !== 'unknown')) continue;
    const container = readContainer(host, joinPath(home, entry.name), entry.name);
    const subject = `container ${entry.name}`;
    if (isFailure(container)) {
      const consequence = isDenied(container)
        ? 'the engine may list it; it is missing here'
        : 'the container is left out, as the engine leaves it out';
      problems.push(failureProblem(container, subject, consequence));
    } else if (isMalformed(container)) {
      problems.push(
        problem('damaged-record', subject, `${container.malformed}, so the engine does not load it`),
      );
    } else if (isOf(driver, container)) records.push(container);
    else otherDrivers.set(container.driver, (otherDrivers.get(container.driver) ?? 0) + 1);
  }
  for (const [other, count] of otherDrivers) {
    const message = `${count} made with ${other || 'an unnamed driver'}: an engine that works with ${driver} does not load ${count === 1 ? 'it' : 'them'}`;
    problems.push(problem('hidden-store', 'containers', message));
  }
  return { records, problems };
}
