import { WeighError } from '../model/errors.ts';
import type { PodmanStore } from '../stores/containers-storage/records.ts';
import type { MeasureContext } from './context.ts';
import type { MeterContainer, MeterImage, MeterImages, StoreMeter } from './meter.ts';
import {
  addPodmanContainerFindings,
  listedContainers,
  measurePodmanContainer,
  noteContainerProblems,
} from './podman-containers.ts';
import type { ListedContainer } from './podman-containers.ts';
import { addPodmanDfFindings, measurePodmanDf, podmanDfStore } from './podman-df.ts';
import { addPodmanImageFindings, matchingPodmanImages, viewPodmanImages } from './podman-images.ts';
import type { ViewedImage } from './podman-images.ts';
import { openPodmanScope } from './podman-scope.ts';
import type { PodmanScope } from './podman-scope.ts';
import { noteStoreProblems } from './store-problems.ts';

/** Measures a store of containers/storage by Podman's rules. */
export async function openPodmanMeter(context: MeasureContext, store: PodmanStore): Promise<StoreMeter> {
  const scope = await openPodmanScope(context, store);
  return {
    store,
    used: scope.used,
    containers(findings, listPointer) {
      noteStoreProblems(findings, store.problems, listPointer);
      noteContainerProblems(scope, findings, listPointer);
      return listedContainers(scope).map((container) => podmanContainer(scope, container));
    },
    findContainer,
    images(findings, listPointer) {
      noteStoreProblems(
        findings,
        [...store.problems, ...scope.assumed, ...store.records().problems],
        listPointer,
      );
      return podmanImages(scope);
    },
    async df(findings, pointer, disk) {
      noteStoreProblems(findings, store.problems, `${pointer}/details/images`);
      const measured = await measurePodmanDf(scope, findings, pointer);
      addPodmanDfFindings(findings, measured, pointer);
      return podmanDfStore(measured, disk);
    },
    async explainDf(findings, first) {
      return (await import('./podman-explain-df.ts')).podmanDfFigures(scope, findings, first);
    },
    async overview(findings, pointer) {
      return (await import('./podman-overview.ts')).podmanOverview(scope, findings, pointer);
    },
  };
}

function podmanContainer(scope: PodmanScope, container: ListedContainer): MeterContainer {
  return {
    id: container.record.id,
    name: container.name,
    async measure(findings, progress) {
      const measured = await measurePodmanContainer(scope, container, findings, progress);
      if (measured === undefined) return undefined;
      return {
        row: measured.row,
        addFindings: (list, pointer) => addPodmanContainerFindings(list, measured, pointer),
      };
    },
    async explain() {
      return (await import('./podman-explain.ts')).explainPodmanContainer(scope, container);
    },
  };
}

/** Full ID, then name, then the beginning of an ID (libpod state LookupContainer). */
function findContainer(containers: readonly MeterContainer[], word: string): MeterContainer | undefined {
  const exact = containers.find(({ id }) => id === word) ?? containers.find(({ name }) => name === word);
  if (exact !== undefined || !/^[0-9a-f]+$/.test(word)) return exact;
  const found = containers.filter(({ id }) => id.startsWith(word));
  if (found.length > 1)
    throw ambiguous(
      word,
      found.map(({ id }) => `container:${id}`),
    );
  return found[0];
}

function ambiguous(word: string, targets: readonly string[]): WeighError {
  return new WeighError('AMBIGUOUS', `several have an ID or name that ${word} fits`, {
    hint: `Name one of them: ${targets.slice(0, 5).join(' ')}`,
  });
}

function podmanImages(scope: PodmanScope): MeterImages {
  const view = viewPodmanImages(scope);
  const made = new Map<ViewedImage, MeterImage>();
  const imageOf = (viewed: ViewedImage): MeterImage => {
    const known = made.get(viewed);
    if (known !== undefined) return known;
    const image: MeterImage = {
      row: {
        row: viewed.row,
        addFindings: (findings, pointer) => addPodmanImageFindings(findings, viewed, pointer),
      },
      async explain() {
        return (await import('./podman-explain.ts')).explainPodmanImage(scope, view, viewed);
      },
    };
    made.set(viewed, image);
    return image;
  };
  return {
    all: view.all.map(imageOf),
    listed: view.listed.map(imageOf),
    matching: (word) => matchingPodmanImages(view, word).map(imageOf),
    find(word) {
      const found = matchingPodmanImages(view, word);
      if (found.length > 1)
        throw ambiguous(
          word,
          found.map(({ image }) => `image:${image.id}`),
        );
      const [only] = found;
      return only === undefined ? undefined : imageOf(only);
    },
    names: view.all.flatMap(({ image }) => image.names),
  };
}
