// Builds the library (plain tsc output in dist/lib) and the command: dist/weigh.cjs (a few lines), dist/cli.cjs (one bundle, with V8's
// code cache beside it) and dist/walk-worker.cjs (the walker's worker).
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(top, 'dist');
const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));

function node(args) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

async function bundle(from, to, options = {}) {
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
    define: { WEIGH_VERSION: JSON.stringify(version), 'import.meta.url': 'WEIGH_URL' },
    ...options,
  });
}

const URL_OF_FILE = 'const WEIGH_URL=require("node:url").pathToFileURL(__filename).href;';

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
node([join(top, 'node_modules/typescript/bin/tsc'), '-p', join(top, 'tsconfig.build.json')]);

await bundle('src/cli/bin.ts', 'weigh.cjs', { banner: { js: '#!/usr/bin/env node' } });
chmodSync(join(dist, 'weigh.cjs'), 0o755);
// One function expression: weigh.cjs compiles and calls it, see src/host/boot.ts.
await bundle('src/cli/main.ts', 'cli.cjs', {
  banner: { js: `(function(exports,require,module,__filename,__dirname){${URL_OF_FILE}` },
  footer: { js: '})' },
});
if (existsSync(join(top, 'src/host/walk-worker.ts'))) {
  await bundle('src/host/walk-worker.ts', 'walk-worker.cjs', { banner: { js: URL_OF_FILE } });
}
node([join(top, 'scripts/code-cache.mjs'), join(dist, 'cli.cjs')]);
