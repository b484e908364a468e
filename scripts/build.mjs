// Builds dist: the library (plain tsc output in dist/lib) and the command, with V8's code cache beside its bundle. What was built
// before stays in place until all of it is there.
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCommand } from './bundle.mjs';

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(top, 'dist');
const fresh = join(top, `dist.${process.pid}.tmp`);

function node(args) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`the build failed: ${args[0]}`);
}

try {
  mkdirSync(fresh);
  const project = join(top, 'tsconfig.build.json');
  node([join(top, 'node_modules/typescript/bin/tsc'), '-p', project, '--outDir', join(fresh, 'lib')]);
  await bundleCommand(fresh);
  node([join(top, 'scripts/code-cache.mjs'), join(fresh, 'cli.cjs')]);
  rmSync(dist, { recursive: true, force: true });
  renameSync(fresh, dist);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
