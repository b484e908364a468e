import { joinPath } from '../model/bytes.ts';
import { isFailure } from '../host/host.ts';
import type { Host } from '../host/host.ts';
import type { DockerStore } from '../stores/docker/records.ts';

/**
 * The engine version that a store's files show, or null. Since 23.0 every engine keeps `engine-id` in its root from its first start on
 * (moby 23.0: daemon/daemon.go NewDaemon, loadOrCreateID), so a whole root without it was last used by 20.10 or earlier. A root that lacks the directories
 * which every engine makes at its start is a partial copy and tells nothing.
 */
export function versionShownBy(host: Host, store: DockerStore): string | null {
  const id = host.fs.lstat(joinPath(store.root, 'engine-id'));
  if (!isFailure(id) || id.errno !== 'ENOENT') return null;
  const whole = ['containers', 'volumes', 'tmp', 'runtimes'].every(
    (name) => !isFailure(host.fs.lstat(joinPath(store.root, name))),
  );
  return whole ? '20.10' : null;
}
