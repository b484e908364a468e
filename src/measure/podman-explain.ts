import type { ExplainReport } from '../model/reports.ts';
import type { Comparison, ExplainedFigure, Step } from '../model/step.ts';
import { compareWithDu } from './du-compare.ts';
import { FindingList } from './findings.ts';
import { measurePodmanContainer, problemsOfFigure } from './podman-containers.ts';
import type { ListedContainer, MeasuredPodmanContainer } from './podman-containers.ts';
import type { PodmanFigure } from './podman-container-size.ts';
import { cStorageGetSize } from './podman-image-size.ts';
import type { PodmanImagesView, ViewedImage } from './podman-images.ts';
import { recordedOrMeasured } from './podman-images.ts';
import { imageLayers } from './podman-layers.ts';
import { podmanRuleSource } from './podman-rules.ts';
import type { PodmanScope } from './podman-scope.ts';
import { notFound } from './resolve-name.ts';
import { hidingProblems } from './store-problems.ts';

/** The way to `sizeRw` and `sizeRootFs` of one container. */
export async function explainPodmanContainer(
  scope: PodmanScope,
  container: ListedContainer,
): Promise<ExplainReport> {
  const findings = new FindingList();
  const measured = await measurePodmanContainer(scope, container, findings, { done: 0, total: 1 });
  if (measured === undefined) throw notFound('container', container.name, 1);
  const { size, row } = measured;
  findings.notes(scope.assumed);
  for (const [index, figure] of [size.sizeRw, size.sizeRootFs].entries()) {
    const bound = figure.outcome === 'size' ? figure.bound : 'unknown';
    const problems = problemsOfFigure(row.name, figure);
    if (bound === undefined) findings.notes(problems);
    else findings.affectAll(problems, `/figures/${index}/bytes`, bound);
  }
  const sources = {
    sizeRw: podmanRuleSource(scope.used.engineVersion, 'rwSize'),
    sizeRootFs: podmanRuleSource(scope.used.engineVersion, 'rootFsSize'),
  };
  return {
    schema: 'weigh.explain/1',
    ...findings.finish(),
    rules: [scope.used],
    subject: { kind: 'container', store: scope.store.name, id: row.id, name: row.name },
    figures: [
      {
        ...figureOf('sizeRw', size.sizeRw, rwRule(scope, sources.sizeRw)),
        compare: await withDu(scope, measured),
      },
      figureOf('sizeRootFs', size.sizeRootFs, rootFsRule(scope, sources.sizeRootFs)),
    ],
  };
}

function rwRule(scope: PodmanScope, source: string): Step {
  const text =
    scope.rules.rwSize === 'layer'
      ? 'this version counts what the RW layer adds to its parent'
      : 'this version counts the RW layer, the data items of the container and its two userdata directories';
  return { rule: 'rwSize', subject: '', text, source };
}

function rootFsRule(scope: PodmanScope, source: string): Step {
  const text =
    scope.rules.rootFsSize === 'image-layers'
      ? "this version measures the image's layers anew and leaves the RW layer out"
      : "this version adds up the image's size and sizeRw";
  return { rule: 'rootFsSize', subject: '', text, source };
}

function figureOf(name: string, figure: PodmanFigure, rule: Step): ExplainedFigure {
  const { bytes } = figure;
  if (bytes !== null) return { name, bytes, steps: [rule, ...figure.steps], compare: [] };
  const steps = figure.steps.map(({ rule: of, subject, text, source }) => ({
    rule: of,
    subject,
    text,
    source,
  }));
  const because = figure.reason ?? 'its size could not be made';
  const text =
    figure.outcome === 'error'
      ? `the engine ends with an error: ${because}`
      : `what the engine answers is not known: ${because}`;
  return { name, bytes, steps: [rule, ...steps, { ...rule, text }], compare: [] };
}

