/*
 * fuse-overlayfs, on disk: shaped like overlay2 (overlay2.ts), below `fuse-overlayfs/`, with two differences inside `diff`:
 *
 *   .wh.<name>     a whiteout as the image's tar had it: image layers are unpacked with these files kept
 *   .wh..wh..opq   marks its directory as opaque; also put beside each opaque attribute that the mount sets
 *
 * What a container deletes is a character device 0:0 where those can be made, else a `.wh.` file. Directories are never redirected.
 * DiffSize is always naive, through a FUSE mount whose view is computed here (overlay-view/fuse-view.ts).
 */
import { joinPath } from '../model/bytes.ts';
import type { Step } from '../model/step.ts';
import type { DriverContext, GraphDriver } from './driver.ts';
import { diffDirectory, layerIds } from './overlay-view/layer-area.ts';
import type { LayerArea } from './overlay-view/layer-area.ts';
import { overlayNaiveSize } from './overlay-view/naive-size.ts';

const ALWAYS_NAIVE: Step = {
  rule: 'DiffSize',
  subject: '',
  text: 'fuse-overlayfs has no native difference: the merged trees are compared',
  source: 'moby 20.10-29: daemon/graphdriver/fuse-overlayfs/fuseoverlayfs.go DiffSize',
};

export function fuseOverlayfs(context: DriverContext): GraphDriver {
  const area: LayerArea = {
    fs: context.host.fs,
    home: joinPath(context.root, 'fuse-overlayfs'),
    mount: 'fuse-overlayfs',
  };
  return {
    name: 'fuse-overlayfs',
    layerDirectory: (id) => diffDirectory(area, id),
    diffSize: async (id, parent, options) =>
      await overlayNaiveSize({ context, area, id, parent, steps: [ALWAYS_NAIVE] }, options),
    ids: () => layerIds(area),
  };
}
