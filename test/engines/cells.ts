/** One kind of store that the suites make: an engine, a graph driver, and how overlay2's diff works there. */
export interface Cell {
  readonly name: string;
  /** Folder of the engine in the cache that `npm run engines` fills. */
  readonly engine: EngineName;
  /** A snapshotter's name (overlayfs): images are kept by containerd. */
  readonly driver: 'overlay2' | 'vfs' | 'btrfs' | 'fuse-overlayfs' | 'overlayfs';
  /** redirect_dir is on from the daemon's start: overlay2 goes naive. */
  readonly naive: boolean;
}

export type EngineName = 'bookworm' | 'trixie' | 'sid';

/** The release line that the engine of each Debian release had when the rules were written; the version found is recorded. */
const RELEASE_LINES: readonly (readonly [string, EngineName])[] = [
  ['20.10', 'bookworm'],
  ['26.1', 'trixie'],
  ['28.5', 'sid'],
];

/** The cells that `npm test` runs; `soak` takes any combination. */
export const CELLS: readonly string[] = [
  '20.10/overlay2',
  '26.1/overlay2',
  '28.5/overlay2',
  '28.5/overlay2-naive',
  '26.1/vfs',
  '28.5/btrfs',
  '20.10/fuse-overlayfs',
];

/** `<release line>/<driver>` with `-naive` after overlay2 for redirect_dir on. */
export function parseCell(name: string): Cell {
  const [line, driver] = name.split('/');
  const engine = RELEASE_LINES.find(([known]) => known === line)?.[1];
  const naive = driver === 'overlay2-naive';
  const plain = naive ? 'overlay2' : driver;
  if (
    engine !== undefined &&
    (plain === 'overlay2' || plain === 'vfs' || plain === 'btrfs' || plain === 'fuse-overlayfs')
  )
    return { name, engine, driver: plain, naive };
  const lines = RELEASE_LINES.map(([known]) => known).join(', ');
  throw new Error(`no cell ${name}: <${lines}>/<overlay2, overlay2-naive, vfs, btrfs, fuse-overlayfs>`);
}
