// A small Docker data root (overlay2) for people without one and for tests: what layers do when files are changed and deleted.
//
//   base:1   layer 1: /etc/os-release, /usr/bin/tool
//   app:1    base:1 + layer 2: /data/model and /data/index
//                   + layer 3: chmod of /data/model (stores it again), other content in /data/index, /usr/bin/tool deleted (frees nothing)
//   app:2    base:1 + layer 2': the same files, made right at once
//   api      a container of app:1 that wrote a file with two names, changed one file of the image and deleted another
//   idle     a container of app:2 that wrote nothing
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const MODEL = 2_000_000;
const INDEX = 500_000;
const TOOL = 800_000;
const UPLOAD = 300_000;
const OS_RELEASE = 'PRETTY_NAME="Sample 1"\n';

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const chainOf = (parent, diffId) => (parent === '' ? diffId : `sha256:${sha256(`${parent} ${diffId}`)}`);

function put(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

const fill = (bytes, letter) => Buffer.alloc(bytes, letter);

/** Deletion as overlayfs keeps it. Where the system does not allow the node it is left out: it has no size. */
function whiteout(path) {
  mkdirSync(dirname(path), { recursive: true });
  spawnSync('mknod', [path, 'c', '0', '0'], { stdio: 'ignore' });
}

/** What each layer holds: a function that fills its diff directory, and the size that the engine recorded for it. */
const LAYERS = {
  base: {
    size: OS_RELEASE.length + TOOL + 'tool'.length,
    fill: (diff) => {
      put(join(diff, 'etc/os-release'), OS_RELEASE);
      put(join(diff, 'usr/bin/tool'), fill(TOOL, 't'));
      symlinkSync('tool', join(diff, 'usr/bin/t'));
    },
  },
  data: {
    size: MODEL + INDEX,
    fill: (diff) => {
      put(join(diff, 'data/model'), fill(MODEL, 'm'));
      put(join(diff, 'data/index'), fill(INDEX, 'i'));
    },
  },
  changed: {
    size: MODEL + INDEX,
    fill: (diff) => {
      put(join(diff, 'data/model'), fill(MODEL, 'm'));
      chmodSync(join(diff, 'data/model'), 0o600);
      put(join(diff, 'data/index'), fill(INDEX, 'j'));
      whiteout(join(diff, 'usr/bin/tool'));
    },
  },
  right: {
    size: MODEL + INDEX,
    fill: (diff) => {
      put(join(diff, 'data/model'), fill(MODEL, 'm'));
      chmodSync(join(diff, 'data/model'), 0o600);
      put(join(diff, 'data/index'), fill(INDEX, 'j'));
    },
  },
};

const IMAGES = [
  { name: 'base:1', layers: ['base'], created: '2024-05-01T08:00:00Z' },
  { name: 'app:1', layers: ['base', 'data', 'changed'], created: '2024-05-02T08:00:00Z' },
  { name: 'app:2', layers: ['base', 'right'], created: '2024-05-03T08:00:00Z' },
];

const CONTAINERS = [
  {
    name: 'api',
    image: 'app:1',
    state: { Running: true, Pid: 1, StartedAt: '2024-05-04T08:00:00Z' },
    created: '2024-05-04T08:00:00Z',
    fill: (diff) => {
      put(join(diff, 'var/upload'), fill(UPLOAD, 'u'));
      linkSync(join(diff, 'var/upload'), join(diff, 'var/upload-again'));
      put(join(diff, 'etc/os-release'), `${OS_RELEASE}# changed\n`);
      symlinkSync('/var/upload', join(diff, 'latest'));
      whiteout(join(diff, 'data/model'));
    },
  },
  {
    name: 'idle',
    image: 'app:2',
    state: {
      Running: false,
      ExitCode: 0,
      StartedAt: '2024-05-05T08:00:00Z',
      FinishedAt: '2024-05-05T08:01:00Z',
    },
    created: '2024-05-05T08:00:00Z',
    fill: () => undefined,
  },
];

/** Builds the store at a path that does not exist yet. */
export function makeSampleStore(root) {
  const builder = new Builder(root);
  for (const image of IMAGES) builder.image(image);
  for (const container of CONTAINERS) builder.container(container);
  builder.finish();
}

class Builder {
  #root;
  #records;
  #links = new Map();
  #chains = new Map();
  #images = new Map();

  constructor(root) {
    this.#root = root;
    this.#records = join(root, 'image/overlay2');
    for (const name of ['overlay2/l', 'containers', 'volumes', 'tmp', 'runtimes']) {
      mkdirSync(join(root, name), { recursive: true });
    }
    put(join(root, 'engine-id'), '00000000-0000-4000-8000-000000000000');
  }

  image({ name, layers, created }) {
    let parent = '';
    for (const layer of layers) parent = this.#layer(layer, parent);
    const config = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      created,
      config: { Cmd: ['/usr/bin/tool'] },
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${sha256(`diff of ${layer}`)}`) },
      history: layers.map((layer) => ({ created, created_by: `RUN make-${layer}` })),
    });
    const id = sha256(config);
    put(join(this.#records, 'imagedb/content/sha256', id), config);
    this.#images.set(name, { id: `sha256:${id}`, top: parent, layers });
  }

  #layer(name, parent) {
    const diffId = `sha256:${sha256(`diff of ${name}`)}`;
    const chain = chainOf(parent, diffId);
    if (this.#chains.has(chain)) return chain;
    const cacheId = sha256(`cache of ${chain}`);
    this.#chains.set(chain, cacheId);
    this.#directory(cacheId, this.#chains.get(parent), LAYERS[name].fill);
    const record = join(this.#records, 'layerdb/sha256', chain.slice(7));
    put(join(record, 'cache-id'), cacheId);
    put(join(record, 'diff'), diffId);
    put(join(record, 'size'), String(LAYERS[name].size));
    if (parent !== '') put(join(record, 'parent'), parent);
    return chain;
  }

  /** One directory of the driver: its own content, and the short links of the layers below it. */
  #directory(id, parent, fillDiff) {
    const home = join(this.#root, 'overlay2', id);
    mkdirSync(join(home, 'diff'), { recursive: true });
    fillDiff(join(home, 'diff'));
    const link = sha256(`link of ${id}`).slice(0, 26).toUpperCase();
    put(join(home, 'link'), link);
    symlinkSync(`../${id}/diff`, join(this.#root, 'overlay2/l', link));
    const below = parent === undefined ? [] : this.#links.get(parent);
    this.#links.set(id, [`l/${link}`, ...below]);
    if (parent === undefined) return;
    mkdirSync(join(home, 'work'));
    put(join(home, 'lower'), below.join(':'));
    put(join(this.#root, 'overlay2', parent, 'committed'), '');
  }

  container({ name, image, state, created, fill: fillDiff }) {
    const id = sha256(`container ${name}`);
    const mountId = sha256(`mount of ${name}`);
    const { id: imageId, top } = this.#images.get(image);
    this.#directory(`${mountId}-init`, this.#chains.get(top), () => undefined);
    this.#directory(mountId, `${mountId}-init`, fillDiff);
    const mount = join(this.#records, 'layerdb/mounts', id);
    put(join(mount, 'mount-id'), mountId);
    put(join(mount, 'init-id'), `${mountId}-init`);
    put(join(mount, 'parent'), top);
    const record = {
      ID: id,
      Name: `/${name}`,
      Created: created,
      State: state,
      Image: imageId,
      Driver: 'overlay2',
      OS: 'linux',
      Config: { Image: image, Labels: {} },
      MountPoints: {},
      LogPath: '',
    };
    put(join(this.#root, 'containers', id, 'config.v2.json'), JSON.stringify(record));
    put(join(this.#root, 'containers', id, 'hostconfig.json'), '{}');
  }

  finish() {
    const repositories = {};
    for (const [name, { id }] of this.#images) {
      const repository = name.split(':')[0];
      repositories[repository] = { ...repositories[repository], [name]: id };
    }
    put(join(this.#records, 'repositories.json'), JSON.stringify({ Repositories: repositories }));
  }
}
