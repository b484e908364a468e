import { constants } from 'node:os';
import { createHost } from '../../src/host/create-host.ts';
import { createWalker } from '../../src/host/create-walker.ts';
import type { Host } from '../../src/host/host.ts';
import { loadLibc } from '../../src/host/libc.ts';
import { WalkTeam } from '../../src/host/walk/team.ts';

/** A host whose kernel has neither openat2 nor getxattrat (before Linux 5.6). */
export function oldKernelHost(): Host {
  const host = createHost();
  const libc = loadLibc();
  if (libc === undefined) throw new Error('koffi is missing');
  let refused = false;
  const old = {
    ...libc,
    syscall: () => {
      refused = true;
      return -1;
    },
    errno: () => {
      const errno = refused ? constants.errno.ENOSYS : libc.errno();
      refused = false;
      return errno;
    },
  };
  const team = new WalkTeam(undefined);
  const walker = createWalker({ fs: host.fs, libcOf: () => old, team, threads: { cores: 1 } });
  return { ...host, walker };
}
