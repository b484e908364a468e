export interface EnginesManifest {
  readonly layout: number;
  readonly engines: Readonly<Record<'bookworm' | 'trixie' | 'sid', string>>;
  readonly libraryPath: readonly string[];
  readonly packages: Readonly<Record<string, Readonly<Record<string, string>>>>;
}
/** The cache folder: WEIGH_ENGINES, else below XDG_CACHE_HOME, else below ~/.cache. */
export function enginesFolder(): string;
/** What a complete folder holds, or undefined. */
export function enginesManifest(folder?: string): EnginesManifest | undefined;
export interface PodmanManifest {
  readonly layout: number;
  readonly version: string;
  readonly libraryPath: readonly string[];
}
/** What a complete folder holds of Podman, or undefined. */
export function podmanManifest(folder?: string): PodmanManifest | undefined;
