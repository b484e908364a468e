import { spawn } from 'node:child_process';

const CHILD = "require('node:net').createServer().listen(process.argv[1], () => console.log('up'))";

/** Leaves a socket file at a path: made by a process that ends without tidying up. */
export async function leaveSocket(path: string): Promise<void> {
  const child = spawn(process.execPath, ['-e', CHILD, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.stdout.once('data', () => child.kill('SIGKILL'));
  await ended;
}
