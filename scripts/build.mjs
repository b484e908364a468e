// Builds the library (plain tsc output in dist/lib) and the command (one CommonJS bundle, dist/weigh.cjs, plus the walker's worker).
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(top, 'dist');
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });

const tsc = spawnSync(
  process.execPath,
  [join(top, 'node_modules/typescript/bin/tsc'), '-p', join(top, 'tsconfig.build.json')],
  {
    stdio: 'inherit',
  },
);
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

const entries = [
  ['src/cli/bin.ts', 'weigh.cjs'],
  ['src/host/walk-worker.ts', 'walk-worker.cjs'],
].filter(([from]) => existsSync(join(top, from)));
for (const [from, to] of entries) {
  await build({
    entryPoints: [join(top, from)],
    outfile: join(dist, to),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['koffi'],
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    ...(to === 'weigh.cjs' ? { banner: { js: '#!/usr/bin/env node' } } : {}),
  });
}
if (existsSync(join(dist, 'weigh.cjs'))) chmodSync(join(dist, 'weigh.cjs'), 0o755);
