import type { MetaContainer } from '../../formats/containerd-meta.ts';
import { canonicalReference, parseReference } from '../../formats/reference.ts';
import { pathText } from '../../model/bytes.ts';
import type { ExplainReport } from '../../model/reports.ts';
import type { ContainerdStore } from '../../stores/containerd/records.ts';
import type { MeasureContext } from '../context.ts';
import { figuresOfDf } from '../figures-of-df.ts';
import { FindingList } from '../findings.ts';
import type { MeterContainer, MeterImage, MeterImages, MeterOverview, StoreMeter } from '../meter.ts';
import { findContainer, findImageRow, imagesOfRepository } from '../resolve-name.ts';
import { noteStoreProblems } from '../store-problems.ts';
import { measureContainer, nameOf } from './containers.ts';
import { measureDf } from './df.ts';
import { listImages } from './images.ts';
import type { NamedImage } from './images.ts';
import { openNamespaceScope } from './scope.ts';
import type { NamespaceScope } from './scope.ts';

/** Measures one namespace of a containerd. */
export function openContainerdMeter(context: MeasureContext, store: ContainerdStore): StoreMeter {
  const scope = openNamespaceScope(context, store);
  return {
    store,
    used: scope.used,
    containers(findings, listPointer) {
      noteStoreProblems(findings, store.problems, listPointer);
      return [...store.namespace.containers.values()].map((record) => containerOf(scope, record));
    },
    findContainer,
    images(findings, listPointer) {
      noteStoreProblems(findings, store.problems, listPointer);
      return imagesOf(scope);
    },
    df: (findings, pointer, disk) => measureDf(scope, findings, pointer, disk),
    async explainDf(findings, first) {
      const { withImageSteps } = await import('./explain.ts');
      const options = { buildCacheSize: 'all' } as const;
      const figures = await figuresOfDf(
        (list, pointer) => measureDf(scope, list, pointer, false),
        findings,
        first,
        options,
      );
      return withImageSteps(scope, figures);
    },
    overview: (findings, pointer) => overview(scope, findings, pointer),
  };
}

function containerOf(scope: NamespaceScope, record: MetaContainer): MeterContainer {
  return {
    id: record.id,
    name: nameOf(record),
    measure: (_, progress) => measureContainer(scope, record, progress),
    async explain(): Promise<ExplainReport> {
      const { explainContainer } = await import('./explain.ts');
      return explainContainer(scope, record);
    },
  };
}

function imagesOf(scope: NamespaceScope): MeterImages {
  const images = listImages(scope);
  const made = new Map<NamedImage, MeterImage>();
  const imageOf = (image: NamedImage): MeterImage => {
    const known = made.get(image) ?? meterImage(scope, image);
    made.set(image, known);
    return known;
  };
  const rows = images.map((image) => ({ ...image.row, image }));
  const all = images.map(imageOf);
  // Names are as they are; `busybox` is taken for docker.io/library/busybox:latest where no such name is there.
  const find = (word: string): (typeof rows)[number] | undefined =>
    rows.find(({ names }) => names.includes(word)) ??
    findImageRow(rows, word) ??
    rows.find(({ names }) => names.includes(canonical(word)));
  return {
    all,
    listed: all,
    matching(word) {
      const ofRepository = imagesOfRepository(rows, word);
      if (ofRepository.length > 0) return ofRepository.map(({ image }) => imageOf(image));
      const found = find(word);
      return found === undefined ? [] : [imageOf(found.image)];
    },
    find(word) {
      const found = find(word);
      return found === undefined ? undefined : imageOf(found.image);
    },
    names: images.flatMap(({ row }) => row.names),
  };
}

function canonical(word: string): string {
  const reference = parseReference(word);
  if (reference === null) return word;
  const tagged =
    reference.tag === null && reference.digest === null ? { ...reference, tag: 'latest' } : reference;
  return canonicalReference(tagged);
}

function meterImage(scope: NamespaceScope, image: NamedImage): MeterImage {
  return {
    row: { row: image.row, addFindings: (findings) => findings.notes(image.problems) },
    async explain() {
      const { explainImage } = await import('./explain.ts');
      return explainImage(scope, image);
    },
  };
}

async function overview(
  scope: NamespaceScope,
  findings: FindingList,
  pointer: string,
): Promise<MeterOverview> {
  const ofStore = new FindingList();
  const df = await measureDf(scope, ofStore, '', false);
  const columns: Readonly<Record<string, string>> = {
    '/images/size': 'imagesSize',
    '/containers/size': 'containersSize',
  };
  for (const { effects, ...problem } of ofStore.finish().findings) {
    if (effects.length === 0) findings.note(problem);
    for (const { pointer: at, bound } of effects) {
      const column = columns[at];
      if (column !== undefined) findings.affect(problem, `${pointer}/${column}`, bound);
    }
  }
  const { store } = scope;
  const { images, containers } = df;
  const going = images.exactReclaimable ?? 0;
  const written = containers.size ?? 0;
  return {
    store: {
      store: store.name,
      driver: store.driver,
      images: images.count,
      imagesSize: images.size,
      containers: containers.count,
      containersSize: written,
      volumes: 0,
      volumesSize: 0,
      buildCacheSize: 0,
      hidden: store.hidden.map(({ driver, path, why }) => `${driver} at ${pathText(path)}: ${why}`),
    },
    owners: [
      { what: `images that stay: ${images.active} in use`, bytes: (images.size ?? 0) - going, canGo: 0 },
      { what: 'images that nothing uses', bytes: going, canGo: going },
      { what: `what containers wrote: ${containers.count}`, bytes: written, canGo: 0 },
    ],
  };
}
