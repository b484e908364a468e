import { WeighError } from '../model/errors.ts';
import type { ContainerRow, ImageRow } from '../model/reports.ts';
import type { Selection } from '../report/select.ts';
import type { ListFlags } from './flags.ts';
import { didYouMean, similar } from './usage.ts';

type Compare<R> = (a: R, b: R) => number;
type Test<R> = (row: R, value: string) => boolean;

/** Names from A to Z; numbers and times with the largest and newest first, unknown ones last. */
function byText<R>(of: (row: R) => string): Compare<R> {
  return (a, b) => (of(a) === of(b) ? 0 : of(a) < of(b) ? -1 : 1);
}

function largestFirst<R>(of: (row: R) => number | null): Compare<R> {
  return (a, b) => (of(b) ?? -1) - (of(a) ?? -1);
}

function newestFirst<R>(of: (row: R) => string | null): Compare<R> {
  const time = (row: R): number => Date.parse(of(row) ?? '') || Number.NEGATIVE_INFINITY;
  return (a, b) => (time(a) === time(b) ? 0 : time(b) > time(a) ? 1 : -1);
}

const CONTAINER_SORTS: Readonly<Record<string, Compare<ContainerRow>>> = {
  name: byText(({ name }) => name),
  image: byText(({ image }) => image),
  state: byText(({ state }) => state),
  created: newestFirst(({ created }) => created),
  size: largestFirst(({ sizeRw }) => sizeRw),
  rootfs: largestFirst(({ sizeRootFs }) => sizeRootFs),
};

const CONTAINER_FILTERS: Readonly<Record<string, Test<ContainerRow>>> = {
  name: ({ name }, value) => name.includes(value),
  image: ({ image, imageId }, value) => image.includes(value) || hasId(imageId ?? '', value),
  state: ({ state }, value) => state === value,
  id: ({ id }, value) => hasId(id, value),
  store: ({ store }, value) => store.includes(value),
};

const IMAGE_SORTS: Readonly<Record<string, Compare<ImageRow>>> = {
  name: byText(({ names }) => names[0] ?? '\uffff'),
  created: newestFirst(({ created }) => created),
  size: largestFirst(({ size }) => size),
  shared: largestFirst(({ sharedSize }) => sharedSize),
  unique: largestFirst(({ uniqueSize }) => uniqueSize),
  containers: largestFirst(({ containers }) => containers),
};

const IMAGE_FILTERS: Readonly<Record<string, Test<ImageRow>>> = {
  name: ({ names, repoDigests }, value) => [...names, ...repoDigests].some((name) => name.includes(value)),
  id: ({ id }, value) => hasId(id, value),
  store: ({ store }, value) => store.includes(value),
  dangling: ({ names }, value) => (names.length === 0) === truth('dangling', value),
  unused: ({ containers }, value) => (containers === 0) === truth('unused', value),
};

function hasId(id: string, value: string): boolean {
  return value !== '' && id.replace('sha256:', '').startsWith(value.replace('sha256:', ''));
}

function truth(key: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  throw new WeighError('USAGE', `--filter ${key} takes true or false, not ${value}`);
}

export function containerSelection(flags: ListFlags): Selection<ContainerRow> {
  return selection(flags, CONTAINER_SORTS, CONTAINER_FILTERS);
}

export function imageSelection(flags: ListFlags): Selection<ImageRow> {
  return selection(flags, IMAGE_SORTS, IMAGE_FILTERS);
}

/** @throws WeighError USAGE for a key or value that does not exist; checked before anything is measured. */
function selection<R>(
  flags: ListFlags,
  sorts: Readonly<Record<string, Compare<R>>>,
  filters: Readonly<Record<string, Test<R>>>,
): Selection<R> {
  const tests = (flags.filter ?? []).map((filter): ((row: R) => boolean) => {
    const at = filter.indexOf('=');
    if (at < 0) throw new WeighError('USAGE', `--filter takes KEY=VALUE, not ${filter}`);
    const test = pick('--filter', filters, filter.slice(0, at));
    const wanted = filter.slice(at + 1);
    return (row) => test(row, wanted);
  });
  return {
    keep: (row) => tests.every((test) => test(row)),
    compare: flags.sort === undefined ? undefined : pick('--sort', sorts, flags.sort),
    top: flags.top === undefined ? undefined : topCount(flags.top),
  };
}

function pick<T>(flag: string, table: Readonly<Record<string, T>>, key: string): T {
  const found = Object.hasOwn(table, key) ? table[key] : undefined;
  if (found !== undefined) return found;
  const keys = Object.keys(table);
  throw new WeighError('USAGE', `${flag} does not know ${key === '' ? 'an empty key' : key}`, {
    hint: didYouMean(similar(key, keys)) ?? `It knows ${keys.join(', ')}.`,
  });
}

function topCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new WeighError('USAGE', `--top takes a whole number above 0, not ${text}`);
}
