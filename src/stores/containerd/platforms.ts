/**
 * Which of an image's platforms an engine prefers (containerd/platforms 0.2-1.0 compare.go Only, normalize; defaults_unix.go DefaultSpec).
 */
import type { Platform } from '../../formats/oci.ts';

const ARCHITECTURES: Readonly<Record<string, string>> = {
  i386: '386',
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm',
  armel: 'arm',
};
const MOST_ARM_VERSIONS = 8;
const LEAST_ARM_VERSION = 5;

function normalized({ os, architecture, variant }: Platform): Platform {
  const lower = architecture.toLowerCase();
  const known = ARCHITECTURES[lower] ?? lower;
  const system = os.toLowerCase() === 'macos' ? 'darwin' : os.toLowerCase();
  return { os: system, architecture: known, variant: plainVariant(known, lower, variant.toLowerCase()) };
}

function plainVariant(architecture: string, written: string, variant: string): string {
  if (architecture === 'amd64') return variant === 'v1' ? '' : variant;
  if (architecture === 'arm64') return variant === '8' || variant === 'v8' ? '' : variant;
  if (architecture !== 'arm') return architecture === '386' ? '' : variant;
  if (written === 'armel') return 'v6';
  if (variant === '' || variant === '7') return 'v7';
  return /^[568]$/.test(variant) ? `v${variant}` : variant;
}

/** What a host of this processor runs, the best first. */
function preferred(architecture: string): readonly Platform[] {
  const of = (arch: string, variant = ''): Platform => ({ os: 'linux', architecture: arch, variant });
  if (architecture === 'amd64') return [of('amd64'), of('386')];
  if (architecture !== 'arm64') return [of(architecture)];
  const arm: Platform[] = [of('arm64')];
  for (let version = MOST_ARM_VERSIONS; version >= LEAST_ARM_VERSION; version--)
    arm.push(of('arm', `v${version}`));
  return arm;
}

/** Lower is better; Infinity: not a platform of such a host. */
export function platformRank(hostArchitecture: string, platform: Platform): number {
  const { os, architecture, variant } = normalized(platform);
  const at = preferred(hostArchitecture).findIndex(
    (one) => one.os === os && one.architecture === architecture && one.variant === variant,
  );
  return at < 0 ? Number.POSITIVE_INFINITY : at;
}
