// What an engine says about a store, asked by its API, and the figures that the engine's own command line makes of it.
import type { EngineApi } from './api.ts';

interface ApiContainer {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly ImageID: string;
  readonly State: string;
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
}

interface ApiImage {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  readonly RepoDigests: readonly string[] | null;
  readonly Size: number;
  readonly SharedSize: number;
  readonly Containers: number;
}

interface ApiVolume {
  readonly Name: string;
  readonly UsageData: { readonly Size: number; readonly RefCount: number };
}

interface ApiCacheRecord {
  readonly ID: string;
  readonly Type: string;
  readonly Description: string;
  readonly InUse: boolean;
  readonly Shared: boolean;
  readonly Size: number;
  readonly UsageCount: number;
}

interface ApiDiskUsage {
  readonly LayersSize: number;
  readonly Images: readonly ApiImage[] | null;
  readonly Containers: readonly ApiContainer[] | null;
  readonly Volumes: readonly ApiVolume[] | null;
  readonly BuildCache: readonly ApiCacheRecord[] | null;
}

/** A figure's value; text for words such as a state. */
export type Value = number | string | boolean | null;

/** Figures by key: `<object>|<field>`. */
export type Figures = Map<string, Value>;

export interface ImageHistory {
  readonly size: number;
  /** Sizes of its layers, base first, zeros left out. */
  readonly layers: readonly number[];
  readonly hidden: boolean;
}

export interface EngineAnswers {
  readonly figures: Figures;
  readonly containerIds: readonly string[];
  readonly imageIds: readonly string[];
  /** Of every image, those that lists hide too. */
  readonly history: ReadonlyMap<string, ImageHistory>;
}

