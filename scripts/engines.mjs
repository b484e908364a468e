// Fetches the Docker engines that the engine suites run, as Debian packages unpacked into a cache folder of ours. Nothing is installed on the
// system: no root-owned state of apt is read or written apart from its configuration, which tells the mirror and the keys.
//   npm run engines               fetch what is missing
//   npm run engines -- --podman   Podman too, which the soak of today's stores runs
//   npm run engines -- --rivals   fetch what `npm run bench` compares the walker with
//   npm run engines -- --where    print the folder when it is complete, else exit 1
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Raised when the set of packages or the layout of the folder changes: an older folder is made anew. */
const LAYOUT = 2;
const TRIES = 4;
const TOOLS = [
  'runc',
  'busybox-static',
  'fuse-overlayfs',
  'fuse3',
  'libfuse3-3',
  'btrfs-progs',
  'attr',
  'libdevmapper1.02.1',
  'libseccomp2',
  'libsystemd0',
  'liblzo2-2',
  'libzstd1',
  'libudev1',
  'libblkid1',
  'libuuid1',
  'tini',
];
/** Each suite is a folder of its own; `tools` come from the suite that the host itself runs, so that they find their C library. */
const SUITES = [
  { name: 'tools', suite: 'bookworm', packages: TOOLS },
  { name: 'bookworm', suite: 'bookworm', packages: ['docker.io', 'containerd'] },
  { name: 'trixie', suite: 'trixie', packages: ['docker.io', 'containerd', 'docker-cli'] },
  { name: 'sid', suite: 'sid', packages: ['docker.io', 'containerd', 'docker-cli', 'docker-buildx'] },
];
/** Podman stands beside them with a manifest of its own, so that neither makes the other be fetched again. */
const PODMAN_LAYOUT = 1;
const PODMAN = {
  name: 'podman',
  suite: 'bookworm',
  packages: [
    'podman',
    'conmon',
    'golang-github-containers-common',
    'golang-github-containers-image',
    'libassuan0',
    'libgpg-error0',
    'libglib2.0-0',
    'libgpgme11',
    'libsubid4',
  ],
};
/** Another program that walks trees, for the bench's table alone. */
const RIVALS = { name: 'rivals', suite: 'sid', packages: ['diskus'] };
const ENGINES = SUITES.filter((suite) => suite.name !== 'tools');
/** Programs of one engine, found first in PATH. runc is left out: the host-runnable one of `tools` serves all. */
const PROGRAMS = [
  'dockerd',
  'containerd',
  'containerd-shim',
  'containerd-shim-runc-v2',
  'ctr',
  'docker',
  'docker-proxy',
];

/** The cache folder: WEIGH_ENGINES, else below XDG_CACHE_HOME, else below ~/.cache. */
export function enginesFolder() {
  const named = process.env['WEIGH_ENGINES'];
  if (named !== undefined && named !== '') return named;
  const cache = process.env['XDG_CACHE_HOME'];
  return join(
    cache !== undefined && cache !== '' ? cache : join(homedir(), '.cache'),
    'weighbridge',
    'engines',
  );
}

/** What a complete folder holds, or undefined. */
export function enginesManifest(folder = enginesFolder()) {
  const file = join(folder, 'engines.json');
  if (!existsSync(file)) return undefined;
  try {
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    return manifest.layout === LAYOUT ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** What a complete folder holds of Podman, or undefined. */
export function podmanManifest(folder = enginesFolder()) {
  const file = join(folder, 'podman.json');
  if (!existsSync(file)) return undefined;
  try {
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    return manifest.layout === PODMAN_LAYOUT ? manifest : undefined;
  } catch {
    return undefined;
  }
}

class Refusal extends Error {}

function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' },
      ...options,
    });
    let out = '';
    child.stdout.on('data', (part) => (out += part));
    child.stderr.on('data', (part) => (out += part));
    child.on('error', (error) => reject(new Refusal(`cannot run ${command}: ${error.message}`)));
    child.on('close', (code) =>
      code === 0 ? resolve(out) : reject(new Refusal(lastLines(out) || `${command} failed`)),
    );
  });
}

function lastLines(text) {
  const lines = text.trim().split('\n');
  const errors = lines.filter((line) => /^[EW]:/.test(line));
  return (errors.length > 0 ? errors : lines).slice(-4).join('\n  ');
}

