import type { ExplainReport, ImageRow } from '../model/reports.ts';
import type { ExplainedFigure, Step } from '../model/step.ts';
import type { HistoryEntry, ImageRecord, Layer } from '../stores/docker/records.ts';
import { ruleSource } from './engine-rules.ts';
import { FindingList } from './findings.ts';
import { imageProblems, viewImages } from './docker-images.ts';
import type { ImagesView } from './docker-images.ts';
import { layerChain } from './layer-chain.ts';
import { layerHistory, recordedRule } from './recorded-rule.ts';
import type { ScopedImage } from './resolve-name.ts';
import type { StoreScope } from './scope.ts';
import { hidingProblems } from './store-problems.ts';

const IMAGE_LIST = 'moby 20.10-29: daemon/images Images';
const HISTORY = 'moby 20.10-29: daemon/images/image_history.go ImageHistory';
const CREATED_BY_LENGTH = 60;
const SHARERS_NAMED = 3;

/** The way to an image's size, its shared and its unique part, and the sizes of its history. */
export function explainImage({ scope, record }: ScopedImage): ExplainReport {
  const findings = new FindingList();
  for (const figure of ['/figures/1/bytes', '/figures/2/bytes']) {
    findings.affectAll(hidingProblems(imageProblems(scope)), figure, 'unknown');
  }
  const view = viewImages(scope);
  const row = view.row(record);
  const chain = layerChain(view.snapshot.layers, record.topChainId);
  const history = historyFigure(record, chain);
  if (history.bytes === null) {
    findings.affect(
      { kind: 'engine-fails', subject: record.id, message: history.steps[0]?.text ?? '' },
      '/figures/3/bytes',
      'unknown',
    );
  }
  return {
    schema: 'weigh.explain/1',
    ...findings.finish(),
    rules: [scope.used],
    subject: { kind: 'image', store: scope.store.name, id: record.id, name: nameOf(record) },
    figures: [
      {
        name: 'size',
        bytes: row.size,
        steps: sizeSteps(scope, record, chain),
        compare: [],
      },
      {
        name: 'sharedSize',
        bytes: row.sharedSize,
        steps: sharedSteps(scope, record, view, chain),
        compare: [],
      },
      uniqueFigure(row),
      history,
    ],
  };
}

function nameOf(image: ImageRecord): string {
  return image.tags[0] ?? image.repoDigests[0] ?? '<none>';
}

function sizeSteps(scope: StoreScope, image: ImageRecord, chain: readonly Layer[]): readonly Step[] {
  if (chain.length === 0) {
    return [
      {
        rule: 'Layer.Size',
        subject: '',
        bytes: 0,
        text: 'it has no layers',
        source: IMAGE_LIST,
      },
    ];
  }
  const history = layerHistory(image);
  return chain.map((layer, index) => {
    const recorded = recordedRule(scope, layer, history[index]);
    return {
      rule: 'DiffSize',
      subject: layer.chainId,
      bytes: layer.recordedBytes,
      text: `layer ${index + 1}, ${recorded.text}${madeBy(history[index])}`,
      source: recorded.source,
    };
  });
}

function madeBy(entry: HistoryEntry | undefined): string {
  if (entry === undefined) return '';
  const command = shortCommand(entry.createdBy);
  return command === '' ? '' : `: ${command}`;
}

