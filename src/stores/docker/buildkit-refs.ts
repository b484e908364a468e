/**
 * Which cache records BuildKit shows and which of them are in use, as its cache manager decides when it has loaded them from its database
 * (buildkit 0.8-0.25 cache/manager.go init, getRecord, DiskUsage). A committed record and the mutable one it was made from (`equalMutable`)
 * share their data: one of the two is shown. Each record holds a reference to its parents; references of a running build are in the engine's
 * memory alone and cannot be seen from here.
 */
import type { CacheMetadata } from '../../formats/buildkit-records.ts';

export interface CacheRef {
  readonly metadata: CacheMetadata;
  readonly mutable: boolean;
  readonly parents: readonly CacheRef[];
  readonly equalMutable: CacheRef | null;
  equalImmutable: CacheRef | null;
  refs: number;
}

export interface ShownRef {
  readonly ref: CacheRef;
  readonly inUse: boolean;
}

/** Chains of parents are as long as a Dockerfile; a longer one is damage. */
const MAX_CHAIN = 1000;

class RefLoader {
  readonly #records: ReadonlyMap<string, CacheMetadata>;
  readonly #snapshotExists: (key: string) => boolean;
  /** Null: it does not load; the engine drops such a record at its start. */
  readonly loaded: Map<string, CacheRef | null> = new Map<string, CacheRef | null>();

  constructor(records: readonly CacheMetadata[], snapshotExists: (key: string) => boolean) {
    this.#records = new Map(records.map((record) => [record.id, record]));
    this.#snapshotExists = snapshotExists;
  }

  load(id: string, depth: number): CacheRef | null {
    const known = this.loaded.get(id);
    if (known !== undefined) return known;
    this.loaded.set(id, null);
    const metadata = this.#records.get(id);
    if (metadata === undefined || depth > MAX_CHAIN) return null;
    const parents = this.#parents(metadata, depth);
    if (parents === null) return null;
    const ref = this.#make(metadata, parents, depth);
    if (ref === null) for (const parent of parents) parent.refs--;
    this.loaded.set(id, ref);
    return ref;
  }

  #parents(metadata: CacheMetadata, depth: number): readonly CacheRef[] | null {
    const parents: CacheRef[] = [];
    for (const id of metadata.parents) {
      const found = this.load(id, depth + 1);
      const parent = found?.mutable === true ? (found.equalImmutable ?? found) : found;
      if (parent === null || (parent.mutable && parent.refs > 0)) {
        for (const held of parents) held.refs--;
        return null;
      }
      parent.refs++;
      parents.push(parent);
    }
    return parents;
  }

  #make(metadata: CacheMetadata, parents: readonly CacheRef[], depth: number): CacheRef | null {
    const base = { metadata, parents, equalImmutable: null, refs: 0 };
    if (metadata.equalMutable !== '') {
      const mutable = this.load(metadata.equalMutable, depth + 1);
      if (mutable !== null) {
        const ref: CacheRef = { ...base, mutable: false, equalMutable: mutable };
        mutable.equalImmutable = ref;
        return ref;
      }
      if (!this.#snapshotExists(metadata.snapshotKey)) return null;
    }
    const mutable = !metadata.committed && metadata.parents.length < 2;
    if (metadata.deleted || (mutable && !this.#snapshotExists(metadata.id))) return null;
    return { ...base, mutable, equalMutable: null };
  }
}

/** Of a committed record and its mutable one, the committed one while something holds it, else the mutable one. */
function isShown(ref: CacheRef): boolean {
  if (ref.equalImmutable !== null && ref.equalImmutable.refs > 0) return false;
  return ref.equalMutable === null || ref.refs > 0;
}

/** Takes away the references that unused records hold to their parents: what is left is use by something else. */
function settle(shown: readonly CacheRef[]): ReadonlyMap<CacheRef, number> {
  const refs = new Map(shown.map((ref) => [ref, ref.refs]));
  const queue = [...shown];
  for (let ref = queue.pop(); ref !== undefined; ref = queue.pop()) {
    if (refs.get(ref) !== 0) continue;
    for (const parent of ref.parents) {
      const held = refs.get(parent);
      if (held === undefined) continue;
      refs.set(parent, held - (ref.equalImmutable === null ? 1 : 2));
      queue.push(parent);
    }
    // Settled: a further visit must not count again.
    refs.set(ref, Number.NEGATIVE_INFINITY);
  }
  return refs;
}

/** The records that `GET /system/df` shows, in the order of their IDs. `snapshotExists`: the snapshotter's Stat finds the key. */
export function shownRefs(
  records: readonly CacheMetadata[],
  snapshotExists: (key: string) => boolean,
): readonly ShownRef[] {
  const loader = new RefLoader(records, snapshotExists);
  const loaded = records.flatMap((record) => loader.load(record.id, 0) ?? []);
  const shown = loaded.filter(isShown);
  const refs = settle(shown);
  return shown.map((ref) => ({ ref, inUse: (refs.get(ref) ?? 0) > 0 }));
}
