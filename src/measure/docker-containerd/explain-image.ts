import type { ExplainReport, ImageRow } from '../../model/reports.ts';
import type { ExplainedFigure, Step } from '../../model/step.ts';
import { FindingList } from '../findings.ts';
import { shortCommand } from '../explain-image.ts';
import { recordedUsage } from '../snapshot-usage.ts';
import { hidingProblems } from '../store-problems.ts';
import { historyOf, inspectParts } from './history.ts';
import type { ManifestSummary } from './image-summary.ts';
import { imageProblems } from './images-view.ts';
import type { ImagesView, ListedImage } from './images-view.ts';
import { imageStoreRuleSource } from './rules.ts';
import type { ContainerdScope } from './scope.ts';

const SUMMARY = 'moby 26-29: daemon/containerd/image_list.go multiPlatformSummary';
const HISTORY = 'moby 26-29: daemon/containerd/image_history.go ImageHistory';
const INSPECT = 'moby 26-29: daemon/containerd/image_inspect.go size';

/** The way to an image's size, its shared and its unique part, the sizes of its history, and the other size that `image inspect` tells. */
export function explainImage(scope: ContainerdScope, view: ImagesView, image: ListedImage): ExplainReport {
  const findings = new FindingList();
  const { row, problems } = image;
  const shared = hidingProblems(imageProblems(scope, view));
  for (const figure of [1, 2]) findings.affectAll(shared, `/figures/${figure}/bytes`, 'unknown');
  findings.affectAll(problems, '/figures/0/bytes', 'at-least');
  const figures = [
    { name: 'size', bytes: row.size, steps: sizeSteps(scope, image), compare: [] },
    { name: 'sharedSize', bytes: row.sharedSize, steps: sharedSteps(scope, view, image), compare: [] },
    uniqueFigure(row),
    historyFigure(scope, image),
    inspectFigure(scope, image),
  ];
  figures.forEach(({ bytes, steps }, index) => {
    if (bytes !== null) return;
    const message = steps[0]?.text ?? 'the engine answers with an error';
    findings.affect({ kind: 'engine-fails', subject: row.id, message }, `/figures/${index}/bytes`, 'unknown');
  });
  return {
    schema: 'weigh.explain/1',
    ...findings.finish(),
    rules: [scope.used],
    subject: { kind: 'image', store: scope.store.name, id: row.id, name: row.names[0] ?? '<none>' },
    figures,
  };
}

function sizeSteps(scope: ContainerdScope, { summary }: ListedImage): readonly Step[] {
  const steps = summary.manifests.flatMap((manifest): readonly Step[] => {
    const { digest } = manifest.descriptor;
    const what = manifestWords(manifest);
    if (scope.imageRules.manifests !== 'all' && !(manifest.kind === 'image' && manifest.available)) {
      return [{ rule: 'Size', subject: digest, text: `left out: ${what}`, source: SUMMARY }];
    }
    const content: Step = {
      rule: 'Size.Content',
      subject: digest,
      bytes: manifest.contentBytes,
      text: `blobs of ${what}, as they are packed`,
      source: imageStoreRuleSource(scope.used.engineVersion, 'content'),
    };
    if (manifest.kind !== 'image' || manifest.chainIds.length === 0) return [content];
    const text = `snapshots of ${manifest.chainIds.length === 1 ? 'its layer' : `its ${manifest.chainIds.length} layers`}, unpacked${manifest.unpackedBytes === 0 ? ': it is not unpacked here' : ''}`;
    return [
      content,
      {
        rule: 'Size.Unpacked',
        subject: manifest.chainIds.at(-1) ?? '',
        bytes: manifest.unpackedBytes,
        text,
        source: SUMMARY,
      },
    ];
  });
  const index: Step = {
    rule: 'Size',
    subject: summary.target.digest,
    text: 'the index itself is not counted',
    source: SUMMARY,
  };
  const isIndex = summary.manifests.every(({ descriptor }) => descriptor.digest !== summary.target.digest);
  return isIndex ? [...steps, index] : steps;
}

