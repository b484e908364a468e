// What start and test share: packages installed, command built, and running things.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const top = dirname(dirname(fileURLToPath(import.meta.url)));
export const command = join(top, 'dist/weigh.cjs');

export function run(program, args, options = {}) {
  return spawnSync(program, args, { cwd: top, stdio: 'inherit', ...options });
}

/** npm itself, by the path under which it runs us where there is one. */
export function npm(args, options = {}) {
  const path = process.env.npm_execpath;
  const direct = path !== undefined && /\.c?js$/.test(path) && existsSync(path);
  return direct ? run(process.execPath, [path, ...args], options) : run('npm', args, options);
}

export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 20)) return;
  console.error(`weigh needs Node 20.20 or later; this is ${process.version}.`);
  process.exit(1);
}

/** Installs what package-lock.json names, unless that is there already. Answers whether it is there now. */
export function install() {
  const installed = join(top, 'node_modules/.package-lock.json');
  if (existsSync(installed) && lockedVersions(installed) === lockedVersions(join(top, 'package-lock.json')))
    return true;
  console.error('Installing packages (npm ci) ...');
  return (
    npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], { stdio: ['ignore', 2, 2] })
      .status === 0
  );
}

/** Names and versions in a lock file, without packages for other systems, which npm leaves out of the installed one. */
function lockedVersions(file) {
  const { packages } = JSON.parse(readFileSync(file, 'utf8'));
  return Object.entries(packages)
    .filter(([name, { optional }]) => name !== '' && optional !== true)
    .map(([name, { version }]) => `${name}@${version}`)
    .sort()
    .join(' ');
}

/** Builds dist unless it is newer than everything it is made from. Answers whether it is there now. */
export function buildIfStale() {
  const built = existsSync(command) ? statSync(command).mtimeMs : 0;
  const inputs = [
    'src',
    'scripts/build.mjs',
    'scripts/bundle.mjs',
    'scripts/code-cache.mjs',
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ];
  if (
    existsSync(`${join(top, 'dist/cli.cjs')}.cache`) &&
    inputs.every((input) => newest(join(top, input)) <= built)
  )
    return true;
  console.error('Building ...');
  return run(process.execPath, ['scripts/build.mjs'], { stdio: ['ignore', 2, 2] }).status === 0;
}

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), 0);
}
