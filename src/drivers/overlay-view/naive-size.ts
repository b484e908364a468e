import type { WalkOptions } from '../../host/walker.ts';
import type { DriverId } from '../../model/ids.ts';
import type { Step } from '../../model/step.ts';
import type { DiffSize, DriverContext } from '../driver.ts';
import { notKnown, withoutSize } from '../outcome.ts';
import type { LayerArea } from './layer-area.ts';

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

/** The engine's naive figure for an overlay. */
export async function overlayNaiveSize(question: NaiveQuestion, _options?: WalkOptions): Promise<DiffSize> {
  return await Promise.resolve(
    withoutSize(notKnown('naive is not computed yet', 'unsupported-driver'), {
      subject: question.id,
      path: 'naive',
      steps: question.steps,
    }),
  );
}