function manifestWords({ kind, platform, available }: ManifestSummary): string {
  if (kind !== 'image') return kind === 'attestation' ? 'an attestation' : 'a manifest that is no image';
  const parts =
    platform === null ? [] : [platform.os, platform.architecture, platform.variant].filter(Boolean);
  const name = parts.length === 0 ? 'the image' : `the image for ${parts.join('/')}`;
  return available ? name : `${name}, which is not there in full`;
}

function sharedSteps(
  { used, snapshots, imageRules }: ContainerdScope,
  { listed }: ImagesView,
  { summary, row }: ListedImage,
): readonly Step[] {
  const source = imageStoreRuleSource(used.engineVersion, 'shared');
  const rule: Step = {
    rule: 'SharedSize',
    subject: '',
    text:
      imageRules.shared === 'snapshots'
        ? 'the snapshots that several of the listed images hold, or one of them several times; packed blobs do not count'
        : 'the snapshots that several of the listed images hold, or one of them several times, and the blobs that several hold',
    source,
  };
  const users = new Map<string, number>();
  for (const { summary: other } of listed) {
    for (const id of other.chainIds) users.set(id, (users.get(id) ?? 0) + 1);
  }
  const steps = summary.chainIds.flatMap((id, index): readonly Step[] => {
    if ((users.get(id) ?? 0) < 2) return [];
    const bytes = recordedUsage(snapshots(), id)?.bytes ?? 0;
    return [{ rule: 'Usage', subject: id, bytes, text: `layer ${index + 1}`, source }];
  });
  const rest = row.sharedSize - steps.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  const blobs: readonly Step[] =
    rest === 0 ? [] : [{ rule: 'SharedSize', subject: '', bytes: rest, text: 'blobs, each once', source }];
  return [rule, ...steps, ...blobs];
}

function uniqueFigure(row: ImageRow): ExplainedFigure {
  const source = 'docker/cli 24-29: cli/command/formatter/disk_usage.go UniqueSize';
  const of = (bytes: number, text: string): Step => ({
    rule: 'UniqueSize',
    subject: '',
    bytes,
    text,
    source,
  });
  return {
    name: 'uniqueSize',
    bytes: row.uniqueSize,
    steps: [of(row.size, 'size'), of(-row.sharedSize, 'less sharedSize')],
    compare: [],
  };
}

function historyFigure(scope: ContainerdScope, { summary }: ListedImage): ExplainedFigure {
  const lines = historyOf(scope, summary.target);
  if (typeof lines === 'string') {
    const text = `the engine answers with an error: ${lines}`;
    return {
      name: 'history',
      bytes: null,
      steps: [{ rule: 'ImageHistory', subject: '', text, source: HISTORY }],
      compare: [],
    };
  }
  const steps = lines.toReversed().map(({ entry, chainId, bytes }): Step => {
    const command = shortCommand(entry.createdBy) || entry.comment || 'no command is recorded';
    return {
      rule: 'ImageHistory',
      subject: chainId,
      bytes,
      text: `${command}${chainId === '' ? ' (no layer)' : ''}`,
      source: HISTORY,
    };
  });
  return { name: 'history', bytes: lines.reduce((sum, { bytes }) => sum + bytes, 0), steps, compare: [] };
}

function inspectFigure(scope: ContainerdScope, { summary }: ListedImage): ExplainedFigure {
  const parts = inspectParts(scope, summary.target);
  if (parts === null) {
    const text = 'the engine answers with an error: a document of it cannot be read';
    return {
      name: 'inspect',
      bytes: null,
      steps: [{ rule: 'size', subject: '', text, source: INSPECT }],
      compare: [],
    };
  }
  const steps = parts.map(({ digest, size, mediaType }): Step => ({
    rule: 'size',
    subject: digest,
    bytes: size,
    text: mediaType.replace(/^application\/vnd\./, ''),
    source: INSPECT,
  }));
  return { name: 'inspect', bytes: parts.reduce((sum, { size }) => sum + size, 0), steps, compare: [] };
}
