import { bytePath, joinPath } from '../model/bytes.ts';
import type { BytePath } from '../model/bytes.ts';
import type { RulesUsed } from '../model/reports.ts';
import { isFailure } from '../host/host.ts';
import type { Host } from '../host/host.ts';
import type { DockerStore } from '../stores/docker/records.ts';
import type { EngineRules } from './engine-rules.ts';

/** A kernel parameter's file claims a whole page, whatever it holds. */
const PARAMETER_BYTES = 4096;
const REDIRECT_PARAMETER = bytePath('/sys/module/overlay/parameters/redirect_dir');
const USERNS_ROOT = /^\d{1,10}\.\d{1,10}$/;

/** What decides whether an engine's overlay2 uses its native diff. */
export interface NativeDiffEvidence {
  readonly host: Host;
  readonly store: DockerStore;
  readonly rules: EngineRules;
  readonly option?: 'auto' | 'on' | 'off' | undefined;
  readonly engineAnswer?: boolean | null | undefined;
}

/**
 * Whether the engine's overlay2 uses its native diff and how that is known. An engine decides it once, at its start
 * (moby 20.10-29: daemon/graphdriver/overlay2/check.go doesSupportNativeDiff), by a trial mount; the kernel parameter that it depends on may
 * have changed since. `null`: the driver does not have the choice.
 */
export function chooseNativeDiff(
  evidence: NativeDiffEvidence,
): Pick<RulesUsed, 'nativeDiff' | 'nativeDiffFrom'> {
  const { host, store, rules, option, engineAnswer } = evidence;
  if (store.driver !== 'overlay2') return { nativeDiff: null, nativeDiffFrom: 'driver' };
  if (option === 'on' || option === 'off') return { nativeDiff: option === 'on', nativeDiffFrom: 'option' };
  if (typeof engineAnswer === 'boolean') return { nativeDiff: engineAnswer, nativeDiffFrom: 'engine' };
  return { nativeDiff: trialWouldPass(host, store, rules), nativeDiffFrom: 'host' };
}

/** The trial of doesSupportNativeDiff, from this host's facts: user namespace, opaque marks copied up (Linux < 4.8), redirected renames. */
function trialWouldPass(host: Host, store: DockerStore, rules: EngineRules): boolean {
  const kernel = kernelVersion(host.facts.kernelRelease);
  if (inUserNamespace(host, store.root)) {
    if (rules.userNamespaceDiff === 'naive' || isOlder(kernel, 5, 11)) return false;
  }
  return !isOlder(kernel, 4, 8) && !redirectsRenames(host);
}

function redirectsRenames(host: Host): boolean {
  const parameter = host.fs.readFile(REDIRECT_PARAMETER, PARAMETER_BYTES);
  return !isFailure(parameter) && parameter.toString('latin1').trim() === 'Y';
}

/** A rootless engine's root belongs to its user; one with userns-remap runs outside the namespace and has a `<uid>.<gid>` root. */
function inUserNamespace(host: Host, root: BytePath): boolean {
  if (USERNS_ROOT.test(root.slice(root.lastIndexOf('/') + 1))) return false;
  const stat = host.fs.lstat(joinPath(root, 'image'));
  return !isFailure(stat) && stat.uid !== 0;
}

function kernelVersion(release: string): readonly [number, number] {
  const match = /^(\d+)\.(\d+)/.exec(release);
  return match === null ? [Number.POSITIVE_INFINITY, 0] : [Number(match[1]), Number(match[2])];
}

function isOlder(kernel: readonly [number, number], major: number, minor: number): boolean {
  return kernel[0] < major || (kernel[0] === major && kernel[1] < minor);
}
