import { parentPort, workerData } from 'node:worker_threads';
import { loadLibc } from './libc.ts';
import type { Job, Part } from './walk/job.ts';
import { shareOf } from './walk/job.ts';
import { NativeOps } from './walk/native-ops.ts';
import { READY } from './walk/ready.ts';
import { SharedTasks } from './walk/shared-tasks.ts';

/** Longest wait without a look at whether the walk is over. */
const WAIT_MS = 50;

/** A walk to take part in; answered with a `Part` when it is over. */
export interface WorkerOrder {
  readonly job: Job;
  readonly memory: SharedArrayBuffer;
  /** The walk's number, given back with the answer, and the worker's place among the threads. */
  readonly walk: number;
  readonly index: number;
}

export interface WorkerAnswer {
  readonly walk: number;
  readonly part: Part;
}

function work(ops: NativeOps, { job, memory, walk, index }: WorkerOrder): void {
  const tasks = new SharedTasks(memory);
  tasks.join(index);
  const share = shareOf(job, ops, tasks);
  const { stepper } = share;
  let told = 0;
  while (!tasks.isStopped) {
    if (stepper.step()) {
      tasks.addEntries(stepper.entries - told);
      told = stepper.entries;
      continue;
    }
    if (stepper.isHalted) tasks.stop();
    else if (tasks.isFinished) break;
    else tasks.wait(WAIT_MS);
  }
  stepper.end();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage({ walk, part: share.part() } satisfies WorkerAnswer);
}

const { origin } = workerData as { readonly origin: string };
const libc = loadLibc(origin);
if (libc === undefined) throw new Error('the C library cannot be called from a worker');
const ops = new NativeOps(libc);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort?.postMessage(READY);
parentPort?.on('message', (order: WorkerOrder) => work(ops, order));
