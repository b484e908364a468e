import type { Host } from '../host/host.ts';
import { findStores } from '../index.ts';
import type { MeasureContext } from '../measure/context.ts';
import { paint } from '../report/text.ts';
import type { CliContext } from './context.ts';
import type { CommonFlags } from './flags.ts';
import { progressLine } from './progress.ts';
import type { OutputSettings } from './settings.ts';
import { namedStores } from './store-flags.ts';

export interface Session {
  readonly host: Host;
  readonly measure: MeasureContext;
}

/**
 * Opens the host and the stores that the flags name (all that are found where they name none), lets `work` measure, and then runs what it
 * answers: writing comes when the progress line is gone and the worker threads are at rest.
 */
export async function withStores(
  context: CliContext,
  flags: CommonFlags,
  settings: OutputSettings,
  work: (session: Session) => Promise<() => void>,
): Promise<void> {
  const { io } = context;
  const named = namedStores(flags);
  const host = await io.openHost();
  const progress = progressLine(io, !settings.text.quiet);
  let write: () => void;
  try {
    const stores = await findStores(host, { named, hostRoot: flags.hostRoot });
    write =
      stores.length === 0 && !settings.json
        ? (): void => noStore(context, settings)
        : await work({
            host,
            measure: {
              host,
              stores,
              engineVersion: flags.engineVersion,
              nativeDiff: flags.nativeDiff,
              askEngine: flags.noEngine !== true,
              signal: io.signal,
              onProgress: progress?.onProgress,
            },
          });
  } finally {
    progress?.stop();
    await host.close();
  }
  write();
}

function noStore(context: CliContext, settings: OutputSettings): void {
  const lines = [
    'No container store found on this host.',
    ...(settings.text.quiet ? [] : ['  Name one with --data-root PATH.']),
  ];
  context.io.stdout.write(paint(lines, settings.color));
  context.finish({ kind: 'done', complete: true });
}
