// The command's first file. It stays tiny: `--version` is answered without loading anything, everything else is in `cli.cjs` beside it.
import { loadBundle, say } from '../host/boot.ts';
import type { main as mainFunction } from './main.ts';

/** Put in by the build. */
declare const WEIGH_VERSION: string;

const args = process.argv.slice(2);
if (args.length === 1 && args[0] === '--version') {
  say(`weigh ${WEIGH_VERSION}\n`);
} else {
  const bundle = loadBundle(`${__dirname}/cli.cjs`, require) as { readonly main: typeof mainFunction };
  void bundle.main(args, WEIGH_VERSION);
}