async function retried(what, action) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (error) {
      if (attempt === TRIES) throw new Refusal(`${what}: ${error.message}`);
      console.error(`${what}: try ${attempt} of ${TRIES} failed, again in ${attempt * 3} s`);
      await new Promise((resolve) => setTimeout(resolve, attempt * 3000));
    }
  }
}

/** The mirror that this machine's own apt is set up to use for Debian's main archive. */
function configuredMirror() {
  const asked = spawnSync(
    'apt-get',
    ['indextargets', '--no-release-info', '--format', '$(REPO_URI)|$(RELEASE)|$(COMPONENT)'],
    { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } },
  );
  if (asked.error) throw new Refusal(`apt-get is needed to fetch the engines: ${asked.error.message}`);
  const rows = asked.stdout.split('\n').map((line) => line.split('|'));
  const row =
    rows.find(
      ([uri, release, component]) =>
        /\/debian\/?$/.test(uri) && component === 'main' && !release.includes('-'),
    ) ?? rows.find(([uri, , component]) => /\/debian\/?$/.test(uri) && component === 'main');
  if (row === undefined) throw new Refusal("apt's configuration names no mirror of Debian's main archive");
  return row[0];
}

/** Options that keep a call of apt wholly inside `work`. */
function aptOptions(work) {
  return [
    `Dir::Etc::sourcelist=${join(work, 'sources.list')}`,
    'Dir::Etc::sourceparts=/dev/null',
    'Dir::Etc::preferences=/dev/null',
    'Dir::Etc::preferencesparts=/dev/null',
    `Dir::State=${join(work, 'state')}`,
    `Dir::State::Lists=${join(work, 'lists')}`,
    `Dir::State::status=${join(work, 'status')}`,
    `Dir::Cache=${join(work, 'cache')}`,
    'Acquire::Check-Valid-Until=false',
    'Acquire::Languages=none',
    'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false',
    'Acquire::Retries=3',
    'Acquire::http::Timeout=30',
    'APT::Update::Post-Invoke::=',
    'APT::Update::Post-Invoke-Success::=',
    'APT::Sandbox::User=root',
    'APT::Install-Recommends=false',
    'Debug::NoLocking=true',
  ].flatMap((option) => ['-o', option]);
}

async function download(suite, mirror, work) {
  for (const folder of ['state', 'lists/partial', 'cache/archives/partial', 'debs'])
    mkdirSync(join(work, folder), { recursive: true });
  writeFileSync(join(work, 'status'), '');
  writeFileSync(join(work, 'sources.list'), `deb ${mirror} ${suite.suite} main\n`);
  const options = aptOptions(work);
  await retried(`list of ${suite.suite}`, () =>
    run('apt-get', [...options, '-qq', '--error-on=any', 'update']),
  );
  await retried(`packages of ${suite.suite}`, () =>
    run('apt-get', [...options, '-qq', 'download', ...suite.packages], { cwd: join(work, 'debs') }),
  );
  return readdirSync(join(work, 'debs')).filter((name) => name.endsWith('.deb'));
}

/** Debian writes a package file as name_version_architecture.deb; an epoch's colon is %3a there. */
function packageVersion(file) {
  const [name, version] = basename(file).split('_');
  return [name, decodeURIComponent(version)];
}

