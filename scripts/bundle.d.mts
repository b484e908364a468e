/** Writes the command's files (weigh.cjs, cli.cjs, walk-worker.cjs) into a folder. */
export function bundleCommand(folder: string): Promise<void>;
