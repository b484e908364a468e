// `npm start [-- ARGS]`: installs and builds if needed, then runs weigh. Without arguments it weighs this host; on a host without a
// store it weighs a small sample that it builds in a temporary folder and removes again.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIfStale, checkNode, command, install, run } from './prepare.mjs';
import { makeSampleStore } from './sample-store.mjs';

checkNode();
if (!install() || !buildIfStale()) process.exit(1);

const args = process.argv.slice(2);
if (args.length > 0 || hostHasStore()) process.exitCode = weigh(args);
else weighSample();

/** Runs the command as it is; its exit code, also when a signal ended it. */
function weigh(args) {
  const { status, signal } = run(process.execPath, [command, ...args]);
  return status ?? (signal === 'SIGTERM' ? 143 : 130);
}

/** Listing images walks nothing: the quickest way to ask. A store that cannot be read is a store: then weigh says so itself. */
function hostHasStore() {
  const { status, stdout } = run(process.execPath, [command, 'images', '--json', '--no-engine'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 2 ** 30,
  });
  if (status !== 0 && status !== 3) return true;
  return JSON.parse(stdout.toString()).rules.length > 0;
}

function weighSample() {
  const folder = mkdtempSync(join(tmpdir(), 'weigh-sample-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  // The child gets the signal too and ends; here it only must not keep the folder.
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => undefined);
  try {
    const root = join(folder, 'docker');
    makeSampleStore(root);
    console.log(
      `There is no container store on this host, so this weighs a small sample of one
(a Docker data root of overlay2 in ${root}).

app:1 was built in a hurry: it adds two files, then changes the mode of one,
overwrites the other and deletes a tool of its base. app:2 does it right at
once. Container api deleted the largest file of its image and uploaded one.
`,
    );
    const rules = ['--engine-version', '28.5', '--native-diff', 'on', '--no-engine'];
    for (const words of [['images'], ['containers'], ['df'], ['explain', 'api']]) {
      console.log(`$ weigh ${words.join(' ')}`);
      const code = weigh([
        ...words,
        '--data-root',
        root,
        ...rules,
        ...(words[0] === 'df' ? [] : ['--quiet']),
      ]);
      console.log('');
      if (code !== 0) process.exitCode = code;
    }
    console.log(
      `What it shows: layers only add. The mode change and the overwriting made app:1
as large as if both files were in it twice, the deleted tool frees nothing, and
deleting an image's file made the container no smaller.

The sample is removed now. On a host with Docker: npm start
A copy of a data root, any command:               npm start -- images --data-root PATH`,
    );
  } finally {
    remove();
  }
}
