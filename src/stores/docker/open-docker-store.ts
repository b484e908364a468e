/**
 * One Docker data root of one graph driver (engines.md 1.1, 1.2; moby 20.10-29 daemon/daemon.go NewDaemon):
 *
 *     <root>/image/<driver>/{layerdb,imagedb,distribution,repositories.json}
 *     <root>/<driver>/  the driver's own area        <root>/containers/  <root>/volumes/  <root>/buildkit/
 *
 * Nothing is read until it is asked for, and everything is read once.
 */
import type { BytePath } from '../../model/bytes.ts';
import { joinPath, pathText } from '../../model/bytes.ts';
import { WeighError } from '../../model/errors.ts';
import type { Problem } from '../../model/finding.ts';
import { isFailure } from '../../host/host.ts';
import type { Host } from '../../host/host.ts';
import type { DriverName } from '../../drivers/driver.ts';
import { once } from '../once.ts';
import { readBuildCache } from './buildkit-store.ts';
import { chooseDriver } from './choose-driver.ts';
import { readContainers } from './container-store.ts';
import { blobsOf } from './distribution-store.ts';
import { readImages } from './image-store.ts';
import { readLayerStore } from './layer-store.ts';
import { isDenied } from './read-record.ts';
import type { DockerStore } from './records.ts';
import { readVolumes } from './volume-store.ts';

/** Which data root to open. */
export interface OpenDockerStore {
  /** The data root, e.g. `bytePath("/var/lib/docker")`; links in it are resolved. */
  readonly root: BytePath;
  /** Without it the engine's own rule chooses. */
  readonly driver?: DriverName | undefined;
}

function canonicalRoot(host: Host, root: BytePath): BytePath {
  const real = host.fs.realPath(root);
  if (!isFailure(real)) return real;
  if (isDenied(real)) {
    throw new WeighError(
      'UNREADABLE',
      `cannot read ${pathText(root)}: permission denied (uid ${host.facts.uid})`,
      {
        hint: 'Run it as root, or name a copy with --data-root.',
      },
    );
  }
  throw new WeighError('NOT_FOUND', `${pathText(root)} is not there (${real.errno})`);
}

function driverProblem(host: Host, root: BytePath, driver: DriverName): readonly Problem[] {
  const area = joinPath(root, driver);
  const stat = host.fs.lstat(area);
  if (!isFailure(stat) || stat.errno !== 'ENOENT') return [];
  const message = `${pathText(area)} is not there: the layers have records but no content`;
  return [{ kind: 'missing-directory', subject: pathText(area), message }];
}

/** Opens a data root. Throws a WeighError when it is none, or when nothing of it can be read. */
export function openDockerStore(host: Host, options: OpenDockerStore): DockerStore {
  const root = canonicalRoot(host, options.root);
  const choice = chooseDriver(host, root, options.driver);
  const { driver } = choice;
  const foreignOs = driver === 'windowsfilter' ? 'windows' : null;
  const imageRoot = joinPath(root, 'image', driver);
  const layers = once(() => readLayerStore(host, joinPath(imageRoot, 'layerdb')));
  const images = once(() => readImages(host, { imageRoot, os: foreignOs ?? 'linux', layers }));
  return {
    kind: 'docker',
    root,
    driver,
    name: `docker:${pathText(root)}#${driver}`,
    foreignOs,
    layers,
    images,
    containers: once(() => readContainers(host, root, driver)),
    volumes: once(() => readVolumes(host, root)),
    buildCache: once(() => readBuildCache(host, { home: joinPath(root, 'buildkit'), layers, images })),
    blobsOf: (diffId) => blobsOf(host, imageRoot, diffId),
    hidden: choice.hidden,
    problems: [...choice.problems, ...driverProblem(host, root, driver)],
  };
}
