import { isNoSize, noSizeOf, withoutSize } from './outcome.ts';
import type { NoSize } from './outcome.ts';
import type { DiffSize, DriverContext } from './driver.ts';
import type { DirectoryTally, WalkOptions } from '../host/walker.ts';
import { pathText } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import type { Step } from '../model/step.ts';
import { countOf, formatCount } from './words.ts';

const RULE = 'directory.Size';
const SOURCE = 'moby 20.10-29: pkg/directory directory_unix.go Size';

export interface NativeWalk {
  readonly subject: string;
  readonly directory: BytePath;
  /** The decisions that led here. */
  readonly decisions: readonly Step[];
}

/** The engine's native figure: the lengths of everything but directories below one directory, each inode number once. */
export async function nativeSize(
  context: DriverContext,
  walk: NativeWalk,
  options?: WalkOptions,
): Promise<DiffSize> {
  const { subject, directory, decisions } = walk;
  const tally = await context.host.walker.directorySize(directory, options);
  const failed = noSizeFrom(tally);
  if (isNoSize(failed)) return withoutSize(failed, { subject, path: 'native', steps: decisions, directory });
  return {
    outcome: 'size',
    bytes: tally.countedBytes,
    path: 'native',
    steps: [...decisions, ...tallySteps(tally, pathText(directory))],
    problems: [],
    directory,
    native: tally,
  };
}

function noSizeFrom(tally: DirectoryTally): NoSize | null {
  return tally.failure === undefined ? null : noSizeOf(tally.failure);
}

/** What a walk counted, kind by kind. The steps sum to `countedBytes`. */
function tallySteps(tally: DirectoryTally, subject: string): Step[] {
  const decision = (text: string): Step => ({ rule: RULE, subject, text, source: SOURCE });
  const sum = (bytes: number, text: string): Step => ({
    rule: RULE,
    subject: '',
    bytes,
    text,
    source: SOURCE,
  });
  if (tally.rootIsNotDirectory) {
    return [
      decision(`${subject} is itself no directory and not entered`),
      sum(tally.countedBytes, 'its own length'),
    ];
  }
  const { files, symlinks, others, directories, hardLinkNames, vanished } = tally;
  const steps: Step[] = [
    decision(`walk of ${subject}`),
    sum(files.apparentBytes, countOf(files.names, 'file', 'files')),
  ];
  if (symlinks.names > 0) {
    const targets = symlinks.names === 1 ? 'the length of its target' : 'the length of their targets';
    steps.push(sum(symlinks.apparentBytes, `${countOf(symlinks.names, 'symlink', 'symlinks')}: ${targets}`));
  }
  if (others.names > 0) {
    steps.push(
      sum(
        others.apparentBytes,
        `${countOf(others.names, 'device, FIFO, socket or whiteout', 'devices, FIFOs, sockets and whiteouts')}: no length`,
      ),
    );
  }
  steps.push(sum(0, `${countOf(directories.names, 'directory', 'directories')}: never counted`));
  const counted = files.apparentBytes + symlinks.apparentBytes + others.apparentBytes;
  if (counted !== tally.countedBytes) {
    steps.push(
      sum(
        tally.countedBytes - counted,
        'inode numbers met before, on another file system: not counted again',
      ),
    );
  }
  if (hardLinkNames.names > 0) steps.push(decision(hardLinkText(hardLinkNames)));
  if (vanished > 0) {
    steps.push(
      decision(`${countOf(vanished, 'entry', 'entries')} vanished during the walk: passed over in silence`),
    );
  }
  return steps;
}

/** "2 names are hard links of files counted already (151,280 not again)". */
export function hardLinkText(links: { readonly names: number; readonly bytes: number }): string {
  const names =
    links.names === 1 ? '1 name is a hard link' : `${formatCount(links.names)} names are hard links`;
  return `${names} of files counted already (${formatCount(links.bytes)} not again)`;
}
