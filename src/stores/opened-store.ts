import type { BytePath } from '../model/bytes.ts';
import type { Problem } from '../model/finding.ts';

/** What kind of engine's files a store is. Reports name it by its first word: `docker:/var/lib/docker#overlay2`. */
export type StoreKind = 'docker' | 'docker-containerd' | 'containerd' | 'podman';

/** What every opened store tells of itself, whatever its kind. Each kind has a type of its own that adds its records. */
export interface OpenedStore {
  /** The kind of store. */
  readonly kind: StoreKind;
  /** Canonical. */
  readonly root: BytePath;
  /** The graph driver or snapshotter whose records these are. */
  readonly driver: string;
  /** `<engine>:<root>#<driver>`, as reports name it. */
  readonly name: string;
  /** What the same root holds that the engine does not see from here. */
  readonly hidden: readonly { readonly driver: string; readonly path: BytePath; readonly why: string }[];
  /** What went wrong when the store was opened. */
  readonly problems: readonly Problem[];
}
