import type { ExplainedFigure, Step } from '../../model/step.ts';
import { ruleSource } from '../engine-rules.ts';
import { figuresOfDf } from '../figures-of-df.ts';
import type { FindingList } from '../findings.ts';
import { measureDf } from './df.ts';
import type { ImagesView } from './images-view.ts';
import { imageStoreRuleSource } from './rules.ts';
import type { ContainerdScope } from './scope.ts';
import { imagesTotal } from './totals.ts';
import type { ImagesTotal } from './totals.ts';

/** The figures of `explain df`. */
export async function explainDf(
  scope: ContainerdScope,
  view: ImagesView,
  findings: FindingList,
  first: number,
): Promise<readonly ExplainedFigure[]> {
  const figures = await figuresOfDf(
    (list, pointer) => measureDf(scope, view, list, pointer, false),
    findings,
    first,
    scope.rules,
  );
  const total = await imagesTotal(scope);
  return figures.map((figure) => {
    if (figure.name === 'images size') return { ...figure, steps: totalSteps(scope, view, total) };
    if (figure.name === 'images reclaimable')
      return { ...figure, steps: reclaimableSteps(scope, view, figure.bytes, total) };
    return figure;
  });
}

function totalSteps(
  { store, used, imageRules }: ContainerdScope,
  view: ImagesView,
  total: ImagesTotal,
): readonly Step[] {
  const source = imageStoreRuleSource(used.engineVersion, 'total');
  if (total.bytes === null)
    return total.fails.map(({ message, subject }) => ({
      rule: 'LayersSize',
      subject,
      text: message,
      source,
    }));
  const images = new Set(view.all.flatMap(({ summary }) => summary.chainIds));
  const containers = new Set(store.containers().records.flatMap(({ id }) => [id, `${id}-init`]));
  const part = (text: string, keep: (name: string) => boolean): readonly Step[] => {
    const of = total.snapshots.filter(({ name }) => keep(name));
    const bytes = of.reduce((sum, one) => sum + one.bytes, 0);
    return of.length === 0
      ? []
      : [{ rule: 'LayersSize', subject: '', bytes, text: `${text}: ${of.length}`, source }];
  };
  const blobs = total.blobs.reduce((sum, { bytes }) => sum + bytes, 0);
  const packed: Step =
    imageRules.total === 'all-snapshots'
      ? { rule: 'LayersSize', subject: '', text: 'packed blobs are left out', source }
      : {
          rule: 'LayersSize',
          subject: '',
          bytes: blobs,
          text: `packed blobs of images, each once, indexes included: ${total.blobs.length}`,
          source,
        };
  return [
    ...part('snapshots of image layers', (name) => images.has(name)),
    ...part(
      'snapshots of containers and their init layers',
      (name) => !images.has(name) && containers.has(name),
    ),
    ...part(
      'other snapshots, such as those of the build cache',
      (name) => !images.has(name) && !containers.has(name),
    ),
    packed,
  ];
}

function reclaimableSteps(
  { rules, used }: ContainerdScope,
  { listed }: ImagesView,
  bytes: number | null,
  total: ImagesTotal,
): readonly Step[] {
  const source = ruleSource(used.engineVersion, 'imagesReclaimable');
  if (bytes === null || total.bytes === null) return [];
  const ofUsed = rules.imagesReclaimable === 'layers-less-used';
  const sign = rules.imagesReclaimable === 'unused-unique' ? 1 : -1;
  const steps = listed
    .filter(({ engineContainers }) => (ofUsed ? engineContainers !== 0 : engineContainers === 0))
    .filter(({ row }) => row.uniqueSize !== 0)
    .map(({ row, engineContainers }): Step => {
      const name = row.names[0] ?? row.id.slice(7, 19);
      const text = `${sign < 0 ? 'less the' : 'the'} unique size of ${name}, ${engineContainers === 0 ? 'not in use' : 'in use'}`;
      return { rule: 'UniqueSize', subject: name, bytes: sign * row.uniqueSize, text, source };
    });
  const size: Step = { rule: 'LayersSize', subject: '', bytes: total.bytes, text: 'images size', source };
  return sign > 0 ? steps : [size, ...steps];
}
