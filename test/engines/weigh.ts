// Runs the built command as people do and turns its reports into the same figures as an engine's answers.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type {
  ContainerRow,
  ContainersReport,
  DfGroup,
  DfReport,
  ExplainReport,
  ImageRow,
  ImagesReport,
  ReportHead,
} from '../../src/model/reports.ts';
import { names, short } from './answers.ts';
import type { Figures, Value } from './answers.ts';

/** The built command; WEIGH_COMMAND names another build of it. */
export const COMMAND: string =
  process.env['WEIGH_COMMAND'] ??
  join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'dist/weigh.cjs');

/** How weigh finds the store and its rules. */
export interface WeighTarget {
  readonly options: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export async function weighJson<R>(command: readonly string[], target: WeighTarget): Promise<R> {
  const args = [COMMAND, ...command, '--json', ...target.options];
  const { NODE_EXTRA_CA_CERTS: _certificates, DOCKER_HOST: _host, ...env } = process.env;
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, ...target.env },
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => out.push(part));
  child.stderr.on('data', (part: Buffer) => err.push(part));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0 && code !== 3)
    throw new Error(
      `weigh ${args.slice(1).join(' ')}: exit ${code}: ${Buffer.concat(err).toString().slice(0, 600)}`,
    );
  return JSON.parse(Buffer.concat(out).toString('utf8')) as R;
}

export interface WeighAnswers {
  readonly figures: Figures;
  /** Figures that weigh itself says are not steady in the engine. */
  readonly unsteady: ReadonlySet<string>;
  /** Every other figure that weigh calls a bound, with its finding. Root reads everything: there should be none. */
  readonly bounds: readonly string[];
}

/** What the engine answers, by weigh's account: -1 where it says so. */
function answered(bytes: number | null, row: { readonly engineAnswer?: unknown }): Value {
  return bytes ?? (row.engineAnswer === -1 ? -1 : null);
}

function containerFigures(figures: Figures, rows: readonly ContainerRow[], where: readonly string[]): void {
  for (const row of rows) {
    if (row.engineAnswer === 'not listed') continue;
    for (const place of where) {
      figures.set(`container ${row.name}|${place}.sizeRw`, answered(row.sizeRw, row));
      figures.set(`container ${row.name}|${place}.sizeRootFs`, answered(row.sizeRootFs, row));
      if (place === 'inspect') continue;
      figures.set(`container ${row.name}|${place}.state`, row.state);
      figures.set(`container ${row.name}|${place}.imageId`, row.imageId);
    }
  }
}

function imageFigures(figures: Figures, rows: readonly ImageRow[], where: readonly string[]): void {
  for (const row of rows) {
    const key = `image ${short(row.id)}`;
    for (const place of where) {
      figures.set(`${key}|${place}.size`, row.size);
      if (place === 'inspect') continue;
      figures.set(`${key}|${place}.sharedSize`, row.sharedSize);
      figures.set(`${key}|${place}.names`, names(row.names));
      figures.set(`${key}|${place}.digests`, names(row.repoDigests));
      if (place === 'df') figures.set(`${key}|df.containers`, row.containers);
    }
  }
}

function diskUsageFigures(figures: Figures, report: DfReport): void {
  const store = report.stores[0];
  if (store === undefined) throw new Error('weigh df reports no store');
  figures.set('df|layersSize', store.layersSize);
  const group = (name: string, { count, active, size, reclaimable }: DfGroup): void => {
    for (const [field, value] of Object.entries({ count, active, size, reclaimable }))
      figures.set(`df|${name}.${field}`, value);
  };
  group('images', store.images);
  group('containers', store.containers);
  group('volumes', store.volumes);
  group('buildCache', store.buildCache);
  for (const volume of store.details.volumes) {
    if (volume.engineAnswer === 'not listed') continue;
    figures.set(`volume ${volume.name}|size`, answered(volume.size, volume));
    figures.set(`volume ${volume.name}|refCount`, volume.refCount);
  }
  for (const record of store.details.buildCache) {
    const { id, type, description, size, inUse, shared, usageCount } = record;
    for (const [field, value] of Object.entries({ size, inUse, shared, type, description, usageCount }))
      figures.set(`cache ${id}|${field}`, value);
  }
}

