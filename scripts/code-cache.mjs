// Makes V8's code cache for the command's bundle: runs the usual commands once on a small store, so that what they need is in it.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Script, constants } from 'node:vm';
import { makeSampleStore } from './sample-store.mjs';

const file = resolve(process.argv[2] ?? '');
const script = new Script(readFileSync(file, 'latin1'), {
  // The name of src/host/boot.ts.
  filename: 'weigh/cli.cjs',
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(file), module, file, dirname(file));

const folder = mkdtempSync(join(tmpdir(), 'weigh-build-'));
try {
  const root = join(folder, 'docker');
  makeSampleStore(root);
  for (const command of [
    ['images'],
    ['containers'],
    ['df', '-v'],
    ['explain', 'api'],
    ['images', '--json'],
    ['imges'],
  ]) {
    const silent = { write: () => true, isTTY: false };
    await module.exports.runCommand([...command, '--data-root', root, '--no-engine'], {
      stdout: silent,
      stderr: silent,
    });
  }
  writeFileSync(`${file}.cache`, script.createCachedData());
} finally {
  rmSync(folder, { recursive: true, force: true });
}
