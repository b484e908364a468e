import { aufs } from './aufs.ts';
import { btrfs } from './btrfs.ts';
import { devicemapper } from './devicemapper.ts';
import type { DriverFactory, DriverName } from './driver.ts';
import { fuseOverlayfs } from './fuse-overlayfs.ts';
import { overlay } from './overlay.ts';
import { overlay2 } from './overlay2.ts';
import { vfs } from './vfs.ts';
import { windowsfilter } from './windowsfilter.ts';
import { zfs } from './zfs.ts';

const DRIVERS: Readonly<Record<DriverName, DriverFactory>> = {
  overlay2,
  'fuse-overlayfs': fuseOverlayfs,
  vfs,
  btrfs,
  zfs,
  overlay,
  aufs,
  devicemapper,
  windowsfilter,
};

/** The graph driver of a name. Making one touches nothing on disk. */
export function driverFor(name: DriverName): DriverFactory {
  return DRIVERS[name];
}