/** `du` of the RW layer's directory, where the whole figure is that of the layer. */
async function withDu(scope: PodmanScope, { size }: MeasuredPodmanContainer): Promise<readonly Comparison[]> {
  const { diff } = size;
  if (size.sizeRw.bytes === null || diff?.directory === undefined || diff.bytes === null) return [];
  const { host, signal } = scope.context;
  const tally = diff.native ?? (await host.walker.directorySize(diff.directory, { signal }));
  if (tally.failure !== undefined) return [];
  const of = compareWithDu(diff.directory, diff.bytes, tally, diff.naive);
  const beside = diff.bytes - size.sizeRw.bytes;
  const why = 'data items and userdata directories, which are not in this directory';
  return [beside === 0 ? of : { ...of, items: [...of.items, { why, bytes: beside }] }];
}

/** The way to an image's size, its shared and its unique part. */
export function explainPodmanImage(
  scope: PodmanScope,
  view: PodmanImagesView,
  viewed: ViewedImage,
): ExplainReport {
  const { row, size, image } = viewed;
  const findings = new FindingList();
  findings.notes(scope.assumed);
  if (viewed.bound !== undefined) {
    findings.affectAll(viewed.problems, '/figures/0/bytes', viewed.bound);
    for (const figure of [1, 2]) findings.affectAll(viewed.problems, `/figures/${figure}/bytes`, 'unknown');
  }
  for (const figure of [1, 2])
    findings.affectAll(hidingProblems(scope.store.records().problems), `/figures/${figure}/bytes`, 'unknown');
  const source = podmanRuleSource(scope.used.engineVersion, 'imagesShared');
  return {
    schema: 'weigh.explain/1',
    ...findings.finish(),
    rules: [scope.used],
    subject: { kind: 'image', store: scope.store.name, id: row.id, name: image.names[0] ?? '<none>' },
    figures: [
      { name: 'size', bytes: row.size, steps: size.steps, compare: otherSizes(scope, viewed) },
      {
        name: 'sharedSize',
        bytes: row.sharedSize,
        steps: sharedSteps(scope, view, viewed, source),
        compare: [],
      },
      {
        name: 'uniqueSize',
        bytes: row.uniqueSize,
        steps: [
          { rule: 'UniqueSize', subject: '', bytes: row.uniqueSize + row.sharedSize, text: 'size', source },
          { rule: 'UniqueSize', subject: '', bytes: -row.sharedSize, text: 'less sharedSize', source },
        ],
        compare: [],
      },
    ],
  };
}

function sharedSteps(
  scope: PodmanScope,
  view: PodmanImagesView,
  { image, row }: ViewedImage,
  source: string,
): readonly Step[] {
  const step = { rule: 'SharedSize', subject: '', source };
  if (scope.rules.imagesShared === 'layers') {
    const shared = imageLayers(scope.store.records().layerById, image).layers.filter(
      (layer) => (view.layerUsers.get(layer) ?? 0) > 1,
    );
    return [
      { ...step, text: 'a layer is shared when several images stand on it; data items never are' },
      ...shared.map((layer) => ({
        ...step,
        subject: layer.id,
        bytes: recordedOrMeasured(scope, layer),
        text: `layer ${layer.id.slice(0, 12)}, of ${view.layerUsers.get(layer) ?? 0} images`,
      })),
    ];
  }
  const parent = view.relations.parentOf(image);
  const name = parent === null ? '' : (parent.names[0] ?? parent.id.slice(0, 12));
  const text = view.relations.hasChildren(image)
    ? 'other images were made from it: this version counts all of it as shared'
    : parent === null
      ? 'no image was made from it and it was made from none: nothing is shared'
      : `it was made from ${name}: the size of that image is shared`;
  return [{ ...step, bytes: row.sharedSize, text }];
}

/** Beside the number of CRI-O, skopeo and Buildah, which go by other rules on the same records. */
function otherSizes(scope: PodmanScope, { image, row }: ViewedImage): readonly Comparison[] {
  const bytes = cStorageGetSize(scope, image);
  if (bytes === null) return [];
  const why = 'layers without a recorded size, mapped copies of the top layer, and sizes of signatures';
  const items = bytes === row.size ? [] : [{ why, bytes: bytes - row.size }];
  return [{ with: 'CRI-O and skopeo (getSize)', bytes, items }];
}
