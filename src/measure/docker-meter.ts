import type { ContainerRecord, DockerStore, ImageRecord } from '../stores/docker/records.ts';
import type { MeasureContext } from './context.ts';
import { addDfFindings } from './df-findings.ts';
import { addContainerFindings, measureContainer, ownContainers } from './docker-containers.ts';
import { dfStore, measureDfStore } from './docker-df.ts';
import { addImageFindings, imageProblems, matchingImages, viewImages } from './docker-images.ts';
import { FindingList } from './findings.ts';
import type { MeterContainer, MeterImage, MeterImages, StoreMeter } from './meter.ts';
import { findContainer, findImage } from './resolve-name.ts';
import { openScope } from './scope.ts';
import type { StoreScope } from './scope.ts';
import { noteStoreProblems } from './store-problems.ts';

/** Measures a classic Docker store: one that keeps its layers with a graph driver. */
export async function openDockerMeter(context: MeasureContext, store: DockerStore): Promise<StoreMeter> {
  const scope = await openScope(context, store);
  return {
    store,
    used: scope.used,
    containers(findings, listPointer) {
      noteStoreProblems(findings, store.problems, listPointer);
      return ownContainers(scope, findings, listPointer).map((record) =>
        dockerContainer(context, scope, record),
      );
    },
    findContainer,
    images(findings, listPointer) {
      noteStoreProblems(findings, imageProblems(scope), listPointer);
      return dockerImages(scope);
    },
    async df(findings, pointer, disk) {
      const measured = await measureDfStore(context, scope, findings, pointer);
      addDfFindings(findings, measured, pointer);
      const made = await dfStore(context, measured, disk);
      made.details.images.forEach((row, index) =>
        addImageFindings(findings, row, `${pointer}/details/images/${index}`),
      );
      return made;
    },
    async explainDf(findings, first) {
      const { addFigureFindings, dfFigures } = await import('./explain-df-figures.ts');
      const ofStore = new FindingList();
      const measured = await measureDfStore(context, scope, ofStore, '');
      const figures = dfFigures(measured);
      addFigureFindings(findings, ofStore, measured, first);
      return figures;
    },
    async overview(findings, pointer) {
      return (await import('./docker-overview.ts')).dockerOverview(context, scope, findings, pointer);
    },
  };
}

function dockerContainer(
  context: MeasureContext,
  scope: StoreScope,
  record: ContainerRecord,
): MeterContainer {
  const chosen = { scope, record };
  return {
    id: record.id,
    name: record.name,
    async measure(findings, progress) {
      const measured = await measureContainer(context, chosen, findings, progress);
      if (measured === undefined) return undefined;
      return {
        row: measured.row,
        addFindings: (list, pointer) => addContainerFindings(list, measured, pointer),
      };
    },
    async explain() {
      return (await import('./explain-container.ts')).explainContainer(context, chosen);
    },
  };
}

function dockerImages(scope: StoreScope): MeterImages {
  const view = viewImages(scope);
  const made = new Map<ImageRecord, MeterImage>();
  const imageOf = (record: ImageRecord): MeterImage => {
    const known = made.get(record);
    if (known !== undefined) return known;
    const row = view.row(record);
    const image: MeterImage = {
      row: { row, addFindings: (findings, pointer) => addImageFindings(findings, row, pointer) },
      async explain() {
        return (await import('./explain-image.ts')).explainImage({ scope, record });
      },
    };
    made.set(record, image);
    return image;
  };
  return {
    get all() {
      return view.records.map(imageOf);
    },
    get listed() {
      return view.listed.map(imageOf);
    },
    matching: (word) => matchingImages(view.records, word).map(imageOf),
    find(word) {
      const record = findImage(view.records, word);
      return record === undefined ? undefined : imageOf(record);
    },
    names: view.records.flatMap((record) => record.tags),
  };
}
