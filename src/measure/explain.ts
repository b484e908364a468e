import { WeighError } from '../model/errors.ts';
import type { ExplainReport } from '../model/reports.ts';
import type { OpenedStore } from '../stores/opened-store.ts';
import type { MeasureContext } from './context.ts';
import { FindingList } from './findings.ts';
import { openMeters } from './meter.ts';
import type { StoreMeter } from './meter.ts';
import { notFound } from './resolve-name.ts';

/**
 * The path that each number of a container, an image or `system df` took. `target`: a container's or image's name, ID or ID prefix (containers first);
 * `container:NAME` or `image:NAME` to force; `df` for the totals.
 *
 * @throws WeighError NOT_FOUND, AMBIGUOUS (in several stores), USAGE for a wrong engine version, INTERRUPTED when the signal is aborted.
 */
export async function explain(context: MeasureContext, target: string): Promise<ExplainReport> {
  const meters = await openMeters(context);
  const { kind, word } = parseTarget(target);
  if (kind === 'any' && word === 'df') return (await import('./explain-df.ts')).explainDf(meters);
  const containers = kind === 'image' ? [] : containersNamed(meters, word);
  if (containers.length > 0) return onlyOne(containers, word).explain();
  const images = kind === 'container' ? [] : imagesNamed(meters, word);
  if (images.length > 0) return onlyOne(images, word).explain();
  throw notFound(kind === 'any' ? 'container or image' : kind, word, meters.length, knownNames(meters, kind));
}

interface Target {
  readonly kind: 'container' | 'image' | 'any';
  readonly word: string;
}

function parseTarget(target: string): Target {
  for (const kind of ['container', 'image'] as const) {
    if (target.startsWith(`${kind}:`)) return { kind, word: target.slice(kind.length + 1) };
  }
  return { kind: 'any', word: target };
}

/** What a word was found to name, in one store. */
interface Found {
  readonly store: OpenedStore;
  readonly explain: () => Promise<ExplainReport>;
}

function containersNamed(meters: readonly StoreMeter[], word: string): readonly Found[] {
  return meters.flatMap((meter) => {
    const found = meter.findContainer(meter.containers(new FindingList(), ''), word);
    return found === undefined ? [] : [{ store: meter.store, explain: () => found.explain() }];
  });
}

function imagesNamed(meters: readonly StoreMeter[], word: string): readonly Found[] {
  return meters.flatMap((meter) => {
    const found = meter.images(new FindingList(), '').find(word);
    return found === undefined ? [] : [{ store: meter.store, explain: () => found.explain() }];
  });
}

function knownNames(meters: readonly StoreMeter[], kind: Target['kind']): readonly string[] {
  return meters.flatMap((meter) => [
    ...(kind === 'image' ? [] : meter.containers(new FindingList(), '').map(({ name }) => name)),
    ...(kind === 'container' ? [] : meter.images(new FindingList(), '').names),
  ]);
}

function onlyOne(found: readonly Found[], word: string): Found {
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  throw new WeighError('AMBIGUOUS', `${word} is in ${found.length} stores`, {
    hint: `Name one of them: ${found.map(({ store }) => storeOption(store)).join(' ')}`,
  });
}

/** The option that leaves only this store. */
function storeOption({ name, driver }: OpenedStore): string {
  return `--store ${name.slice(0, name.lastIndexOf('#'))},driver=${driver}`;
}
