import { readFileSync } from 'node:fs';
import { arch, availableParallelism, homedir, release } from 'node:os';
import type { HostFacts } from './host.ts';

/** Go's names of processors where Node has others. */
const GO_NAMES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** Bit of CAP_SYS_ADMIN in a capability set (linux/capability.h). */
const CAP_SYS_ADMIN = 21n;

/** Whether the status text of a process (/proc/PID/status) has CAP_SYS_ADMIN in effect. */
export function hasSysAdmin(status: string): boolean {
  const hex = /^CapEff:\s*([0-9a-f]{1,16})$/im.exec(status)?.[1];
  return hex !== undefined && ((BigInt(`0x${hex}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}

function ownStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'latin1');
  } catch {
    return '';
  }
}

export function hostFacts(): HostFacts {
  let trusted: boolean | undefined;
  return {
    uid: process.getuid?.() ?? -1,
    get canReadTrusted(): boolean {
      trusted ??= hasSysAdmin(ownStatus());
      return trusted;
    },
    env: process.env,
    homeDirectory: homedir(),
    kernelRelease: release(),
    architecture: GO_NAMES[arch()] ?? arch(),
    cores: availableParallelism(),
  };
}
