/** Engines by the first word of a store's name, as sentences call them. */
const NAMES: Readonly<Record<string, string>> = {
  docker: 'Docker',
  podman: 'Podman',
  containerd: 'containerd',
};

/** The engine of a store, by the store's name. */
export function engineOf(store: string): string {
  return NAMES[store.slice(0, Math.max(0, store.indexOf(':')))] ?? 'Docker';
}

/** `docker`, `podman`: the program whose numbers are shown, once for stores of one engine; "the engine" for several. */
export function clientOf(stores: readonly string[]): string {
  const engines = [...new Set(stores.map(engineOf))];
  const [only] = engines;
  return engines.length === 1 && only !== undefined ? only.toLowerCase() : "each engine's";
}
