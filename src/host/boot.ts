import { readFileSync, writeSync } from 'node:fs';
import { Script, constants } from 'node:vm';

type Loaded = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: unknown },
  filename: string,
  dirname: string,
) => void;

/** Writes a short text to standard output without setting up the stream. */
export function say(text: string): void {
  try {
    writeSync(1, text);
  } catch {
    process.stdout.write(text);
  }
}

/** As stack traces show it. It is in the code cache too, which is made elsewhere. */
const BUNDLE_NAME = 'weigh/cli.cjs';

/**
 * Runs a CommonJS bundle that the build wrapped into one function expression, with V8's code cache beside it (`<file>.cache`). A cache that is
 * missing or was made by another V8 is ignored: then the source is compiled as ever.
 */
export function loadBundle(file: string, require: NodeJS.Require): unknown {
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: BUNDLE_NAME,
    cachedData: cacheOf(file),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} as unknown };
  const loaded = script.runInThisContext() as Loaded;
  loaded(module.exports as object, require, module, file, file.slice(0, file.lastIndexOf('/')));
  return module.exports;
}

function cacheOf(file: string): Buffer | undefined {
  try {
    return readFileSync(`${file}.cache`);
  } catch {
    return undefined;
  }
}