/** The Dockerfile line as people wrote it, cut to one line. */
export function shortCommand(createdBy: string): string {
  const command = createdBy
    .replace(/^(?:\|\d+ (?:\S+=\S* )*)?\/bin\/sh -c #\(nop\)\s+/, '')
    .replace(/^(?:RUN )?(?:\|\d+ (?:\S+=\S* )*)?\/bin\/sh -c /, 'RUN ')
    .replace(/ # buildkit$/, '')
    .replace(/\s+/g, ' ')
    .trim();
  return command.length > CREATED_BY_LENGTH ? `${command.slice(0, CREATED_BY_LENGTH - 3)}...` : command;
}

function sharedSteps(
  scope: StoreScope,
  image: ImageRecord,
  view: ImagesView,
  chain: readonly Layer[],
): readonly Step[] {
  const source = ruleSource(scope.used.engineVersion, 'sharedSize');
  const counted = scope.rules.sharedSize === 'all-images' ? view.records : view.listed;
  const rule: Step = {
    rule: 'SharedSize',
    subject: '',
    text:
      scope.rules.sharedSize === 'all-images'
        ? 'a layer is shared when several images of the store hold it, hidden intermediate ones included'
        : 'a layer is shared when several of the listed images hold it; hidden intermediate ones do not count',
    source,
  };
  const sharers = sharersByLayer(view, counted, image);
  const steps = chain.flatMap((layer, index): readonly Step[] => {
    if ((view.references.get(layer.chainId) ?? 0) < 2) return [];
    const others = sharers(layer);
    return [
      {
        rule: 'DiffSize',
        subject: layer.chainId,
        bytes: layer.recordedBytes,
        text: `layer ${index + 1}, shared with ${others}`,
        source,
      },
    ];
  });
  return [rule, ...steps];
}

function sharersByLayer(
  view: ImagesView,
  counted: readonly ImageRecord[],
  image: ImageRecord,
): (layer: Layer) => string {
  const chains = counted
    .filter((other) => other.id !== image.id)
    .map((other) => ({
      name: other.tags[0] ?? other.repoDigests[0] ?? other.id.slice(7, 19),
      layers: new Set(layerChain(view.snapshot.layers, other.topChainId)),
    }));
  return (layer) => {
    const names = chains.filter(({ layers }) => layers.has(layer)).map(({ name }) => name);
    const more = names.length - SHARERS_NAMED;
    const shown = names.slice(0, SHARERS_NAMED).join(', ');
    return more > 0 ? `${shown} and ${more} more` : shown;
  };
}

function uniqueFigure(row: ImageRow): ExplainedFigure {
  const source = 'docker/cli 20.10-29: cli/command/formatter/disk_usage.go UniqueSize';
  return {
    name: 'uniqueSize',
    bytes: row.uniqueSize,
    steps: [
      { rule: 'UniqueSize', subject: '', bytes: row.size, text: 'size', source },
      { rule: 'UniqueSize', subject: '', bytes: -row.sharedSize, text: 'less sharedSize', source },
    ],
    compare: [],
  };
}

/** `docker history`, newest first: an entry with a layer takes the next one's recorded size, an empty one has 0. */
function historyFigure(image: ImageRecord, chain: readonly Layer[]): ExplainedFigure {
  const steps: Step[] = [];
  let next = 0;
  for (const entry of image.history) {
    const layer = entry.emptyLayer ? undefined : chain[next];
    if (!entry.emptyLayer && layer === undefined) return failedHistory();
    if (layer !== undefined) next += 1;
    const command = shortCommand(entry.createdBy);
    steps.unshift({
      rule: 'ImageHistory',
      subject: layer?.chainId ?? '',
      bytes: layer?.recordedBytes ?? 0,
      text: `${command === '' ? entry.comment || 'no command is recorded' : command}${layer === undefined ? ' (no layer)' : ''}`,
      source: HISTORY,
    });
  }
  if (next < chain.length) {
    steps.push({
      rule: 'ImageHistory',
      subject: '',
      text: `${chain.length - next} of its layers are in no history entry and in no line of docker history`,
      source: HISTORY,
    });
  }
  return {
    name: 'history',
    bytes: steps.reduce((total, step) => total + (step.bytes ?? 0), 0),
    steps,
    compare: [],
  };
}

function failedHistory(): ExplainedFigure {
  const text =
    'the history has more entries with a layer than the image has layers: the engine answers with an error';
  return {
    name: 'history',
    bytes: null,
    steps: [{ rule: 'ImageHistory', subject: '', text, source: HISTORY }],
    compare: [],
  };
}
