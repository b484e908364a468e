import { parseEngineVersion } from '../engine-rules.ts';
import type { EngineVersion } from '../engine-rules.ts';

/** Every rule of Docker's containerd image store that changed between 26.0 and 29 and has a bearing on a size. */
export interface ImageStoreRules {
  /** Whose bytes an image's size has: those that are there, or those that its documents describe, whether there or not. */
  readonly content: 'present' | 'described';
  /** Which manifests of an image count: all that its index names, or the images among them that are there in full. */
  readonly manifests: 'all' | 'complete-images';
  /** Whether the snapshots of an image count of which some content is not there. */
  readonly unpacked: 'complete' | 'any';
  /** What makes up the part that images share: snapshots, or blobs too. */
  readonly shared: 'snapshots' | 'snapshots-and-content';
  /** SIZE of images in `system df`. */
  readonly total: 'all-snapshots' | 'all-snapshots-and-content' | 'image-snapshots-and-content';
  /** `history` of a layer whose snapshot is not there. */
  readonly missingLayer: 'error' | 'zero';
}

interface Change {
  readonly since: readonly [number, number, number];
  readonly set: Partial<ImageStoreRules>;
  readonly source: string;
}

/** The table. Each row holds from its version on. */
const CHANGES: readonly Change[] = [
  {
    since: [0, 0, 0],
    set: {
      content: 'described',
      manifests: 'complete-images',
      unpacked: 'complete',
      shared: 'snapshots',
      total: 'all-snapshots',
      missingLayer: 'error',
    },
    source: 'moby 26.0: daemon/containerd/image_list.go Images; service.go LayerDiskUsage',
  },
  {
    since: [27, 2, 0],
    set: { manifests: 'all' },
    source: 'moby 27.2: daemon/containerd/image_list.go imageSummary',
  },
  {
    since: [28, 0, 1],
    set: { content: 'present' },
    source: 'moby 28.0.1: daemon/containerd/image_list.go multiPlatformSummary',
  },
  {
    since: [28, 2, 0],
    set: { total: 'all-snapshots-and-content' },
    source: 'moby 28.2: daemon/containerd/service.go ImageDiskUsage',
  },
  {
    since: [28, 4, 0],
    set: { missingLayer: 'zero' },
    source: 'moby 28.4: daemon/containerd/image_history.go ImageHistory',
  },
  {
    since: [29, 1, 2],
    set: { unpacked: 'any' },
    source: 'moby 29.1.2: daemon/containerd/image_list.go multiPlatformSummary',
  },
  {
    since: [29, 5, 0],
    set: { shared: 'snapshots-and-content' },
    source: 'moby 29.5: daemon/containerd/image_list.go computeSharedSize',
  },
  {
    since: [29, 6, 0],
    set: { total: 'image-snapshots-and-content' },
    source: 'moby 29.6: daemon/containerd/service.go ImageDiskUsage',
  },
];

function holds({ since: [major, minor, patch] }: Change, version: EngineVersion): boolean {
  if (version.major !== major) return version.major > major;
  if (version.minor !== minor) return version.minor > minor;
  return version.patch >= patch;
}

/** The rules of an engine version that `parseEngineVersion` reads. */
export function imageStoreRules(version: string): ImageStoreRules {
  const parsed = parseEngineVersion(version);
  let rules: Partial<ImageStoreRules> = {};
  for (const change of CHANGES) {
    if (parsed !== null && holds(change, parsed)) rules = { ...rules, ...change.set };
  }
  return rules as ImageStoreRules;
}

/** Where the rule in force for a version is written. */
export function imageStoreRuleSource(version: string, rule: keyof ImageStoreRules): string {
  const parsed = parseEngineVersion(version);
  let source = '';
  for (const change of CHANGES) {
    if (rule in change.set && parsed !== null && holds(change, parsed)) source = change.source;
  }
  return source;
}
