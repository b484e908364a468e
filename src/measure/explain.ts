import { WeighError } from '../model/errors.ts';
import type { ExplainReport } from '../model/reports.ts';
import { ownContainers } from './containers.ts';
import type { MeasureContext } from './context.ts';
import { FindingList } from './findings.ts';
import { findContainer, findImage, notFound } from './resolve-name.ts';
import type { ScopedContainer, ScopedImage } from './resolve-name.ts';
import { openScopes } from './scope.ts';
import type { StoreScope } from './scope.ts';

/**
 * The path that each number of a container, an image or `system df` took. `target`: a container's or image's name, ID or ID prefix (containers first);
 * `container:NAME` or `image:NAME` to force; `df` for the totals.
 *
 * @throws WeighError NOT_FOUND, AMBIGUOUS (in several stores), USAGE for a wrong engine version, INTERRUPTED when the signal is aborted.
 */
export async function explain(context: MeasureContext, target: string): Promise<ExplainReport> {
  const scopes = await openScopes(context);
  const { kind, word } = parseTarget(target);
  if (kind === 'any' && word === 'df') return (await import('./explain-df.ts')).explainDf(context, scopes);
  const containers = kind === 'image' ? [] : containersNamed(scopes, word);
  if (containers.length > 0) {
    const chosen = onlyOne(containers, word);
    return (await import('./explain-container.ts')).explainContainer(context, chosen);
  }
  const images = kind === 'container' ? [] : imagesNamed(scopes, word);
  if (images.length > 0) {
    const chosen = onlyOne(images, word);
    return (await import('./explain-image.ts')).explainImage(chosen);
  }
  throw notFound(kind === 'any' ? 'container or image' : kind, word, scopes.length, knownNames(scopes, kind));
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

function containersNamed(scopes: readonly StoreScope[], word: string): readonly ScopedContainer[] {
  return scopes.flatMap((scope) => {
    const record = findContainer(ownContainers(scope, new FindingList(), ''), word);
    return record === undefined ? [] : [{ scope, record }];
  });
}

function imagesNamed(scopes: readonly StoreScope[], word: string): readonly ScopedImage[] {
  return scopes.flatMap((scope) => {
    const record = findImage(scope.store.images().records, word);
    return record === undefined ? [] : [{ scope, record }];
  });
}

function knownNames(scopes: readonly StoreScope[], kind: Target['kind']): readonly string[] {
  return scopes.flatMap(({ store }) => [
    ...(kind === 'image' ? [] : store.containers().records.map((record) => record.name)),
    ...(kind === 'container' ? [] : store.images().records.flatMap((record) => record.tags)),
  ]);
}

function onlyOne<T extends { readonly scope: StoreScope }>(found: readonly T[], word: string): T {
  const [first, ...others] = found;
  if (first !== undefined && others.length === 0) return first;
  throw new WeighError('AMBIGUOUS', `${word} is in ${found.length} stores`, {
    hint: `Name one of them: ${found.map(({ scope }) => storeOption(scope)).join(' ')}`,
  });
}

/** The option that leaves only this store. */
function storeOption({ store }: StoreScope): string {
  const hash = store.name.lastIndexOf('#');
  return `--store ${store.name.slice(0, hash)},driver=${store.driver}`;
}
