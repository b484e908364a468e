/*
 * devicemapper, on disk:
 *
 *   devicemapper/metadata/<id>     JSON: number and virtual length of the layer's thin device
 *   devicemapper/mnt/<id>/rootfs   the layer's tree, only while its device is activated and mounted
 *   devicemapper/devicemapper/     loop files of the pool, where it is not on block devices
 *
 * The content lies in thin devices of a pool. Reading it would need the devices activated and mounted, which changes the host.
 */
import type { DriverContext, GraphDriver } from './driver.ts';
import { areaOf, unreadableDriver } from './unreadable-driver.ts';

export function devicemapper(context: DriverContext): GraphDriver {
  return unreadableDriver(context, {
    name: 'devicemapper',
    source: 'moby 20.10-24: daemon/graphdriver/devmapper/driver.go Get',
    why: 'devicemapper layers cannot be read here: they lie in thin block devices, which only the engine activates and mounts; ask the engine itself (docker ps -s)',
    layerDirectory: (root, id) => areaOf(root, 'devicemapper', 'mnt', id, 'rootfs'),
  });
}
