/**
 * weighbridge as a library: how big container images, containers and whole stores really are, from disk, and how each number came about.
 *
 *     const host = createHost();
 *     try {
 *       const stores = await findStores(host);
 *       const report = await measureContainers({ host, stores, askEngine: true });
 *       for (const row of report.containers) console.log(row.name, row.sizeRw);
 *     } finally {
 *       await host.close();
 *     }
 *
 * Everything only reads. Every number is in bytes; `null` is unknown, and `findings` says which numbers are bounds and why. A measurement takes an
 * `AbortSignal` (`signal`) and tells how far it is (`onProgress`). All errors thrown are `WeighError`s with a `code`.
 */
export { createHost } from './host/create-host.ts';
export { findEngineRoots } from './stores/find-engine-roots.ts';
export { discoverStores, findStores } from './stores/find-stores.ts';
export { openDockerStore } from './stores/docker/open-docker-store.ts';
export { measureContainers } from './measure/containers.ts';
export { getContainerLayerSize } from './measure/container-size.ts';
export { measureImages } from './measure/images.ts';
export { measureDf } from './measure/df.ts';
export { explain } from './measure/explain.ts';
export { overview } from './measure/host-overview.ts';
export { rulesFor } from './measure/engine-rules.ts';
export { bytePath, pathText } from './model/bytes.ts';
export { isContainerId, isDigest } from './model/ids.ts';
export { WeighError, isWeighError } from './model/errors.ts';

export type { ContainerLayerSize } from './measure/container-size.ts';
export type { ContainersOptions } from './measure/containers.ts';
export type { MeasureContext, Progress } from './measure/context.ts';
export type { DfOptions } from './measure/df.ts';
export type { EngineRules } from './measure/engine-rules.ts';
export type { ImagesOptions } from './measure/images.ts';
export type { FindStores, FoundStores } from './stores/find-stores.ts';
export type { NamedStore } from './stores/open-named.ts';
export type { OpenDockerStore } from './stores/docker/open-docker-store.ts';
export type {
  BuildCacheRecord,
  ContainerRecord,
  DockerStore,
  HistoryEntry,
  ImageRecord,
  Layer,
  LayerStoreSnapshot,
  RwLayer,
  VolumeRecord,
} from './stores/docker/records.ts';
export type {
  DiffSize,
  DriverContext,
  DriverFactory,
  DriverName,
  GraphDriver,
  SizePath,
} from './drivers/driver.ts';
export type { EngineSocket, Failure, FileStat, Host, HostFacts, HostFs } from './host/host.ts';
export type { ChangesTally, DirectoryTally, Tally, WalkOptions, Walker } from './host/walker.ts';
export type { BytePath } from './model/bytes.ts';
export type { ErrorCode } from './model/errors.ts';
export type { Bound, Effect, Finding, FindingKind, Problem } from './model/finding.ts';
export type { ChainId, ContainerId, DiffId, Digest, DriverId, ImageId } from './model/ids.ts';
export type {
  ContainerRow,
  ContainersReport,
  DfGroup,
  DfReport,
  DfStore,
  ExplainReport,
  HostReport,
  ImageRow,
  ImagesReport,
  ReportHead,
  RulesUsed,
} from './model/reports.ts';
export type { Comparison, ExplainedFigure, Step } from './model/step.ts';
