import type { Differ } from '../host/walker.ts';
import { WeighError } from '../model/errors.ts';
import type { RulesUsed } from '../model/reports.ts';
import { parseEngineVersion, plainVersion } from './engine-rules.ts';
import type { EngineVersion } from './engine-rules.ts';

/** Every rule that changed between Podman 4.3 and 5.8 and has a bearing on a size. What never changed is in the code that does it. */
export interface PodmanRules {
  /** `ps -s` rwSize and `df`: the RW layer alone, or with the container's data items and its two `userdata` directories. */
  readonly rwSize: 'layer' | 'layer-and-data';
  /** `ps -s` rootFsSize: the image's layers measured anew, without the RW layer; or the image's size and rwSize together. */
  readonly rootFsSize: 'image-layers' | 'image-and-container';
  /** `df` images SIZE: every row (one a name); each image once with layers seen before taken off; or all layers of the store once. */
  readonly imagesSize: 'rows' | 'images-less-seen-layers' | 'all-layers';
  /** `df` images RECLAIMABLE: rows without containers; or the total less the unique sizes of images in use. */
  readonly imagesReclaimable: 'unused-rows' | 'less-unique-of-used';
  /** `df` images ACTIVE: rows or images with containers. */
  readonly imagesActive: 'rows' | 'images';
  /** What is shared: everything of an image with children, else its parent's size; or each layer that several images use. */
  readonly imagesShared: 'relatives' | 'layers';
  /** A volume's size: each name of a file, or each inode once. */
  readonly volumeSize: 'every-name' | 'every-inode';
  /** overlay: which RW layers are walked as they are. */
  readonly overlayDiff: 'native-if-usable' | 'native-if-parent';
  /** The library's differ: link targets are compared or not. */
  readonly differ: Differ;
}

interface Change {
  readonly since: readonly [number, number];
  readonly set: Partial<PodmanRules>;
  readonly source: string;
}

/** The table. Each row holds from its version on; the first one is the state at 4.3 and before. */
const CHANGES: readonly Change[] = [
  {
    since: [0, 0],
    set: {
      rwSize: 'layer',
      rootFsSize: 'image-layers',
      imagesSize: 'rows',
      imagesReclaimable: 'unused-rows',
      imagesActive: 'rows',
      imagesShared: 'relatives',
      volumeSize: 'every-name',
      overlayDiff: 'native-if-usable',
      differ: 'storage-1.43',
    },
    source:
      'podman 4.3: libpod/container_internal.go rwSize, rootFsSize; cmd/podman/system/df.go; common 0.50: libimage/disk_usage.go',
  },
  {
    since: [4, 4],
    set: {
      imagesSize: 'images-less-seen-layers',
      imagesReclaimable: 'less-unique-of-used',
      imagesActive: 'images',
    },
    source: 'podman 4.4: cmd/podman/system/df.go; common 0.51: libimage/disk_usage.go DiskUsage',
  },
  {
    since: [4, 6],
    set: { rwSize: 'layer-and-data', rootFsSize: 'image-and-container', volumeSize: 'every-inode' },
    source:
      'podman 4.6: libpod/container_internal.go rwSize, rootFsSize; storage 1.48: store.go ContainerSize',
  },
  {
    since: [4, 7],
    set: { overlayDiff: 'native-if-parent' },
    source: 'storage 1.50: drivers/overlay/overlay.go DiffSize',
  },
  {
    since: [5, 4],
    set: { differ: 'storage-1.57' },
    source: 'storage 1.57: pkg/archive changes.go addChanges',
  },
  {
    since: [5, 5],
    set: { imagesSize: 'all-layers', imagesShared: 'layers' },
    source: 'common 0.63: libimage/disk_usage.go DiskUsage',
  },
];

/** Newest Podman whose rules are known here. A later one is taken to follow the same rules. */
export const NEWEST_PODMAN = '5.8';

function holds(change: Change, version: EngineVersion): boolean {
  const [major, minor] = change.since;
  return version.major === major ? version.minor >= minor : version.major > major;
}

function checkedVersion(text: string): EngineVersion {
  const parsed = parseEngineVersion(text);
  if (parsed !== null) return parsed;
  throw new WeighError('USAGE', `not an engine version: ${text}`, {
    hint: 'Give it like 4.3, 5.4 or 5.8.2.',
  });
}

/**
 * The rules of one Podman.
 *
 * @throws WeighError USAGE when the text is no version.
 */
export function podmanRules(version: string): PodmanRules {
  const parsed = checkedVersion(version);
  let rules: Partial<PodmanRules> = {};
  for (const change of CHANGES) if (holds(change, parsed)) rules = { ...rules, ...change.set };
  return rules as PodmanRules;
}

/** Where the rule in force for a version is written: the newest row of the table that sets it. */
export function podmanRuleSource(version: string, rule: keyof PodmanRules): string {
  const parsed = checkedVersion(version);
  let source = '';
  for (const change of CHANGES) if (rule in change.set && holds(change, parsed)) source = change.source;
  return source;
}

/**
 * Chooses the version whose rules are used: the option, the engine's answer, what the store shows, the newest that writes such a store.
 *
 * @throws WeighError USAGE when the option is no version.
 */
export function choosePodmanVersion(evidence: {
  readonly option: string | undefined;
  readonly engineAnswer: string | undefined;
  readonly shows: string | null;
}): Pick<RulesUsed, 'engineVersion' | 'engineVersionFrom'> {
  const { option, engineAnswer, shows } = evidence;
  if (option !== undefined) {
    checkedVersion(option);
    return { engineVersion: plainVersion(option), engineVersionFrom: 'option' };
  }
  if (engineAnswer !== undefined && parseEngineVersion(engineAnswer) !== null)
    return { engineVersion: plainVersion(engineAnswer), engineVersionFrom: 'engine' };
  if (shows !== null) return { engineVersion: shows, engineVersionFrom: 'store' };
  return { engineVersion: NEWEST_PODMAN, engineVersionFrom: 'newest' };
}
