// Builds dist: the library (plain tsc output in dist/lib) and the command, with V8's code cache beside its bundle.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCommand } from './bundle.mjs';

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(top, 'dist');

function node(args) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
node([join(top, 'node_modules/typescript/bin/tsc'), '-p', join(top, 'tsconfig.build.json')]);
await bundleCommand(dist);
node([join(top, 'scripts/code-cache.mjs'), join(dist, 'cli.cjs')]);
