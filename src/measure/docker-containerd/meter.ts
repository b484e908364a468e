import type { DockerContainerdStore } from '../../stores/containerd/records.ts';
import type { ContainerRecord } from '../../stores/docker/records.ts';
import type { MeasureContext } from '../context.ts';
import type { FindingList } from '../findings.ts';
import type { MeterContainer, MeterImage, MeterImages, StoreMeter } from '../meter.ts';
import { findContainer, findImageRow, imagesOfRepository } from '../resolve-name.ts';
import { noteStoreProblems } from '../store-problems.ts';
import { measureContainer } from './containers.ts';
import { imageProblems, viewImages } from './images-view.ts';
import type { ImagesView, ListedImage } from './images-view.ts';
import { openContainerdScope } from './scope.ts';
import type { ContainerdScope } from './scope.ts';

/** Measures a Docker store whose engine keeps images with containerd. */
export async function openDockerContainerdMeter(
  context: MeasureContext,
  store: DockerContainerdStore,
): Promise<StoreMeter> {
  const scope = await openContainerdScope(context, store);
  let view: ImagesView | undefined;
  const images = (): ImagesView => (view ??= viewImages(scope));
  return {
    store,
    used: scope.used,
    containers: (findings, listPointer) => containers(scope, findings, listPointer),
    findContainer,
    images(findings, listPointer) {
      // What the engine cannot list is missing here, too.
      findings.affectAll(images().problems, listPointer, 'at-least');
      noteStoreProblems(findings, imageProblems(scope, images()), listPointer);
      return imagesOf(scope, images());
    },
    async df(findings, pointer, disk) {
      const { measureDf } = await import('./df.ts');
      return measureDf(scope, images(), findings, pointer, disk);
    },
    async explainDf(findings, first) {
      const { explainDf } = await import('./explain-df.ts');
      return explainDf(scope, images(), findings, first);
    },
    async overview(findings, pointer) {
      const { overview } = await import('./overview.ts');
      return overview(scope, images(), findings, pointer);
    },
  };
}

function containers(
  scope: ContainerdScope,
  findings: FindingList,
  listPointer: string,
): readonly MeterContainer[] {
  const { records, problems } = scope.store.containers();
  noteStoreProblems(findings, scope.store.problems, listPointer);
  noteStoreProblems(findings, problems, listPointer);
  return records.map((record) => containerOf(scope, record));
}

function containerOf(scope: ContainerdScope, record: ContainerRecord): MeterContainer {
  return {
    id: record.id,
    name: record.name,
    measure: (findings, progress) => measureContainer(scope, record, findings, progress),
    async explain() {
      const { explainContainer } = await import('./explain-container.ts');
      return explainContainer(scope, record);
    },
  };
}

function imagesOf(scope: ContainerdScope, view: ImagesView): MeterImages {
  const made = new Map<ListedImage, MeterImage>();
  const imageOf = (image: ListedImage): MeterImage => {
    const known = made.get(image) ?? meterImage(scope, view, image);
    made.set(image, known);
    return known;
  };
  // A shown image has the sizes of the list; a hidden one those of the list of all.
  const shown = new Map(view.listed.map((image) => [image.row.id, image]));
  const all = view.all.map((image) => shown.get(image.row.id) ?? image);
  const rows = all.map((image) => ({ ...image.row, image }));
  return {
    all: view.all.map(imageOf),
    listed: view.listed.map(imageOf),
    matching(word) {
      const ofRepository = imagesOfRepository(rows, word);
      if (ofRepository.length > 0) return ofRepository.map(({ image }) => imageOf(image));
      const found = findImageRow(rows, word);
      return found === undefined ? [] : [imageOf(found.image)];
    },
    find(word) {
      const found = findImageRow(rows, word);
      return found === undefined ? undefined : imageOf(found.image);
    },
    names: all.flatMap(({ row }) => row.names),
  };
}

function meterImage(scope: ContainerdScope, view: ImagesView, image: ListedImage): MeterImage {
  const { row, problems } = image;
  return {
    row: {
      row,
      addFindings(findings, pointer) {
        for (const field of ['size', 'sharedSize'])
          findings.affectAll(problems, `${pointer}/${field}`, 'at-least');
        findings.affectAll(problems, `${pointer}/uniqueSize`, 'unknown');
      },
    },
    async explain() {
      const { explainImage } = await import('./explain-image.ts');
      return explainImage(scope, view, image);
    },
  };
}
