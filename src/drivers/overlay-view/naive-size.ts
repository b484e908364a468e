import type { HostFs } from '../../host/host.ts';
import type { WalkOptions } from '../../host/walker.ts';
import { joinPath, pathText } from '../../model/bytes.ts';
import type { BytePath } from '../../model/bytes.ts';
import type { Bound, Problem } from '../../model/finding.ts';
import type { DriverId } from '../../model/ids.ts';
import type { Step } from '../../model/step.ts';
import type { DiffSize, DriverContext } from '../driver.ts';
import { unreadableProblems } from '../naive-trees.ts';
import { isNoSize, withoutSize } from '../outcome.ts';
import type { NoSize } from '../outcome.ts';
import { compareViews } from './compare-views.ts';
import type { ComparedView, ViewChanges } from './compare-views.ts';
import { isCopyOfLinked } from './fuse-copies.ts';
import { fuseView } from './fuse-view.ts';
import { diffDirectory, layerTree } from './layer-area.ts';
import type { LayerArea } from './layer-area.ts';
import { kernelMarks } from './marks.ts';
import type { Marks } from './marks.ts';
import { kernelView, plainView } from './merged-view.ts';
import type { MergedNode } from './merged-view.ts';
import { viewSteps } from './view-steps.ts';

export interface NaiveQuestion {
  readonly context: DriverContext;
  readonly area: LayerArea;
  readonly id: DriverId;
  readonly parent: DriverId | null;
  /** The decisions that led here. */
  readonly steps: readonly Step[];
}

/** The engine's naive figure for an overlay: the merged tree of the layer against that of its parent, both computed from the layers. */
export async function overlayNaiveSize(question: NaiveQuestion, options?: WalkOptions): Promise<DiffSize> {
  const { context, area, id, parent, steps } = question;
  const directory = diffDirectory(area, id);
  const at = { subject: id, path: 'naive' as const, steps, directory };
  const marks = kernelMarks(context.host, area.home);
  const now = comparedView(area, id, marks);
  if (isNoSize(now)) return withoutSize(now, at);
  const old = parent === null ? null : comparedView(area, parent, marks);
  if (isNoSize(old)) return withoutSize(old, at);
  const isUnsteady = area.mount === 'fuse-overlayfs';
  return await viewsSize({ ...at, fs: area.fs, parent, now, old, marks, isUnsteady, directory }, options);
}

export interface ViewsQuestion {
  readonly fs: HostFs;
  readonly subject: DriverId;
  readonly parent: DriverId | null;
  readonly now: ComparedView;
  readonly old: ComparedView | null;
  readonly marks: Marks;
  /** The engine's mount numbers links by what it has met so far (fuse-overlayfs). */
  readonly isUnsteady: boolean;
  readonly steps: readonly Step[];
  readonly directory: BytePath;
}

/** The naive figure of two merged trees. */
export async function viewsSize(question: ViewsQuestion, options?: WalkOptions): Promise<DiffSize> {
  const { fs, subject, parent, now, old, steps, directory, isUnsteady } = question;
  const at = { subject, path: 'naive' as const, steps, directory };
  const isUnsteadyCopy = (fresh: MergedNode, before: MergedNode | null): boolean =>
    isUnsteady && isCopyOfLinked(fs, old?.view ?? null, fresh, before);
  const changes = await compareViews({ fs, now, old, differ: options?.differ, isUnsteadyCopy }, options);
  if (isNoSize(changes)) return withoutSize(changes, at);
  const problems = problemsOf(question, changes);
  return {
    outcome: 'size',
    bytes: changes.changedBytes,
    ...boundOf(question, changes, problems),
    path: 'naive',
    steps: [...steps, ...viewSteps(changes, { id: subject, parent })],
    problems,
    directory,
    naive: changes,
  };
}

function boundOf(
  { isUnsteady }: ViewsQuestion,
  changes: ViewChanges,
  problems: readonly Problem[],
): { readonly bound?: Bound } {
  if (problems.length === 0) return {};
  return { bound: isUnsteady && changes.hasUnsteadyCopies ? 'unknown' : 'at-least' };
}

function comparedView(area: LayerArea, id: DriverId, marks: Marks): ComparedView | NoSize {
  const { fs } = area;
  const tree = layerTree(area, id);
  if (isNoSize(tree)) return tree;
  if (tree.kind === 'plain') {
    return { view: plainView(fs, tree.directory), engineRootLength: tree.directory.length };
  }
  return {
    view: area.mount === 'kernel' ? kernelView(fs, tree.layers, marks) : fuseView(fs, tree.layers),
    engineRootLength: joinPath(area.home, id, 'merged').length,
  };
}

/** Marks that could not be read hide renamed directories, whose files are missing then; fuse-overlayfs may count a link's file again. */
function problemsOf(question: ViewsQuestion, changes: ViewChanges): readonly Problem[] {
  const { subject, marks, isUnsteady } = question;
  const problems = [...unreadableProblems(subject, changes)];
  const unreadable = marks.unreadable();
  if (unreadable !== null) {
    problems.push({
      kind: 'xattr-unreadable',
      subject,
      message: `the trusted.overlay.* attributes of ${pathText(unreadable)} and others need CAP_SYS_ADMIN, so files below renamed directories may be missing; run weigh as root`,
    });
  }
  if (isUnsteady && changes.hasUnsteadyCopies) {
    problems.push({
      kind: 'engine-unsteady',
      subject,
      message:
        'a file that has several names in a lower layer was changed by one of them: fuse-overlayfs takes all of them for one file and shows the length and time of the one that it met first, so the engine counts now one, now the other',
    });
  }
  if (isUnsteady && changes.hasSpreadLinks) {
    problems.push({
      kind: 'engine-unsteady',
      subject,
      message:
        'hard links of one file stand in several directories: fuse-overlayfs shows as many links as it has met so far, so the engine counts such a file once or several times, changing from call to call',
    });
  }
  return problems;
}
