/**
 * One root of containers/storage (storage 1.43-1.62 store.go): `<root>/<driver>-{layers,images,containers}` with the driver's own area
 * `<root>/<driver>`, Podman's database and its volumes beside them.
 *
 * Nothing is read until it is asked for, and everything is read once.
 */
import type { BytePath } from '../../model/bytes.ts';
import { joinPath, pathText } from '../../model/bytes.ts';
import { WeighError } from '../../model/errors.ts';
import type { Problem } from '../../model/finding.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import type { StorageConf } from '../../formats/storage-conf.ts';
import { isDenied, problem } from '../docker/read-record.ts';
import { once } from '../once.ts';
import { readImageFacts } from './image-facts.ts';
import { readLibpod } from './libpod-store.ts';
import { readStorageRecords } from './read-records.ts';
import type { ImageFacts, PodmanStore, StorageDriverName, StoredImage } from './records.ts';

/** In the order in which the library tries them (drivers/driver_linux.go). */
const DRIVERS: readonly StorageDriverName[] = ['overlay', 'aufs', 'btrfs', 'zfs', 'vfs'];
const KINDS = ['layers', 'images', 'containers'] as const;
const MAX_FLAG = 64;

/** Which root to open. */
export interface OpenPodmanStore {
  /** The graph root, e.g. `/var/lib/containers/storage`; links in it are resolved. */
  readonly root: BytePath;
  /** Without it: the driver that has records there. */
  readonly driver?: string | undefined;
  readonly runRoot?: BytePath | undefined;
  readonly imageStore?: BytePath | undefined;
  readonly additionalStores?: readonly BytePath[] | undefined;
  /** The configuration that led here, if one did. */
  readonly conf?: StorageConf | undefined;
}

function canonical(host: Host, root: BytePath): BytePath {
  const real = host.fs.realPath(root);
  if (!isFailure(real)) return real;
  if (isDenied(real)) {
    throw new WeighError(
      'UNREADABLE',
      `cannot read ${pathText(root)}: permission denied (uid ${host.facts.uid})`,
      { hint: 'Run it as root, or name a copy with --store podman:PATH.' },
    );
  }
  throw new WeighError('NOT_FOUND', `${pathText(root)} is not there (${real.errno})`);
}

/** `overlay2` is another name of `overlay`. */
export function storageDriverName(text: string): StorageDriverName | null {
  const name = text === 'overlay2' ? 'overlay' : text;
  return DRIVERS.find((driver) => driver === name) ?? null;
}

/** Drivers with records in a root, and of those the ones with at least one list. */
function recordedDrivers(host: Host, root: BytePath): readonly StorageDriverName[] {
  const entries = host.fs.readDirectory(root);
  if (isFailure(entries)) {
    const what = isDenied(entries) ? `permission denied (uid ${host.facts.uid})` : entries.errno;
    throw new WeighError('UNREADABLE', `cannot read ${pathText(root)}: ${what}`, {
      hint: 'Run it as root, or name a copy with --store podman:PATH.',
    });
  }
  const names = new Set<string>(entries.map((entry) => entry.name));
  const there = DRIVERS.filter((driver) => KINDS.some((kind) => names.has(`${driver}-${kind}`)));
  const filled = there.filter((driver) => hasLists(host, root, driver));
  return filled.length > 0 ? [...filled, ...there.filter((driver) => !filled.includes(driver))] : there;
}

function hasLists(host: Host, root: BytePath, driver: string): boolean {
  return KINDS.some((kind) => !isFailure(host.fs.lstat(joinPath(root, `${driver}-${kind}`, `${kind}.json`))));
}

function choose(host: Host, root: BytePath, wanted: StorageDriverName | undefined): StorageDriverName {
  const recorded = recordedDrivers(host, root);
  if (wanted === undefined) {
    const [first] = recorded;
    if (first !== undefined) return first;
    throw new WeighError('NOT_A_STORE', `${pathText(root)} is no store of containers/storage`, {
      hint: 'It has no overlay-layers/, vfs-layers/ or the like.',
    });
  }
  if (recorded.includes(wanted)) return wanted;
  throw new WeighError('NOT_FOUND', `${pathText(root)} holds nothing of the graph driver ${wanted}`, {
    hint: `Drivers with records there: ${recorded.join(', ') || 'none'}.`,
  });
}

