/** Builds the sample Docker data root at a path that does not exist yet. */
export function makeSampleStore(root: string): void;
