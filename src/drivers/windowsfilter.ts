/*
 * windowsfilter, on disk:
 *
 *   windowsfilter/<id>/Files         an image layer's files
 *   windowsfilter/<id>/Hives         its registry
 *   windowsfilter/<id>/sandbox.vhdx  a container's writable disk, NTFS inside
 *   windowsfilter/<id>/layerchain.json
 *
 * A container's changes are inside the virtual disk and are listed by the Host Compute Service of a Windows host only.
 */
import type { DriverContext, GraphDriver } from './driver.ts';
import { areaOf, unreadableDriver } from './unreadable-driver.ts';

export function windowsfilter(context: DriverContext): GraphDriver {
  return unreadableDriver(context, {
    name: 'windowsfilter',
    source: 'moby 20.10-29: daemon/graphdriver/windows/windows.go DiffSize',
    why: 'windowsfilter layers cannot be read here: a container writes into a virtual disk that only Windows can list; ask the engine on its own host (docker ps -s)',
    layerDirectory: (root, id) => areaOf(root, 'windowsfilter', id),
  });
}
