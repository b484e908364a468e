import type { ChangesTally } from '../host/walker.ts';
import type { Step } from '../model/step.ts';
import { hardLinkText } from './native-size.ts';
import { countOf, formatCount } from './words.ts';

const CHANGES = 'moby 20.10-29: pkg/archive changes.go ChangesDirs, changes_unix.go statDifferent';
const SIZE = 'moby 20.10-29: pkg/archive changes.go ChangesSize';

const WHOLE = ': counted whole, even if only mode, owner or time changed';

/** The two trees as text; `parent` null: compared with an empty directory. */
export interface ComparedTrees {
  readonly tree: string;
  readonly parent: string | null;
}

/** What a comparison counted and what not. The steps with bytes sum to `changedBytes`. */
export function changesSteps(tally: ChangesTally, trees: ComparedTrees): Step[] {
  const { added, modified, deleted, unchanged, hardLinkNames } = tally;
  const against = trees.parent === null ? 'nothing, so that every file is an addition' : trees.parent;
  const steps: Step[] = [
    decision('ChangesDirs', trees.tree, `${trees.tree} is compared with ${against}`, CHANGES),
    sum(added.bytes, countOf(added.files, 'file added', 'files added')),
    sum(
      modified.bytes,
      `${countOf(modified.files, 'file', 'files')} modified${modified.files === 0 ? '' : WHOLE}`,
    ),
  ];
  if (unchanged.files > 0) {
    steps.push(
      decision(
        'ChangesDirs',
        '',
        `${countOf(unchanged.files, 'file is', 'files are')} the same in both by type, mode, owner, size and time: not counted (${formatCount(unchanged.bytes)})`,
        CHANGES,
      ),
    );
  }
  if (deleted > 0) {
    steps.push(
      decision('ChangesSize', '', `${countOf(deleted, 'path', 'paths')} deleted: take nothing off`, SIZE),
    );
  }
  if (hardLinkNames.names > 0) steps.push(decision('ChangesSize', '', hardLinkText(hardLinkNames), SIZE));
  return steps;
}

function decision(rule: string, subject: string, text: string, source: string): Step {
  return { rule, subject, text, source };
}

function sum(bytes: number, text: string): Step {
  return { rule: 'ChangesSize', subject: '', bytes, text, source: SIZE };
}
