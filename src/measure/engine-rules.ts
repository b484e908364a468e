import { WeighError } from '../model/errors.ts';
import type { RulesUsed } from '../model/reports.ts';

/** An engine's version as numbers. A part that is not named is `Infinity`: "28.5" is the newest 28.5. */
export interface EngineVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Every rule that changed between Docker 20.10 and 29 and has a bearing on a size. What never changed is in the code that does it. */
export interface EngineRules {
  /** Newest API version that this engine speaks. */
  readonly api: string;
  /** Which images' layers count as users when an image's shared size is made: those that the list shows, or all in the store. */
  readonly sharedSize: 'listed-images' | 'all-images';
  /** `VirtualSize` (always equal to `Size`): in the newest API's answers or left out. */
  readonly virtualSize: 'present' | 'omitted';
  /** RECLAIMABLE of images in `system df`. */
  readonly imagesReclaimable: 'layers-less-used' | 'layers-less-unused' | 'unused-unique';
  /** ACTIVE of local volumes: those with a reference, or all but those counted as reclaimable (an unreadable one is active). */
  readonly volumesActive: 'referenced' | 'not-reclaimable';
  /** SIZE of the build cache: records that are no image layer as well, or all records. */
  readonly buildCacheSize: 'not-shared' | 'all';
  /** Native diff of overlay2 for a daemon inside a user namespace (rootless). */
  readonly userNamespaceDiff: 'naive' | 'native-with-userxattr';
  /** When overlay2 records a walk of the diff directory as an image layer's size, rather than the tar headers' sum. */
  readonly applyDiff: 'parent-matches' | 'parent-matches-and-native-diff';
  /** Driver of a container whose record names none. */
  readonly unnamedDriver: 'aufs' | 'none';
  /** A second `system df` while one runs: refused, or given the same answer. */
  readonly concurrentDf: 'refused' | 'shared';
}

interface Change {
  readonly since: readonly [number, number, number];
  readonly set: Partial<EngineRules>;
  readonly source: string;
}

/** The table. Each row holds from its version on; the first one is the state at 20.10.0. */
const CHANGES: readonly Change[] = [
  {
    since: [0, 0, 0],
    set: {
      api: '1.41',
      sharedSize: 'listed-images',
      virtualSize: 'present',
      imagesReclaimable: 'layers-less-used',
      volumesActive: 'referenced',
      buildCacheSize: 'not-shared',
      userNamespaceDiff: 'naive',
      applyDiff: 'parent-matches',
      unnamedDriver: 'aufs',
      concurrentDf: 'refused',
    },
    source:
      'moby 20.10: daemon/images/images.go Images; docker/cli 20.10: cli/command/formatter/disk_usage.go',
  },
  {
    since: [20, 10, 6],
    set: { applyDiff: 'parent-matches-and-native-diff' },
    source: 'moby 20.10.6: daemon/graphdriver/overlay2/overlay.go ApplyDiff',
  },
  {
    since: [23, 0, 0],
    set: { api: '1.42', sharedSize: 'all-images', concurrentDf: 'shared' },
    source: 'moby 23.0: daemon/images/images.go Images; daemon/disk_usage.go SystemDiskUsage',
  },
  {
    since: [24, 0, 0],
    set: { api: '1.43', unnamedDriver: 'none' },
    source: 'moby 24.0: daemon/daemon.go restore',
  },
  {
    since: [25, 0, 0],
    set: { api: '1.44', virtualSize: 'omitted' },
    source: 'moby 25.0: api/server/router/image/image_routes.go',
  },
  { since: [26, 0, 0], set: { api: '1.45' }, source: 'moby 26.0: api/common.go' },
  {
    since: [27, 0, 0],
    set: { api: '1.46', userNamespaceDiff: 'native-with-userxattr' },
    source: 'moby 27.0: daemon/graphdriver/overlay2/check.go doesSupportNativeDiff',
  },
  { since: [27, 2, 0], set: { api: '1.47' }, source: 'moby 27.2: api/common.go' },
  { since: [28, 0, 0], set: { api: '1.48' }, source: 'moby 28.0: api/common.go' },
  { since: [28, 1, 0], set: { api: '1.49' }, source: 'moby 28.1: api/common.go' },
  { since: [28, 2, 0], set: { api: '1.50' }, source: 'moby 28.2: api/common.go' },
  { since: [28, 3, 0], set: { api: '1.51' }, source: 'moby 28.3: api/common.go' },
  {
    since: [29, 0, 0],
    set: {
      api: '1.52',
      imagesReclaimable: 'layers-less-unused',
      volumesActive: 'not-reclaimable',
      buildCacheSize: 'all',
    },
    source:
      'moby 29.0: daemon/disk_usage.go imageDiskUsage, localVolumesSize; daemon/internal/builder-next/builder.go DiskUsage',
  },
  { since: [29, 2, 0], set: { api: '1.53' }, source: 'moby 29.2: daemon/config/config.go' },
  { since: [29, 3, 0], set: { api: '1.54' }, source: 'moby 29.3: daemon/config/config.go' },
  {
    since: [29, 4, 0],
    set: { imagesReclaimable: 'unused-unique' },
    source: 'moby 29.4: daemon/disk_usage.go imageDiskUsage',
  },
  { since: [29, 6, 0], set: { api: '1.55' }, source: 'moby 29.6: daemon/config/config.go' },
];

