import { joinPath } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import type { DriverContext, DriverName, GraphDriver } from './driver.ts';
import { notKnown, withoutSize } from './outcome.ts';

export interface UnreadableDriver {
  readonly name: DriverName;
  readonly source: string;
  /** Full clause: why its layers cannot be read here and what could be done. */
  readonly why: string;
  readonly layerDirectory: (root: BytePath, id: string) => BytePath;
}

/** A graph driver whose content lies where files alone do not tell its sizes: every figure is unknown, with the reason; never 0. */
export function unreadableDriver(context: DriverContext, driver: UnreadableDriver): GraphDriver {
  const { name, source, why } = driver;
  return {
    name,
    layerDirectory: (id) => driver.layerDirectory(context.root, id),
    diffSize: async (id) =>
      await Promise.resolve(
        withoutSize(notKnown(why, 'unsupported-driver'), {
          subject: id,
          path: 'naive',
          steps: [{ rule: 'DiffSize', subject: id, text: why, source }],
        }),
      ),
    ids: () => [],
  };
}

/** `<root>/<part>/<part>/…` */
export function areaOf(root: BytePath, ...parts: readonly string[]): BytePath {
  return joinPath(root, ...parts);
}
