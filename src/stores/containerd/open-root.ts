/**
 * A containerd root (containerd 1.6-2.3 cmd/containerd/server, plugins/content/local, plugins/snapshots):
 *
 *     <root>/io.containerd.metadata.v1.bolt/meta.db                    names: images, containers, snapshots, blobs, by namespace
 *     <root>/io.containerd.content.v1.content/blobs/<algorithm>/<hex>  blobs, shared by all namespaces
 *     <root>/io.containerd.snapshotter.v1.<name>/metadata.db           what the snapshotter knows of its snapshots
 */
import type { BytePath } from '../../model/bytes.ts';
import { bytePath, joinPath, pathText } from '../../model/bytes.ts';
import { WeighError } from '../../model/errors.ts';
import type { Problem } from '../../model/finding.ts';
import { isDigest } from '../../model/ids.ts';
import { readMetaDatabase } from '../../formats/containerd-meta.ts';
import type { MetaNamespace, MetaSnapshot } from '../../formats/containerd-meta.ts';
import { readBackendSnapshots } from '../../formats/containerd-snapshots.ts';
import type { BackendSnapshots } from '../../formats/containerd-snapshots.ts';
import { isMalformed } from '../../formats/malformed.ts';
import { failure, isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import { readBolt } from '../docker/read-bolt.ts';
import { failureProblem, isDenied, problem } from '../docker/read-record.ts';
import type { ContainerdRoot, Content, Namespace, Snapshot, Snapshots } from './records.ts';

const META = 'io.containerd.metadata.v1.bolt/meta.db';
const BLOBS = 'io.containerd.content.v1.content/blobs/sha256';
const SNAPSHOTTER = 'io.containerd.snapshotter.v1.';
/** Documents are a few kilobytes; one that is larger is read by nobody. */
const MAX_DOCUMENT = 32 * 1024 * 1024;
/** How often both databases are read anew while one names what the other does not have (yet, or any more). */
const MAX_JOINS = 3;
/** Snapshotters that have no other place, unless something is not mounted; devmapper is told its own. */
const KEPT_HERE: ReadonlySet<string> = new Set(['overlayfs', 'native', 'btrfs', 'blockfile', 'erofs']);
const SNAPSHOTTER_NAME = /^[\w.-]{1,100}$/;

/** Whether there is a containerd root at a path, without reading it. */
export function isContainerdRoot(host: Host, root: BytePath): boolean {
  return !isFailure(host.fs.lstat(joinPath(root, META)));
}

/**
 * Opens a containerd root.
 *
 * @throws WeighError NOT_FOUND, NOT_A_STORE or UNREADABLE when there is none or its names cannot be read.
 */
export function openContainerdRoot(host: Host, path: BytePath): ContainerdRoot {
  const root = host.fs.realPath(path);
  if (isFailure(root)) {
    if (isDenied(root)) throw denied(host, path);
    throw new WeighError('NOT_FOUND', `${pathText(path)} is not there (${root.errno})`);
  }
  const namespaces = readNames(host, root);
  return {
    root,
    namespaces,
    namespace: (name) => {
      const meta = namespaces.get(name);
      return meta === undefined ? undefined : openNamespace(host, root, meta);
    },
  };
}

function denied(host: Host, path: BytePath): WeighError {
  return new WeighError(
    'UNREADABLE',
    `cannot read ${pathText(path)}: permission denied (uid ${host.facts.uid})`,
    { hint: 'Run it as root, or name a copy.' },
  );
}

function readNames(host: Host, root: BytePath): ReadonlyMap<string, MetaNamespace> {
  const path = joinPath(root, META);
  const read = readBolt(host, path, readMetaDatabase);
  if (isFailure(read)) {
    if (isDenied(read)) throw denied(host, path);
    throw new WeighError('NOT_A_STORE', `${pathText(root)} is no containerd root: it has no ${META}`);
  }
  if (isMalformed(read)) {
    throw new WeighError('UNREADABLE', `cannot read ${pathText(path)}: ${read.malformed}`);
  }
  return read;
}

function openNamespace(host: Host, root: BytePath, meta: MetaNamespace): Namespace {
  const opened = new Map<string, Snapshots>();
  const problems = meta.damaged.map((what) =>
    problem('damaged-record', what, `namespace ${meta.name} records it in a form that does not parse`),
  );
  return {
    name: meta.name,
    images: meta.images,
    containers: meta.containers,
    leases: meta.leases,
    content: contentOf(host, root, meta),
    snapshotters: [...meta.snapshots.keys()],
    snapshots: (snapshotter) => {
      const known = opened.get(snapshotter) ?? joinSnapshots(host, root, meta, snapshotter);
      opened.set(snapshotter, known);
      return known;
    },
    problems,
  };
}

function contentOf(host: Host, root: BytePath, meta: MetaNamespace): Content {
  const pathOf = (digest: string): BytePath => joinPath(root, BLOBS, digest.slice('sha256:'.length));
  return {
    blobs: meta.blobs,
    info: (digest) => meta.blobs.get(digest),
    exists: (digest) =>
      isDigest(digest) && meta.blobs.has(digest) && !isFailure(host.fs.lstat(pathOf(digest))),
    read: (digest) => {
      const path = pathOf(digest);
      // Content of a namespace that does not record it is not there for its clients.
      if (!isDigest(digest) || !meta.blobs.has(digest)) return failure('ENOENT', path);
      return host.fs.readFile(path, MAX_DOCUMENT);
    },
  };
}

interface Backend {
  readonly snapshots: BackendSnapshots | null;
  readonly problems: readonly Problem[];
}

function readBackend(host: Host, directory: BytePath, snapshotter: string): Backend {
  if (!SNAPSHOTTER_NAME.test(snapshotter)) {
    const message = `${snapshotter} is no name of a snapshotter`;
    return { snapshots: null, problems: [problem('damaged-record', snapshotter, message)] };
  }
  const path = joinPath(directory, 'metadata.db');
  const read = readBolt(host, path, readBackendSnapshots);
  if (isFailure(read)) {
    if (read.errno !== 'ENOENT') {
      return { snapshots: null, problems: [failureProblem(read, snapshotter, 'its snapshots are unknown')] };
    }
    const message = `snapshotter ${snapshotter} keeps its records elsewhere: ${pathText(path)} is not there`;
    const kind = KEPT_HERE.has(snapshotter) ? 'missing-directory' : 'unsupported-driver';
    return { snapshots: null, problems: [problem(kind, snapshotter, message)] };
  }
  if (isMalformed(read)) {
    const message = `${pathText(path)}: ${read.malformed}: its snapshots are unknown`;
    return { snapshots: null, problems: [problem('unreadable', snapshotter, message)] };
  }
  const problems = read.damaged.map((name) =>
    problem('damaged-record', name, `snapshotter ${snapshotter} records it in a form that does not parse`),
  );
  return { snapshots: read, problems };
}

/**
 * Joins a namespace's snapshots with the snapshotter's records. The two databases are read one after the other, so that a live engine may have
 * gone on in between: a name that only one of them has is looked for again in both, and what stays is the engine's own "not found".
 */
function joinSnapshots(host: Host, root: BytePath, meta: MetaNamespace, snapshotter: string): Snapshots {
  const directory = joinPath(root, SNAPSHOTTER + bytePath(snapshotter));
  let ofNamespace = meta.snapshots.get(snapshotter) ?? new Map<string, MetaSnapshot>();
  if (ofNamespace.size === 0) {
    // Whatever the snapshotter's records are, the namespace has none there.
    return { snapshotter, root: directory, byKey: new Map(), problems: [], known: true };
  }
  for (let look = 1; ; look++) {
    const backend = readBackend(host, directory, snapshotter);
    const joined = join(ofNamespace, backend.snapshots);
    const missing = [...joined.values()].some((snapshot) => snapshot.backend === null);
    if (backend.snapshots === null || !missing || look === MAX_JOINS) {
      return {
        snapshotter,
        root: directory,
        byKey: joined,
        problems: backend.problems,
        known: backend.snapshots !== null,
      };
    }
    const again = readBolt(host, joinPath(root, META), readMetaDatabase);
    if (!isFailure(again) && !isMalformed(again)) {
      ofNamespace = again.get(meta.name)?.snapshots.get(snapshotter) ?? ofNamespace;
    }
  }
}

function join(
  ofNamespace: ReadonlyMap<string, MetaSnapshot>,
  backend: BackendSnapshots | null,
): ReadonlyMap<string, Snapshot> {
  const joined = new Map<string, Snapshot>();
  for (const { key, parent, labels, backendName } of ofNamespace.values()) {
    const record = backend?.byName.get(backendName);
    if (record === undefined) {
      joined.set(key, { key, parent, labels, backend: null });
      continue;
    }
    const below = record.parent === '' ? undefined : backend?.byName.get(record.parent);
    const { id, kind, bytes } = record;
    joined.set(key, {
      key,
      parent,
      labels,
      backend: {
        id,
        kind,
        bytes,
        parent: below === undefined ? null : { id: below.id, bytes: below.bytes },
        parentMissing: record.parent !== '' && below === undefined,
      },
    });
  }
  return joined;
}
