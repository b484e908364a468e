import type { BytePath } from '../../model/bytes.ts';
import { joinPath } from '../../model/bytes.ts';
import { isWeighError } from '../../model/errors.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import type { DriverName } from '../../drivers/driver.ts';
import { openDockerStore } from './open-docker-store.ts';
import type { DockerStore } from './records.ts';

/** moby daemon/daemon_unix.go setupDaemonRoot: with userns-remap the engine works in `<data root>/<uid>.<gid>`. */
const USERNS_ROOT = /^[0-9]{1,10}\.[0-9]{1,10}$/;

function usernsRoots(host: Host, root: BytePath): readonly BytePath[] {
  const entries = host.fs.readDirectory(root);
  if (isFailure(entries)) return [];
  return entries
    .filter(
      (entry) => USERNS_ROOT.test(entry.name) && (entry.kind === 'directory' || entry.kind === 'unknown'),
    )
    .map((entry) => joinPath(root, entry.name))
    .filter((path) => !isFailure(host.fs.lstat(joinPath(path, 'image'))));
}

/**
 * The store of a data root, and those of the userns-remapped engines that worked below it, each a store of its own.
 *
 * @throws WeighError when there is none, or nothing can be read.
 */
export function dockerStoresAt(host: Host, root: BytePath, driver?: DriverName): readonly DockerStore[] {
  const remapped = usernsRoots(host, root);
  const stores: DockerStore[] = [];
  let refused: unknown;
  for (const candidate of [root, ...remapped]) {
    try {
      stores.push(openDockerStore(host, { root: candidate, driver }));
    } catch (error) {
      if (!isWeighError(error)) throw error;
      refused ??= error;
    }
  }
  if (stores.length === 0) throw refused;
  return stores;
}
