import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The walker's worker, built as the command's own build does it. */
export async function buildWorker(): Promise<{ readonly file: string; readonly remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'weigh-worker-'));
  const file = join(folder, 'walk-worker.cjs');
  await build({
    entryPoints: [fileURLToPath(new URL('../../src/host/walk-worker.ts', import.meta.url))],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['koffi'],
    logLevel: 'warning',
    banner: { js: 'const WEIGH_URL=require("node:url").pathToFileURL(__filename).href;' },
    define: { 'import.meta.url': 'WEIGH_URL' },
  });
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
