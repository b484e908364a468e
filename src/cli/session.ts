import type { Host } from '../host/host.ts';
import { discoverStores, findEngineRoots } from '../index.ts';
import type { FoundStores } from '../index.ts';
import type { MeasureContext } from '../measure/context.ts';
import { WeighError } from '../model/errors.ts';
import type { Effect, Finding, Problem } from '../model/finding.ts';
import type { AnyReport } from '../report/render.ts';
import { paint, wrap } from '../report/text.ts';
import type { CliContext } from './context.ts';
import type { CommonFlags } from './flags.ts';
import { progressLine } from './progress.ts';
import type { OutputSettings } from './settings.ts';
import { namedStores } from './store-flags.ts';

export interface Session {
  readonly host: Host;
  readonly measure: MeasureContext;
  /** Puts what was found besides the stores (a root that may not be read, a remote context) into a report. */
  readonly withFound: <R extends AnyReport>(report: R) => R;
}

/**
 * Opens the host and the stores that the flags name (all that are found where they name none), lets `work` measure, and then runs what it
 * answers: writing comes when the progress line is gone and the worker threads are at rest. A host without a store is told so, and that is all,
 * unless `names` are asked for: then `work` is to say that they are not found.
 */
export async function withStores(
  context: CliContext,
  flags: CommonFlags,
  settings: OutputSettings,
  work: (session: Session) => Promise<() => void>,
  names: readonly string[] = [],
): Promise<void> {
  const { io } = context;
  const named = namedStores(flags);
  const host = await io.openHost();
  const progress = progressLine(io, !settings.text.quiet && settings.walks);
  let write: () => void;
  try {
    // An engine that was told its root on its command line is known only by its answer.
    const ask = named.length === 0 && flags.noEngine !== true;
    const engineRoots = ask ? await findEngineRoots(host, io.signal) : [];
    const { stores, problems } = found(host, { named, hostRoot: flags.hostRoot, engineRoots });
    const measure = {
      host,
      stores,
      engineVersion: flags.engineVersion,
      nativeDiff: flags.nativeDiff,
      askEngine: flags.noEngine !== true,
      signal: io.signal,
      onProgress: progress?.onProgress,
    };
    write =
      stores.length === 0 && names.length === 0 && !settings.json
        ? (): void => noStore(context, settings, problems)
        : await work({ host, measure, withFound: (report) => withProblems(report, problems) });
  } finally {
    progress?.stop();
    await host.close();
  }
  write();
}

/** @throws WeighError UNREADABLE when there are stores, but none that may be read. */
function found(host: Host, options: Parameters<typeof discoverStores>[1]): FoundStores {
  const all = discoverStores(host, options);
  const denied = all.problems.find(({ kind }) => kind === 'unreadable');
  if (all.stores.length > 0 || denied === undefined) return all;
  throw new WeighError('UNREADABLE', denied.message, {
    hint: 'Run it as root, or name a copy with --data-root.',
  });
}

function noStore(context: CliContext, settings: OutputSettings, problems: readonly Problem[]): void {
  const notes = problems.map(({ message }) => message);
  if (!settings.text.quiet) notes.push('Name one with --data-root PATH.');
  const lines = notes.flatMap((note) => wrap(note, settings.text.width, '  '));
  context.io.stdout.write(paint(['No container store found on this host.', ...lines], settings.color));
  context.finish({ kind: 'done', complete: true });
}

const LISTS: Readonly<Record<AnyReport['schema'], string | null>> = {
  'weigh.containers/1': '/containers',
  'weigh.images/1': '/images',
  'weigh.df/1': '/stores',
  'weigh.host/1': '/stores',
  'weigh.explain/1': null,
};

/** A root that may not be read makes the list of what this host holds a lower bound; anything else is a note. */
function withProblems<R extends AnyReport>(report: R, problems: readonly Problem[]): R {
  if (problems.length === 0) return report;
  const list = LISTS[report.schema];
  const added = problems.map(({ kind, subject, message }): Finding => {
    const effects: Effect[] =
      kind === 'unreadable' && list !== null ? [{ pointer: list, bound: 'at-least' }] : [];
    return { kind, subject, message, effects };
  });
  const complete = report.complete && added.every(({ effects }) => effects.length === 0);
  return { ...report, complete, findings: [...report.findings, ...added] };
}