async function fetchSuite(suite, mirror, folder) {
  const work = join(folder, `.work-${suite.name}-${process.pid}`);
  const target = join(folder, suite.name);
  const staged = `${target}.new-${process.pid}`;
  try {
    const debs = await download(suite, mirror, work);
    mkdirSync(staged, { recursive: true });
    for (const deb of debs) await run('dpkg', ['-x', join(work, 'debs', deb), staged]);
    rmSync(target, { recursive: true, force: true });
    renameSync(staged, target);
    return {
      [suite.name]: Object.fromEntries(
        debs.map(packageVersion).sort(([one], [other]) => (one < other ? -1 : 1)),
      ),
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
    rmSync(staged, { recursive: true, force: true });
  }
}

/** A folder of links for each engine, to stand first in PATH, and one for the tools. */
function linkPrograms(folder) {
  for (const { name } of ENGINES) {
    const bin = join(folder, 'bin', name);
    rmSync(bin, { recursive: true, force: true });
    mkdirSync(bin, { recursive: true });
    for (const program of PROGRAMS) {
      const from = ['usr/sbin', 'usr/bin', 'usr/libexec/docker']
        .map((part) => join(folder, name, part, program))
        .find((path) => existsSync(path));
      if (from !== undefined) symlinkSync(from, join(bin, program));
    }
    symlinkSync(join(folder, 'tools/usr/bin/tini-static'), join(bin, 'docker-init'));
  }
}

function libraryPath(folder, name = 'tools') {
  const root = join(folder, name);
  const found = [];
  for (const part of ['usr/lib', 'lib']) {
    const base = join(root, part);
    if (!existsSync(base)) continue;
    for (const name of readdirSync(base)) if (name.endsWith('-linux-gnu')) found.push(join(base, name));
  }
  return found;
}

/** Runs each daemon once with `--version`: a binary that cannot start here is told now, not in a suite. */
function versionOf(folder, name) {
  const asked = spawnSync(join(folder, 'bin', name, 'dockerd'), ['--version'], {
    encoding: 'utf8',
    env: { ...process.env, LD_LIBRARY_PATH: libraryPath(folder).join(':') },
  });
  const version = /version (\d+\.\d+\.\d+)/.exec(asked.stdout ?? '')?.[1];
  if (version === undefined)
    throw new Refusal(
      `dockerd of ${name} does not start here: ${lastLines(asked.stderr ?? String(asked.error))}`,
    );
  return version;
}

async function fetchAll(folder) {
  const mirror = configuredMirror();
  mkdirSync(folder, { recursive: true });
  rmSync(join(folder, 'engines.json'), { force: true });
  const packages = {};
  for (const suite of SUITES) {
    console.log(
      `fetching ${suite.name}: ${suite.packages.slice(0, 4).join(', ')}${suite.packages.length > 4 ? ', …' : ''}`,
    );
    Object.assign(packages, await fetchSuite(suite, mirror, folder));
  }
  linkPrograms(folder);
  const manifest = {
    layout: LAYOUT,
    engines: Object.fromEntries(ENGINES.map(({ name }) => [name, versionOf(folder, name)])),
    libraryPath: libraryPath(folder),
    packages,
  };
  writeFileSync(join(folder, 'engines.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

/** Fetches Podman into a complete folder of engines, and runs it once with `--version`. */
async function fetchPodman(folder) {
  console.log(`fetching ${PODMAN.name}: ${PODMAN.packages.slice(0, 2).join(', ')}, …`);
  const packages = await fetchSuite(PODMAN, configuredMirror(), folder);
  const libraries = [...libraryPath(folder, PODMAN.name), ...libraryPath(folder)];
  const asked = spawnSync(join(folder, PODMAN.name, 'usr/bin/podman'), ['--version'], {
    encoding: 'utf8',
    env: { ...process.env, LD_LIBRARY_PATH: libraries.join(':') },
  });
  const version = /version (\d+\.\d+\.\d+)/.exec(asked.stdout ?? '')?.[1];
  if (version === undefined)
    throw new Refusal(`podman does not start here: ${lastLines(asked.stderr ?? String(asked.error))}`);
  const manifest = { layout: PODMAN_LAYOUT, version, libraryPath: libraries, packages };
  writeFileSync(join(folder, 'podman.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

async function main(args) {
  const folder = enginesFolder();
  if (args.includes('--rivals')) {
    await fetchSuite(RIVALS, configuredMirror(), folder);
    console.log(`${RIVALS.packages.join(', ')} in ${join(folder, RIVALS.name)}`);
    return;
  }
  if (args.includes('--where')) {
    if (enginesManifest(folder) === undefined) process.exit(1);
    console.log(folder);
    return;
  }
  const manifest = enginesManifest(folder) ?? (await fetchAll(folder));
  const found = Object.entries(manifest.engines).map(([name, version]) => `${version} (${name})`);
  if (args.includes('--podman')) {
    const podman = podmanManifest(folder) ?? (await fetchPodman(folder));
    found.push(`Podman ${podman.version}`);
  }
  console.log(`Docker ${found.join(', ')} in ${folder}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).catch((error) => {
    if (!(error instanceof Refusal)) throw error;
    console.error(`engines: ${error.message}`);
    process.exit(1);
  });
}
