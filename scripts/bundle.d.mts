/** Writes the command's files (weigh.cjs, cli.cjs, walk-worker.cjs) into a folder. */
export function bundleCommand(folder: string): Promise<void>;
/** Bundles another program, named from the top of the project, in the command's way. */
export function bundleProgram(from: string, to: string): Promise<void>;
