import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { enginesFolder } from '../../scripts/engines.mjs';
import { canMountOverlay } from './kernel.ts';

/** The fuse-overlayfs that `npm run engines` fetched, with its library. */
const TOOLS = join(enginesFolder(), 'tools');
const PROGRAM = join(TOOLS, 'usr/bin/fuse-overlayfs');
const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].flatMap((machine) => [
  join(TOOLS, 'lib', machine),
  join(TOOLS, 'usr/lib', machine),
]);

export function canMountFuse(): boolean {
  return canMountOverlay() && existsSync('/dev/fuse') && existsSync(PROGRAM);
}

export function mountFuse(target: string, layers: string): void {
  const result = spawnSync(PROGRAM, ['-o', layers, target], {
    env: { ...process.env, LD_LIBRARY_PATH: LIBRARIES.join(':') },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`fuse-overlayfs ${layers}: ${result.stderr}`);
}
