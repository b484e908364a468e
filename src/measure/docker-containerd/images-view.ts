import type { MetaImage } from '../../formats/containerd-meta.ts';
import {
  canonicalReference,
  familiarName,
  familiarReference,
  parseReference,
} from '../../formats/reference.ts';
import type { Problem } from '../../model/finding.ts';
import type { ImageRow } from '../../model/reports.ts';
import { recordedUsage } from '../snapshot-usage.ts';
import { summarize, targetOf } from './image-summary.ts';
import type { ImageSummary, SummaryContext } from './image-summary.ts';
import { loadedContainers } from './scope.ts';
import type { ContainerdScope } from './scope.ts';
import { walkPresent } from '../../stores/containerd/image-tree.ts';

/** One target with all its names: one entry of the engine's list. */
export interface ListedImage {
  readonly row: ImageRow;
  readonly summary: ImageSummary;
  /** The records of its names, in the order of the names' bytes. */
  readonly records: readonly MetaImage[];
  /** Containers of it; -1 where the engine does not say. */
  readonly engineContainers: number;
  readonly problems: readonly Problem[];
}

/** The images of one store as its engine sees them. */
export interface ImagesView {
  /** Every image, hidden ones included; sharing is counted over all of them. */
  readonly all: readonly ListedImage[];
  /** Those that the engine lists without being asked for all; sharing is counted over these. */
  readonly listed: readonly ListedImage[];
  /** What keeps the engine from answering its list. */
  readonly problems: readonly Problem[];
}

const PARENT_LABEL = 'org.mobyproject.image.parent';
const DANGLING = 'moby-dangling@';

/** isDanglingImage of moby 24-29 (daemon/containerd/soft_delete.go). */
export function isDangling({ name, target }: MetaImage): boolean {
  return name === DANGLING + target.digest;
}

/** Reads a store's images once and prepares their rows (moby 26-29: daemon/containerd/image_list.go Images). */
export function viewImages(scope: ContainerdScope): ImagesView {
  const records = [...scope.store.namespace.images.values()];
  const parents = new Set(records.flatMap(({ labels }) => labels.get(PARENT_LABEL) ?? []));
  const shown = records.filter((record) => !(isDangling(record) && parents.has(record.target.digest)));
  const maker = new RowMaker(scope);
  return {
    all: maker.rows(records),
    listed: maker.rows(shown),
    problems: maker.failures,
  };
}

/** Entries of a list before it is known what they share. */
interface Entry {
  readonly records: readonly MetaImage[];
  readonly summary: ImageSummary;
}

class RowMaker {
  readonly failures: Problem[] = [];
  readonly #scope: ContainerdScope;
  readonly #context: SummaryContext;
  readonly #summaries = new Map<string, ImageSummary>();
  /** Containers by the digest of their platform's manifest. */
  readonly #containers = new Map<string, number>();

  constructor(scope: ContainerdScope) {
    this.#scope = scope;
    const { documents, imageRules: rules } = scope;
    this.#context = { host: scope.context.host, documents, snapshots: scope.snapshots(), rules };
    for (const { imageManifest } of loadedContainers(scope)) {
      if (imageManifest === undefined) continue;
      this.#containers.set(imageManifest, (this.#containers.get(imageManifest) ?? 0) + 1);
    }
  }