/** The shortest prefix that people use; IDs here never collide in it. */
export function short(id: string): string {
  return id.replace('sha256:', '').slice(0, 12);
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function containerFigures(figures: Figures, containers: readonly ApiContainer[], where: string): void {
  for (const container of containers) {
    const key = `container ${container.Names[0]?.slice(1) ?? short(container.Id)}`;
    figures.set(`${key}|${where}.sizeRw`, container.SizeRw ?? 0);
    figures.set(`${key}|${where}.sizeRootFs`, container.SizeRootFs ?? 0);
    figures.set(`${key}|${where}.state`, container.State);
    figures.set(`${key}|${where}.imageId`, container.ImageID);
  }
}

function imageFigures(figures: Figures, images: readonly ApiImage[], where: 'list' | 'df'): void {
  for (const image of images) {
    const key = `image ${short(image.Id)}`;
    figures.set(`${key}|${where}.size`, image.Size);
    figures.set(`${key}|${where}.names`, names(image.RepoTags));
    figures.set(`${key}|${where}.digests`, names(image.RepoDigests));
    // Engines before API 1.42 do not count shared sizes in the list, and no list counts containers.
    if (image.SharedSize !== -1) figures.set(`${key}|${where}.sharedSize`, image.SharedSize);
    if (where === 'df') figures.set(`${key}|df.containers`, image.Containers);
  }
}

/** Names of an image as one text; `<none>:<none>` is what older engines say for none. */
export function names(of: readonly string[] | null): string {
  return (of ?? [])
    .filter((name) => !name.startsWith('<none>'))
    .toSorted()
    .join(' ');
}

/** `docker system df` of 20.10 to 28: cli/command/formatter/disk_usage.go and cli/command/system/df.go. */
function diskUsageFigures(figures: Figures, usage: ApiDiskUsage): void {
  const images = usage.Images ?? [];
  const containers = usage.Containers ?? [];
  const volumes = (usage.Volumes ?? []).map(({ UsageData }) => UsageData);
  const cache = usage.BuildCache ?? [];
  const group = (name: string, count: number, active: number, size: number, reclaimable: number): void => {
    for (const [field, value] of Object.entries({ count, active, size, reclaimable }))
      figures.set(`df|${name}.${field}`, value);
  };
  figures.set('df|layersSize', usage.LayersSize);
  const used = images.filter(
    (image) => image.Containers !== 0 && image.Size !== -1 && image.SharedSize !== -1,
  );
  const usedBytes = sum(used.map((image) => image.Size - image.SharedSize));
  const inUse = images.filter((image) => image.Containers > 0).length;
  group('images', images.length, inUse, usage.LayersSize, usage.LayersSize - usedBytes);
  const isActive = (container: ApiContainer): boolean =>
    ['running', 'paused', 'restarting'].includes(container.State);
  const rw = (some: readonly ApiContainer[]): number => sum(some.map((container) => container.SizeRw ?? 0));
  const idle = containers.filter((container) => !isActive(container));
  group('containers', containers.length, containers.length - idle.length, rw(containers), rw(idle));
  const known = volumes.filter(({ Size }) => Size !== -1);
  const unused = known.filter(({ RefCount }) => RefCount === 0);
  const referenced = volumes.filter(({ RefCount }) => RefCount > 0).length;
  const bytes = (some: readonly { readonly Size: number }[]): number => sum(some.map(({ Size }) => Size));
  group('volumes', volumes.length, referenced, bytes(known), bytes(unused));
  const own = cache.filter(({ Shared }) => !Shared);
  const busy = own.filter(({ InUse }) => InUse);
  const active = cache.filter(({ InUse }) => InUse).length;
  group('buildCache', cache.length, active, bytes(own), bytes(own) - bytes(busy));
}

function diskUsageDetails(figures: Figures, usage: ApiDiskUsage): void {
  for (const { Name, UsageData } of usage.Volumes ?? []) {
    figures.set(`volume ${Name}|size`, UsageData.Size);
    figures.set(`volume ${Name}|refCount`, UsageData.RefCount);
  }
  for (const record of usage.BuildCache ?? []) {
    const key = `cache ${record.ID}`;
    figures.set(`${key}|size`, record.Size);
    figures.set(`${key}|inUse`, record.InUse);
    figures.set(`${key}|shared`, record.Shared);
    figures.set(`${key}|type`, record.Type);
    figures.set(`${key}|description`, record.Description);
    figures.set(`${key}|usageCount`, record.UsageCount);
  }
}

/** An inspection fails as a whole where the driver cannot describe the layer; the list says -1 there. */
async function inspectFigures(api: EngineApi, figures: Figures, container: ApiContainer): Promise<void> {
  const { status, body } = await api.call('GET', `/containers/${container.Id}/json?size=1`, { allow: [500] });
  const { SizeRw, SizeRootFs } = JSON.parse(body.toString('utf8')) as {
    SizeRw?: number;
    SizeRootFs?: number;
  };
  const key = `container ${container.Names[0]?.slice(1) ?? short(container.Id)}`;
  figures.set(`${key}|inspect.sizeRw`, status === 500 ? -1 : (SizeRw ?? 0));
  if (status !== 500) figures.set(`${key}|inspect.sizeRootFs`, SizeRootFs ?? 0);
}

/** Asks the engine for everything that weigh answers, too. */
export async function askEngine(api: EngineApi): Promise<EngineAnswers> {
  const figures: Figures = new Map();
  const containers = await api.get<readonly ApiContainer[]>('/containers/json?all=1&size=1');
  containerFigures(figures, containers, 'list');
  for (const container of containers) await inspectFigures(api, figures, container);
  const images = await api.get<readonly ApiImage[]>('/images/json?shared-size=1');
  imageFigures(figures, images, 'list');
  const listed = new Set(images.map(({ Id }) => Id));
  const history = new Map<string, ImageHistory>();
  for (const { Id } of await api.get<readonly ApiImage[]>('/images/json?all=1')) {
    const { Size } = await api.get<{ Size: number }>(`/images/${Id}/json`);
    if (listed.has(Id)) figures.set(`image ${short(Id)}|inspect.size`, Size);
    const entries = await api.get<readonly { Size: number }[]>(`/images/${Id}/history`);
    const layers = entries.map((entry) => entry.Size).filter((size) => size !== 0);
    history.set(Id, { size: Size, layers: layers.toReversed(), hidden: !listed.has(Id) });
  }
  const usage = await api.get<ApiDiskUsage>('/system/df');
  containerFigures(figures, usage.Containers ?? [], 'df');
  imageFigures(figures, usage.Images ?? [], 'df');
  diskUsageFigures(figures, usage);
  diskUsageDetails(figures, usage);
  return {
    figures,
    containerIds: containers.map(({ Id }) => Id),
    imageIds: images.map(({ Id }) => Id),
    history,
  };
}
