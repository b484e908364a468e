import type { MetaContainer } from '../../formats/containerd-meta.ts';
import type { ExplainReport } from '../../model/reports.ts';
import type { ExplainedFigure, Step } from '../../model/step.ts';
import { FindingList } from '../findings.ts';
import { measureContainer, reasonsOf } from './containers.ts';
import type { MeasuredContainer } from './containers.ts';
import { measureNamespace } from './df.ts';
import type { Part } from './df.ts';
import type { NamedImage } from './images.ts';
import type { NamespaceScope } from './scope.ts';

const IMAGE_SIZE = 'containerd 1.6-2.3: core/images/image.go Size';
const USAGE = 'containerd 1.6-2.3: core/snapshots/snapshotter.go Usage';
const GC = 'containerd 1.6-2.3: core/metadata/gc.go';

/** The way to a container's two sizes. */
export async function explainContainer(scope: NamespaceScope, record: MetaContainer): Promise<ExplainReport> {
  const findings = new FindingList();
  const measured = await measureContainer(scope, record, { done: 0, total: 1 });
  const moved = new FindingList();
  measured.addFindings(moved, '');
  for (const { effects, ...problem } of moved.finish().findings) {
    for (const { pointer, bound } of effects) {
      findings.affect(problem, `/figures/${pointer === '/sizeRw' ? 0 : 1}/bytes`, bound);
    }
  }
  const { row } = measured;
  return {
    schema: 'weigh.explain/1',
    ...findings.finish(),
    rules: [scope.used],
    subject: { kind: 'container', store: scope.store.name, id: row.id, name: row.name },
    figures: [rwFigure(measured), rootFsFigure(measured)],
  };
}

function rwFigure({ row, rw, record }: MeasuredContainer): ExplainedFigure {
  const lookUp: Step = {
    rule: 'Usage',
    subject: record.snapshotKey,
    text: `it writes into this snapshot of ${record.snapshotter}`,
    source: USAGE,
  };
  const why = reasonsOf(row, rw).map(({ message }): Step => ({
    rule: 'Usage',
    subject: record.snapshotKey,
    text: message,
    source: USAGE,
  }));
  return {
    name: 'sizeRw',
    bytes: row.sizeRw,
    steps: [lookUp, ...(row.sizeRw === null ? why : rw.steps)],
    compare: [],
  };
}

function rootFsFigure({ row, below }: MeasuredContainer): ExplainedFigure {
  const parts = below.parts.map(({ key, bytes }): Step => ({
    rule: 'Usage',
    subject: key,
    bytes,
    text: 'a snapshot below it',
    source: USAGE,
  }));
  const own: Step = {
    rule: 'Usage',
    subject: 'sizeRw',
    bytes: row.sizeRw ?? 0,
    text: 'sizeRw',
    source: USAGE,
  };
  const steps = row.sizeRw === null ? [] : [own, ...parts];
  return { name: 'sizeRootFs', bytes: row.sizeRootFs, steps, compare: [] };
}

/** The way to an image's size as ctr and nerdctl tell it: packed, and unpacked. */
export function explainImage(scope: NamespaceScope, image: NamedImage): ExplainReport {
  const findings = new FindingList();
  findings.notes(image.problems);
  const { row, parts, unpacked } = image;
  const packed = parts.map(({ digest, size, mediaType }): Step => ({
    rule: 'Size',
    subject: digest,
    bytes: size,
    text: mediaType.replace(/^application\/vnd\./, ''),
    source: IMAGE_SIZE,
  }));
  const of = (bytes: number, text: string): Step => ({
    rule: 'Size',
    subject: '',
    bytes,
    text,
    source: IMAGE_SIZE,
  });
  return {
    schema: 'weigh.explain/1',
    ...findings.finish(),
    rules: [scope.used],
    subject: { kind: 'image', store: scope.store.name, id: row.id, name: row.names[0] ?? row.id },
    figures: [
      { name: 'size', bytes: row.size, steps: packed, compare: [] },
      {
        name: 'sharedSize',
        bytes: row.sharedSize,
        steps: [of(row.sharedSize, 'blobs that other images of the namespace count, too, each once')],
        compare: [],
      },
      {
        name: 'uniqueSize',
        bytes: row.uniqueSize,
        steps: [of(row.size, 'size'), of(-row.sharedSize, 'less sharedSize')],
        compare: [],
      },
      {
        name: 'unpacked',
        bytes: unpacked?.bytes ?? 0,
        steps:
          unpacked === null
            ? [{ rule: 'Usage', subject: '', bytes: 0, text: 'it is not unpacked here', source: USAGE }]
            : unpacked.parts.map(({ key, bytes }): Step => ({
                rule: 'Usage',
                subject: key,
                bytes,
                text: 'snapshot of a layer',
                source: USAGE,
              })),
        compare: [],
      },
    ],
  };
}

/** Puts the steps to the figures of images: blobs, layers' snapshots, and what the garbage collector would take. */
export async function withImageSteps(
  scope: NamespaceScope,
  figures: readonly ExplainedFigure[],
): Promise<readonly ExplainedFigure[]> {
  const { blobs, snapshots, going } = await measureNamespace(scope);
  const part = (text: string, of: readonly Part[], source: string): Step => ({
    rule: 'DiskUsage',
    subject: '',
    bytes: of.reduce((sum, { bytes }) => sum + bytes, 0),
    text: `${text}: ${of.length}`,
    source,
  });
  return figures.map((figure) => {
    if (figure.name === 'images size') {
      const steps = [
        part('blobs', blobs, IMAGE_SIZE),
        part('snapshots of layers, and views', snapshots, USAGE),
      ];
      return { ...figure, steps };
    }
    if (figure.name !== 'images reclaimable') return figure;
    return { ...figure, steps: [part('blobs and snapshots that nothing would hold any more', going, GC)] };
  });
}