  rows(records: readonly MetaImage[]): readonly ListedImage[] {
    const entries = this.#entries(records);
    const shared = new SharedSizes(this.#scope, entries);
    return entries.map((entry) => this.#listed(entry, shared.of(entry.summary)));
  }

  #entries(records: readonly MetaImage[]): readonly Entry[] {
    const byDigest = new Map<string, MetaImage[]>();
    for (const record of records) {
      const same = byDigest.get(record.target.digest);
      if (same === undefined) byDigest.set(record.target.digest, [record]);
      else same.push(record);
    }
    return [...byDigest.values()].flatMap((same) => {
      const [first] = same;
      const summary = first === undefined ? undefined : this.#summary(first);
      return summary === undefined || summary.failure !== undefined ? [] : [{ records: same, summary }];
    });
  }

  #summary(record: MetaImage): ImageSummary {
    const { digest } = record.target;
    const known = this.#summaries.get(digest);
    if (known !== undefined) return known;
    const summary = summarize(this.#context, targetOf(record));
    this.#summaries.set(digest, summary);
    if (summary.failure !== undefined) this.failures.push(listFails(record, summary.failure));
    return summary;
  }

  #listed({ records, summary }: Entry, sharedSize: number): ListedImage {
    const { best, bytes, target } = summary;
    const counted = summary.manifests.filter(({ config, available }) => config !== null && available);
    const containers = counted.reduce(
      (sum, { descriptor }) => sum + (this.#containers.get(descriptor.digest) ?? 0),
      0,
    );
    const row: ImageRow = {
      store: this.#scope.store.name,
      id: target.digest,
      names: namesOf(records),
      repoDigests: best === null ? [target.digest] : digestsOf(records),
      size: bytes,
      sharedSize,
      uniqueSize: bytes - sharedSize,
      containers,
      created: best?.config?.created ?? null,
    };
    const engineContainers = best === null ? -1 : containers;
    return { row, summary, records, engineContainers, problems: summary.problems };
  }
}

function listFails(
  { name }: MetaImage,
  { digest, why, denied }: NonNullable<ImageSummary['failure']>,
): Problem {
  if (denied) return { kind: 'unreadable', subject: name, message: `cannot read its document ${digest}` };
  const message = `its document ${digest} cannot be read (${why}): the engine answers with an error to every list of images`;
  return { kind: 'engine-fails', subject: name, message };
}

/** What images share, by the rule of the engine's version (computeSharedSize). */
class SharedSizes {
  readonly #scope: ContainerdScope;
  readonly #layers = new Map<string, number>();
  readonly #blobs = new Map<string, number>();

  constructor(scope: ContainerdScope, entries: readonly Entry[]) {
    this.#scope = scope;
    for (const { summary } of entries) {
      for (const id of summary.chainIds) this.#layers.set(id, (this.#layers.get(id) ?? 0) + 1);
      for (const digest of this.#blobsOf(summary).keys()) {
        this.#blobs.set(digest, (this.#blobs.get(digest) ?? 0) + 1);
      }
    }
  }

  of(summary: ImageSummary): number {
    let bytes = 0;
    const snapshots = this.#scope.snapshots();
    for (const id of summary.chainIds) {
      if ((this.#layers.get(id) ?? 0) > 1) bytes += recordedUsage(snapshots, id)?.bytes ?? 0;
    }
    for (const [digest, size] of this.#blobsOf(summary)) {
      if ((this.#blobs.get(digest) ?? 0) > 1) bytes += size;
    }
    return bytes;
  }

  /** Each blob once; none where the engine's version leaves them out. */
  #blobsOf(summary: ImageSummary): ReadonlyMap<string, number> {
    const blobs = new Map<string, number>();
    if (this.#scope.imageRules.shared === 'snapshots') return blobs;
    for (const { descriptor } of summary.manifests) {
      walkPresent(this.#scope.documents, descriptor, ({ digest, size }) => blobs.set(digest, size));
    }
    return blobs;
  }
}

/** Familiar names of what has a proper one; the last of them speaks for the image where its name is none. */
function namesOf(records: readonly MetaImage[]): readonly string[] {
  const named = records.filter((record) => !isDangling(record));
  const names = named.flatMap(({ name }) => {
    const reference = parseReference(name);
    return reference === null ? [] : [familiarReference(reference)];
  });
  const last = named.at(-1);
  const reference = last === undefined ? null : parseReference(last.name);
  const proper = reference !== null && canonicalReference(reference) === last?.name;
  return last === undefined || proper ? names : [...names, last.name];
}

function digestsOf(records: readonly MetaImage[]): readonly string[] {
  const last = records.filter((record) => !isDangling(record)).at(-1);
  const reference = last === undefined ? null : parseReference(last.name);
  if (last === undefined || reference === null || canonicalReference(reference) !== last.name) return [];
  return [`${familiarName(reference)}@${last.target.digest}`];
}

/** Usage of every layer of one manifest's chain, base first, as `history` asks for them. */
export function layerUsages(
  scope: ContainerdScope,
  chainIds: readonly string[],
): readonly { readonly chainId: string; readonly bytes: number | null }[] {
  const snapshots = scope.snapshots();
  return chainIds.map((chainId) => ({ chainId, bytes: recordedUsage(snapshots, chainId)?.bytes ?? null }));
}

/** What went wrong while the records behind a store's images were read. */
export function imageProblems({ store, snapshots }: ContainerdScope, view: ImagesView): readonly Problem[] {
  return [...store.problems, ...snapshots().problems, ...store.containers().problems, ...view.problems];
}
