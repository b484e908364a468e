import { flatDriver } from './flat.ts';
import { overlayDriver } from './overlay.ts';
import type { StorageDriver, StorageDriverContext } from './storage-driver.ts';

/** The graph driver of this name. */
export function storageDriverFor(
  name: 'overlay' | 'vfs' | 'btrfs' | 'zfs',
  context: StorageDriverContext,
): StorageDriver {
  return name === 'overlay' ? overlayDriver(context) : flatDriver(name, context);
}
