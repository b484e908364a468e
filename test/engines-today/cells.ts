import { parseCell } from '../engines/cells.ts';
import type { Cell, EngineName } from '../engines/cells.ts';

/** One kind of store that these suites make. */
export type TodayCell =
  | { readonly kind: 'docker'; readonly name: string; readonly cell: Cell }
  | {
      readonly kind: 'containerd';
      readonly name: string;
      readonly engine: EngineName;
      readonly snapshotter: 'overlayfs' | 'native' | 'btrfs';
    }
  | { readonly kind: 'podman'; readonly name: string; readonly driver: 'overlay' | 'vfs' };

export const TODAY_CELLS: readonly string[] = [
  '28.5/containerd',
  'ctr-1.6/overlayfs',
  'ctr-1.7/overlayfs',
  'ctr-2.1/overlayfs',
  'ctr-1.6/native',
  'ctr-1.7/native',
  'ctr-2.1/native',
  'ctr-1.6/btrfs',
  'ctr-1.7/btrfs',
  'ctr-2.1/btrfs',
  'podman-4.3/overlay',
  'podman-4.3/vfs',
];

/** The containerd of each release line, in the folder of the Docker that Debian ships beside it. */
const CONTAINERDS: Readonly<Record<string, EngineName>> = {
  'ctr-1.6': 'bookworm',
  'ctr-1.7': 'trixie',
  'ctr-2.1': 'sid',
};

export function parseTodayCell(name: string): TodayCell {
  const [line = '', store] = name.split('/');
  if (name === '28.5/containerd')
    return { kind: 'docker', name, cell: { ...parseCell('28.5/overlay2'), name, driver: 'overlayfs' } };
  const engine = CONTAINERDS[line];
  if (engine !== undefined && (store === 'overlayfs' || store === 'native' || store === 'btrfs'))
    return { kind: 'containerd', name, engine, snapshotter: store };
  if (line === 'podman-4.3' && (store === 'overlay' || store === 'vfs'))
    return { kind: 'podman', name, driver: store };
  throw new Error(`no cell ${name}: ${TODAY_CELLS.join(', ')}`);
}
