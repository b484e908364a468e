/**
 * Which graph driver's store of a data root the engine works on when its configuration names none
 * (moby 20.10-29 daemon/graphdriver/driver.go New, scanPriorDrivers): the first of its priority list whose directory under the root is
 * there and not empty; vfs never counts as a prior driver. With several prior drivers the engine refuses to start until one is named.
 */
import type { BytePath } from '../../model/bytes.ts';
import { joinPath, pathText } from '../../model/bytes.ts';
import { WeighError } from '../../model/errors.ts';
import type { Problem } from '../../model/finding.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import type { DriverName } from '../../drivers/driver.ts';
import { isDenied, problem } from './read-record.ts';
import type { DockerStore } from './records.ts';

/** Priority of 23.0 and later, with the drivers that releases have since dropped in their former order. 20.10 had btrfs and zfs first. */
const PRIORITY: readonly DriverName[] = [
  'overlay2',
  'fuse-overlayfs',
  'btrfs',
  'zfs',
  'aufs',
  'overlay',
  'devicemapper',
  'vfs',
  'windowsfilter',
];
/** Blobs of a daemon that runs its own containerd (<root>/containerd/daemon): without any, its image store was not in use. */
const OWN_CONTAINERD = 'containerd/daemon/io.containerd.content.v1.content/blobs/sha256';

export function isDriverName(text: string): text is DriverName {
  return (PRIORITY as readonly string[]).includes(text);
}

/** An entry that the driver makes at its first start: to find it spares listing thousands of layers. */
const FIRST_ENTRY: Partial<Record<DriverName, string>> = {
  overlay2: 'l',
  'fuse-overlayfs': 'l',
  vfs: 'dir',
  btrfs: 'subvolumes',
  zfs: 'graph',
  aufs: 'diff',
};

export interface DriverChoice {
  readonly driver: DriverName;
  readonly hidden: DockerStore['hidden'];
  readonly problems: readonly Problem[];
}

interface Evidence {
  /** Drivers with records: `image/<driver>` is there and not empty. */
  readonly recorded: readonly DriverName[];
  /** Drivers with a non-empty area, vfs included. */
  readonly areas: readonly DriverName[];
}

/** Names of what is in a directory; empty when it is not there. */
function namesIn(host: Host, path: BytePath): readonly string[] {
  const entries = host.fs.readDirectory(path);
  return isFailure(entries) ? [] : entries.map((entry) => entry.name);
}

function isFilled(host: Host, path: BytePath): boolean {
  const entries = host.fs.readDirectory(path);
  // The engine takes a directory that it cannot open as not empty.
  return isFailure(entries) ? isDenied(entries) : entries.length > 0;
}

function isArea(host: Host, path: BytePath, driver: DriverName): boolean {
  const first = FIRST_ENTRY[driver];
  return (first !== undefined && !isFailure(host.fs.lstat(joinPath(path, first)))) || isFilled(host, path);
}

function evidenceOf(host: Host, root: BytePath): Evidence {
  const top = host.fs.readDirectory(root);
  if (isFailure(top)) {
    if (top.errno === 'ENOTDIR')
      throw new WeighError('NOT_A_STORE', `${pathText(root)} is not a store: it is a file`);
    const what = isDenied(top) ? `permission denied (uid ${host.facts.uid})` : top.errno;
    throw new WeighError('UNREADABLE', `cannot read ${pathText(root)}: ${what}`, {
      hint: 'Run it as root, or name a copy with --data-root.',
    });
  }
  const names = new Set<string>(top.map((entry) => entry.name));
  const image = joinPath(root, 'image');
  const withRecords = new Set(names.has('image') ? namesIn(host, image) : []);
  return {
    recorded: PRIORITY.filter((name) => withRecords.has(name) && isFilled(host, joinPath(image, name))),
    areas: PRIORITY.filter((name) => names.has(name) && isArea(host, joinPath(root, name), name)),
  };
}

function notAStore(host: Host, root: BytePath): WeighError {
  const held = namesIn(host, root);
  const shown = held.slice(0, 5).join(', ') + (held.length > 5 ? `, and ${held.length - 5} more` : '');
  return new WeighError(
    'NOT_A_STORE',
    `${pathText(root)} is not a store: it has no image/ (Docker), overlay-layers/ (Podman) or io.containerd.metadata.v1.bolt/ (containerd)`,
    { hint: held.length === 0 ? 'It is empty.' : `It holds ${pathText(shown as BytePath)}.` },
  );
}

function prefer(evidence: Evidence): DriverName | undefined {
  const prior = evidence.areas.filter((name) => name !== 'vfs');
  return prior.find((name) => evidence.recorded.includes(name)) ?? evidence.recorded[0] ?? prior[0];
}

function hiddenOf(host: Host, root: BytePath, chosen: DriverName, evidence: Evidence): DockerStore['hidden'] {
  const others = PRIORITY.filter(
    (name) => name !== chosen && (evidence.recorded.includes(name) || evidence.areas.includes(name)),
  );
  const hidden = others.map((driver) => ({
    driver,
    path: joinPath(root, driver),
    why: evidence.recorded.includes(driver)
      ? `an engine that works with ${chosen} does not see what ${driver} holds`
      : `a directory of ${driver} without records`,
  }));
  if (namesIn(host, joinPath(root, OWN_CONTAINERD)).length === 0) return hidden;
  const why = 'images that containerd keeps: an engine sees either these or those of a graph driver';
  return [...hidden, { driver: 'containerd', path: joinPath(root, 'containerd/daemon'), why }];
}

/** `wanted`: the driver that the caller named. Throws a WeighError when the root is no Docker store, or holds nothing of that driver. */
export function chooseDriver(host: Host, root: BytePath, wanted?: DriverName): DriverChoice {
  const evidence = evidenceOf(host, root);
  const driver = wanted ?? prefer(evidence);
  if (driver === undefined) throw notAStore(host, root);
  if (wanted !== undefined && !evidence.recorded.includes(wanted) && !evidence.areas.includes(wanted)) {
    const there = evidence.recorded.join(', ') || 'none';
    throw new WeighError('NOT_FOUND', `${pathText(root)} holds nothing of the graph driver ${wanted}`, {
      hint: `Drivers with records there: ${there}.`,
    });
  }
  const prior = evidence.areas.filter((name) => name !== 'vfs');
  const several =
    wanted === undefined && prior.length > 1
      ? [
          problem(
            'assumed',
            pathText(root),
            `it holds data of several graph drivers (${prior.join(', ')}): the engine starts on it only with one named; ${driver} was taken`,
          ),
        ]
      : [];
  return { driver, hidden: hiddenOf(host, root, driver, evidence), problems: several };
}
