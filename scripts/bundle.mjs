// The command as it is shipped: weigh.cjs (a few lines), cli.cjs (one bundle) and walk-worker.cjs (the walker's worker).
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
const URL_OF_FILE = 'const WEIGH_URL=require("node:url").pathToFileURL(__filename).href;';

async function bundle(from, to, options = {}) {
  await build({
    entryPoints: [join(top, from)],
    outfile: to,
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

/** Writes the command's files into a folder. */
export async function bundleCommand(folder) {
  await bundle('src/cli/bin.ts', join(folder, 'weigh.cjs'), { banner: { js: '#!/usr/bin/env node' } });
  chmodSync(join(folder, 'weigh.cjs'), 0o755);
  // One function expression: weigh.cjs compiles and calls it, see src/host/boot.ts.
  await bundle('src/cli/main.ts', join(folder, 'cli.cjs'), {
    banner: { js: `(function(exports,require,module,__filename,__dirname){${URL_OF_FILE}` },
    footer: { js: '})' },
  });
  if (existsSync(join(top, 'src/host/walk-worker.ts'))) {
    await bundle('src/host/walk-worker.ts', join(folder, 'walk-worker.cjs'), { banner: { js: URL_OF_FILE } });
  }
}

/** Bundles another program (of the bench, say) in the command's way. It finds the walker's worker where it stands beside it. */
export async function bundleProgram(from, to) {
  await bundle(from, to, { banner: { js: URL_OF_FILE } });
}