/** Newest engine whose rules are known here. A later one is taken to follow the same rules. */
export const NEWEST_ENGINE = '29.7';

/** Newest engine that still had a graph driver; all others are in the newest one. */
const LAST_WITH_DRIVER: Readonly<Record<string, string | undefined>> = {
  aufs: '23.0',
  overlay: '23.0',
  devicemapper: '24.0',
};

const VERSION = /^v?(\d{1,4})(?:\.(\d{1,4}))?(?:\.(\d{1,4}))?(?:[-+~]\S*)?$/;

/** Reads "28.5", "28.5.2", "20.10.24+dfsg1", "v29.0.0-rc.1"; null for anything else. */
export function parseEngineVersion(text: string): EngineVersion | null {
  const match = VERSION.exec(text.trim());
  if (match === null) return null;
  const part = (index: number): number =>
    match[index] === undefined ? Number.POSITIVE_INFINITY : Number(match[index]);
  return { major: part(1), minor: part(2), patch: part(3) };
}

/** Without the distribution's or pre-release's suffix: "20.10.24+dfsg1" is "20.10.24". */
export function plainVersion(text: string): string {
  const version = parseEngineVersion(text);
  if (version === null) return text;
  return [version.major, version.minor, version.patch].filter((part) => Number.isFinite(part)).join('.');
}

function holds(change: Change, version: EngineVersion): boolean {
  const [major, minor, patch] = change.since;
  if (version.major !== major) return version.major > major;
  if (version.minor !== minor) return version.minor > minor;
  return version.patch >= patch;
}

/**
 * The rules of one engine version.
 *
 * @throws WeighError USAGE when the text is no version.
 */
export function rulesFor(version: string): EngineRules {
  const parsed = checkedVersion(version);
  let rules: Partial<EngineRules> = {};
  for (const change of CHANGES) if (holds(change, parsed)) rules = { ...rules, ...change.set };
  return rules as EngineRules;
}

/** Where the rule in force for a version is written: the newest row of the table that sets it. */
export function ruleSource(version: string, rule: keyof EngineRules): string {
  const parsed = checkedVersion(version);
  let source = '';
  for (const change of CHANGES) if (rule in change.set && holds(change, parsed)) source = change.source;
  return source;
}

function checkedVersion(text: string): EngineVersion {
  const parsed = parseEngineVersion(text);
  if (parsed !== null) return parsed;
  throw new WeighError('USAGE', `not an engine version: ${text}`, {
    hint: 'Give it like 20.10, 28.5 or 28.5.2.',
  });
}

/** What can be known about the version of the engine that owns a store. */
export interface VersionEvidence {
  /** From `--engine-version`. */
  readonly option?: string | undefined;
  /** What the engine of this very root said. */
  readonly engineAnswer?: string | undefined;
  readonly store: {
    /** Graph driver or snapshotter. */
    readonly driver: string;
    /** What the store's files show, e.g. "20.10"; null when they tell nothing. */
    readonly shows: string | null;
  };
}

/**
 * Chooses the version whose rules are used: the option, the engine's answer, what the store shows, the newest that writes such a store.
 *
 * @throws WeighError USAGE when the option is no version.
 */
export function chooseEngineVersion(
  evidence: VersionEvidence,
): Pick<RulesUsed, 'engineVersion' | 'engineVersionFrom'> {
  const { option, engineAnswer, store } = evidence;
  if (option !== undefined) {
    checkedVersion(option);
    return { engineVersion: plainVersion(option), engineVersionFrom: 'option' };
  }
  if (engineAnswer !== undefined && parseEngineVersion(engineAnswer) !== null) {
    return { engineVersion: plainVersion(engineAnswer), engineVersionFrom: 'engine' };
  }
  if (store.shows !== null) return { engineVersion: store.shows, engineVersionFrom: 'store' };
  return {
    engineVersion: LAST_WITH_DRIVER[store.driver] ?? NEWEST_ENGINE,
    engineVersionFrom: 'newest',
  };
}
