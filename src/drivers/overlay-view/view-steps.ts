import type { DriverId } from '../../model/ids.ts';
import type { Step } from '../../model/step.ts';
import { changesSteps } from '../naive-steps.ts';
import { countOf } from '../words.ts';
import type { ViewChanges } from './compare-views.ts';

/** What a comparison of two merged trees counted; additions that a renamed directory makes stand apart. */
export function viewSteps(
  changes: ViewChanges,
  layers: { readonly id: DriverId; readonly parent: DriverId | null },
): Step[] {
  const { added, renamed } = changes;
  const own = { files: added.files - renamed.files, bytes: added.bytes - renamed.bytes };
  const steps = changesSteps(
    { ...changes, added: own },
    {
      tree: `the merged tree of ${layers.id}`,
      parent: layers.parent === null ? null : `that of ${layers.parent}`,
    },
  );
  if (renamed.directories === 0) return steps;
  const text = `${countOf(renamed.files, 'file of lower layers', 'files of lower layers')} below ${countOf(renamed.directories, 'renamed directory', 'renamed directories')}: each counts as added at its new place`;
  const at = steps.findIndex(({ bytes }) => bytes !== undefined) + 1;
  const added0 = steps[at - 1];
  if (added0 === undefined) return steps;
  return [...steps.slice(0, at), { ...added0, bytes: renamed.bytes, text }, ...steps.slice(at)];
}
