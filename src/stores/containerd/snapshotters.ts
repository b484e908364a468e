/** Snapshotters that containerd and its plug-ins bring. `btrfs`, `zfs` and `fuse-overlayfs` are graph drivers, too. */
const SNAPSHOTTERS: ReadonlySet<string> = new Set([
  'overlayfs',
  'native',
  'btrfs',
  'blockfile',
  'erofs',
  'devmapper',
  'zfs',
  'fuse-overlayfs',
  'stargz',
  'soci',
  'nydus',
  'overlaybd',
]);

export function isSnapshotterName(text: string): boolean {
  return SNAPSHOTTERS.has(text);
}
