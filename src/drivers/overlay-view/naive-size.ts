import type { WalkOptions } from '../../host/walker.ts';
import { joinPath, pathText } from '../../model/bytes.ts';
import type { Problem } from '../../model/finding.ts';
import type { DriverId } from '../../model/ids.ts';
import type { Step } from '../../model/step.ts';
import type { DiffSize, DriverContext } from '../driver.ts';
import { unreadableProblems } from '../naive-trees.ts';
import { isNoSize, withoutSize } from '../outcome.ts';
import type { NoSize } from '../outcome.ts';
import { compareViews } from './compare-views.ts';
import type { ComparedView, ViewChanges } from './compare-views.ts';
import { diffDirectory, layerTree } from './layer-area.ts';
import type { LayerArea } from './layer-area.ts';
import { kernelMarks } from './marks.ts';
import type { Marks } from './marks.ts';
import { kernelView, plainView } from './merged-view.ts';
import { viewSteps } from './view-steps.ts';

/** Whose mount gives the merged tree: the kernel's overlay or fuse-overlayfs. */
export type Dialect = 'kernel' | 'fuse';

export interface NaiveQuestion {
  readonly context: DriverContext;
  readonly area: LayerArea;
  readonly id: DriverId;
  readonly parent: DriverId | null;
  /** The decisions that led here. */
  readonly steps: readonly Step[];
  readonly dialect: Dialect;
}

/** The engine's naive figure for an overlay: the merged tree of the layer against that of its parent, both computed from the layers. */
export async function overlayNaiveSize(question: NaiveQuestion, options?: WalkOptions): Promise<DiffSize> {
  const { context, area, id, parent, steps } = question;
  const marks = kernelMarks(context.host, area.home);
  const at = { subject: id, path: 'naive' as const, steps, directory: diffDirectory(area, id) };
  const now = comparedView(question, id, marks);
  if (isNoSize(now)) return withoutSize(now, at);
  const old = parent === null ? null : comparedView(question, parent, marks);
  if (isNoSize(old)) return withoutSize(old, at);
  const changes = await compareViews({ fs: area.fs, now, old }, options);
  if (isNoSize(changes)) return withoutSize(changes, at);
  const problems = problemsOf(id, changes, marks);
  return {
    outcome: 'size',
    bytes: changes.changedBytes,
    ...(problems.length === 0 ? {} : { bound: 'at-least' as const }),
    path: 'naive',
    steps: [...steps, ...viewSteps(changes, { id, parent })],
    problems,
    directory: at.directory,
    naive: changes,
  };
}

function comparedView(question: NaiveQuestion, id: DriverId, marks: Marks): ComparedView | NoSize {
  const { area } = question;
  const tree = layerTree(area, id);
  if (isNoSize(tree)) return tree;
  if (tree.kind === 'plain') {
    return { view: plainView(area.fs, tree.directory), engineRootLength: tree.directory.length };
  }
  return {
    view: kernelView(area.fs, tree.layers, marks),
    engineRootLength: joinPath(area.home, id, 'merged').length,
  };
}

/** Marks that could not be read hide renamed directories, whose files are missing then. */
function problemsOf(id: DriverId, changes: ViewChanges, marks: Marks): readonly Problem[] {
  const problems = [...unreadableProblems(id, changes)];
  const unreadable = marks.unreadable();
  if (unreadable !== null) {
    problems.push({
      kind: 'xattr-unreadable',
      subject: id,
      message: `trusted.overlay.* attributes (${pathText(unreadable)} and others) need CAP_SYS_ADMIN, so renamed directories may be missing; run it as root`,
    });
  }
  return problems;
}