function wantedDriver(text: string | undefined): StorageDriverName | undefined {
  if (text === undefined || text === '') return undefined;
  const name = storageDriverName(text);
  if (name !== null) return name;
  throw new WeighError('USAGE', `${text} is no graph driver of containers/storage`);
}

/** `overlay/.has-mount-program` of the area, written by the library at its start; without it the configuration's word. */
function usesMountProgram(host: Host, root: BytePath, conf: StorageConf | undefined): boolean {
  const flag = host.fs.readFile(joinPath(root, 'overlay', '.has-mount-program'), MAX_FLAG);
  if (!isFailure(flag)) return flag.toString('latin1').trim() === 'true';
  return (conf?.mountProgram ?? '') !== '';
}

function hiddenOf(host: Host, root: BytePath, driver: StorageDriverName): PodmanStore['hidden'] {
  return recordedDrivers(host, root)
    .filter((other) => other !== driver && hasLists(host, root, other))
    .map((other) => ({
      driver: other,
      path: joinPath(root, other),
      why: `an engine that works with ${driver} does not see what ${other} holds`,
    }));
}

/** Roots that are there; a problem for each that is not. */
function storesThere(
  host: Host,
  paths: readonly BytePath[],
): { readonly there: readonly BytePath[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const there = paths.flatMap((path) => {
    const real = host.fs.realPath(path);
    if (!isFailure(real)) return [real];
    const kind = isDenied(real) ? 'unreadable' : 'missing-directory';
    problems.push(
      problem(kind, pathText(path), `an image store that is configured cannot be read (${real.errno})`),
    );
    return [];
  });
  return { there, problems };
}

function areaProblem(host: Host, root: BytePath, driver: StorageDriverName): readonly Problem[] {
  if (driver === 'aufs')
    return [problem('unsupported-driver', pathText(root), 'aufs of containers/storage cannot be read here')];
  const area = joinPath(root, driver);
  const stat = host.fs.lstat(area);
  if (!isFailure(stat) || stat.errno !== 'ENOENT') return [];
  const message = `${pathText(area)} is not there: the layers have records but no content`;
  return [problem('missing-directory', pathText(area), message)];
}

/** Opens a root. Throws a WeighError when it is none, or when nothing of it can be read. */
export function openPodmanStore(host: Host, options: OpenPodmanStore): PodmanStore {
  const root = canonical(host, options.root);
  const driver = choose(host, root, wantedDriver(options.driver));
  const image = storesThere(host, options.imageStore === undefined ? [] : [options.imageStore]);
  const additional = storesThere(host, options.additionalStores ?? []);
  const { runRoot: named } = options;
  const runRoot = named === undefined || isFailure(host.fs.lstat(named)) ? null : named;
  const places = {
    root,
    driver,
    runRoot,
    imageStore: image.there[0] ?? null,
    additionalStores: additional.there,
  };
  const facts = new Map<string, ImageFacts | null>();
  const factsOf = (stored: StoredImage): ImageFacts | null => {
    const key = `${stored.home}\0${stored.id}`;
    const known = facts.get(key);
    if (known !== undefined) return known;
    const read = readImageFacts(host, driver, stored);
    facts.set(key, read);
    return read;
  };
  return {
    kind: 'podman',
    ...places,
    name: `podman:${pathText(root)}#${driver}`,
    mountProgram: driver === 'overlay' && usesMountProgram(host, root, options.conf),
    mountOptions: options.conf?.mountOptions ?? '',
    records: once(() => readStorageRecords(host, places)),
    libpod: once(() => readLibpod(host, root, runRoot)),
    stillHas: (id) => readStorageRecords(host, places).containers.some((container) => container.id === id),
    factsOf,
    hidden: hiddenOf(host, root, driver),
    problems: [...image.problems, ...additional.problems, ...areaProblem(host, root, driver)],
  };
}
