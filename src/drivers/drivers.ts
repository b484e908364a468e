import { btrfs } from './btrfs.ts';
import { devicemapper } from './devicemapper.ts';
import type { DriverFactory, DriverName } from './driver.ts';
import { overlay2 } from './overlay2.ts';
import { vfs } from './vfs.ts';
import { windowsfilter } from './windowsfilter.ts';

const DRIVERS: Record<DriverName, DriverFactory> = {
  overlay2,
  'fuse-overlayfs': overlay2,
  vfs,
  btrfs,
  zfs: devicemapper,
  overlay: overlay2,
  aufs: overlay2,
  devicemapper,
  windowsfilter,
};

/** The graph driver of a name. Making one touches nothing on disk. */
export function driverFor(name: DriverName): DriverFactory {
  return DRIVERS[name];
}