/** Keys of the figures that a finding names. */
function boundKeys(
  report: ReportHead<string>,
  keyOf: (pointer: string) => string,
): { readonly unsteady: string[]; readonly bounds: string[] } {
  const unsteady: string[] = [];
  const bounds: string[] = [];
  for (const finding of report.findings)
    for (const { pointer, bound } of finding.effects) {
      const key = keyOf(pointer);
      if (finding.kind === 'engine-unsteady') unsteady.push(key);
      else if (bound !== 'unknown' || finding.kind !== 'engine-fails')
        bounds.push(`${key}: ${bound}, ${finding.kind}: ${finding.subject}: ${finding.message}`);
    }
  return { unsteady, bounds };
}

/** The key of the figure at `/stores/0/…` of a df report. */
function diskUsageKey(report: DfReport, pointer: string): string {
  const [, , , group, list, index, field] = pointer.split('/');
  const details = report.stores[0]?.details;
  if (group !== 'details' || details === undefined) return `df|${pointer.split('/').slice(3).join('.')}`;
  const at = Number(index);
  if (list === 'containers') return `container ${details.containers[at]?.name ?? '?'}|df.${field ?? '?'}`;
  if (list === 'volumes') return `volume ${details.volumes[at]?.name ?? '?'}|${field ?? '?'}`;
  if (list === 'buildCache') return `cache ${details.buildCache[at]?.id ?? '?'}|${field ?? '?'}`;
  return `df|${pointer}`;
}

export async function askWeigh(target: WeighTarget): Promise<WeighAnswers> {
  const [containers, images, df] = await Promise.all([
    weighJson<ContainersReport>(['containers'], target),
    weighJson<ImagesReport>(['images'], target),
    weighJson<DfReport>(['df'], target),
  ]);
  const figures: Figures = new Map();
  containerFigures(figures, containers.containers, ['list', 'inspect']);
  imageFigures(figures, images.images, ['list', 'inspect']);
  diskUsageFigures(figures, df);
  containerFigures(figures, df.stores[0]?.details.containers ?? [], ['df']);
  imageFigures(figures, df.stores[0]?.details.images ?? [], ['df']);
  const unsteady = new Set<string>();
  const bounds: string[] = [];
  const listed = boundKeys(containers, (pointer) => {
    const [, , index, field] = pointer.split('/');
    return `container ${containers.containers[Number(index)]?.name ?? '?'}|list.${field ?? '?'}`;
  });
  for (const key of listed.unsteady)
    for (const place of ['list', 'inspect', 'df']) unsteady.add(key.replace('|list.', `|${place}.`));
  bounds.push(...listed.bounds);
  const usage = boundKeys(df, (pointer) => diskUsageKey(df, pointer));
  for (const key of usage.unsteady) unsteady.add(key);
  bounds.push(...usage.bounds, ...boundKeys(images, (pointer) => `images ${pointer}`).bounds);
  return { figures, unsteady, bounds };
}

/** The figures of `weigh explain`, and a sentence for each sum of steps that does not come out. */
export async function explainWeigh(
  name: string,
  target: WeighTarget,
): Promise<{ readonly report: ExplainReport; readonly wrong: readonly string[] }> {
  const report = await weighJson<ExplainReport>(['explain', name], target);
  const wrong: string[] = [];
  for (const figure of report.figures) {
    const steps = figure.steps.flatMap(({ bytes }) => (bytes === undefined ? [] : [bytes]));
    const total = steps.reduce((left, right) => left + right, 0);
    if (figure.bytes !== null && total !== figure.bytes)
      wrong.push(`explain ${name}: the steps of ${figure.name} sum to ${total}, not ${figure.bytes}`);
    for (const compare of figure.compare) {
      const difference = compare.items.reduce((left, item) => left + item.bytes, 0);
      if (figure.bytes !== null && difference !== compare.bytes - figure.bytes)
        wrong.push(
          `explain ${name}: the items against ${compare.with} sum to ${difference}, not ${compare.bytes - figure.bytes}`,
        );
    }
  }
  return { report, wrong };
}
