/*
 * overlay2, on disk:
 *
 *   overlay2/<id>/diff       the layer's own content: what it adds and changes; whiteouts are character devices 0:0,
 *                            opaque and renamed directories carry trusted.overlay.* attributes (user.overlay.* where the
 *                            engine runs rootless)
 *   overlay2/<id>/link       the layer's short name, 26 characters
 *   overlay2/<id>/lower      the layers below as `l/<short name>`, topmost first, joined by `:`; absent without layers below
 *   overlay2/<id>/committed  empty, made when a layer is put on top of this one: from then on it is mounted read-only
 *   overlay2/<id>/work       the kernel's own, never content
 *   overlay2/<id>/merged     the mount point, there only while mounted
 *   overlay2/l/<short name>  link to ../<id>/diff
 *
 * A container has two: `<mount ID>-init` on top of the image, and `<mount ID>` on top of that.
 * DiffSize walks `diff` (native) when the engine uses native diffs and the layer asked for is the direct parent; else it compares the two
 * merged trees (naive). The engine mounts them for that; here they are computed from the layers' directories (overlay-view/).
 */
import type { WalkOptions } from '../host/walker.ts';
import { joinPath } from '../model/bytes.ts';
import type { DriverId } from '../model/ids.ts';
import type { Step } from '../model/step.ts';
import type { DiffSize, DriverContext, GraphDriver } from './driver.ts';
import { nativeSize } from './native-size.ts';
import { isNoSize, withoutSize } from './outcome.ts';
import { diffDirectory, isParent, layerIds } from './overlay-view/layer-area.ts';
import type { LayerArea } from './overlay-view/layer-area.ts';
import { overlayNaiveSize } from './overlay-view/naive-size.ts';

const SOURCE = 'moby 20.10-29: daemon/graphdriver/overlay2/overlay.go';

export function overlay2(context: DriverContext): GraphDriver {
  const area: LayerArea = {
    fs: context.host.fs,
    home: joinPath(context.root, 'overlay2'),
    mount: 'kernel',
  };
  return {
    name: 'overlay2',
    layerDirectory: (id) => diffDirectory(area, id),
    diffSize: async (id, parent, options) => await diffSize({ context, area, id, parent }, options),
    ids: () => layerIds(area),
  };
}

interface Question {
  readonly context: DriverContext;
  readonly area: LayerArea;
  readonly id: DriverId;
  readonly parent: DriverId | null;
}

async function diffSize(question: Question, options?: WalkOptions): Promise<DiffSize> {
  const { context, area, id, parent } = question;
  const directory = diffDirectory(area, id);
  if (!context.nativeDiff) {
    const steps = [nativeDiffStep('is off: the merged trees are compared')];
    return await overlayNaiveSize({ context, area, id, parent, steps }, options);
  }
  const steps = [nativeDiffStep('is on')];
  const answer = isParent(area, id, parent);
  if (isNoSize(answer)) return withoutSize(answer, { subject: id, path: 'native', steps, directory });
  steps.push({
    rule: 'isParent',
    subject: parent ?? id,
    text: answer.isParent
      ? `yes, ${answer.why}: the layer's own directory is the difference`
      : `no, ${answer.why}: the merged trees are compared`,
    source: `${SOURCE} isParent`,
  });
  if (answer.isParent)
    return await nativeSize(context, { subject: id, directory, decisions: steps }, options);
  return await overlayNaiveSize({ context, area, id, parent, steps }, options);
}

function nativeDiffStep(text: string): Step {
  return {
    rule: 'useNaiveDiff',
    subject: '',
    text: `native diff ${text}`,
    source: 'moby 20.10-29: daemon/graphdriver/overlay2/check.go doesSupportNativeDiff',
  };
}
