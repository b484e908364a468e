import { WeighError } from '../../model/errors.ts';
import type { WalkOptions } from '../walker.ts';
import { shareOf } from './job.ts';
import type { Job, Part } from './job.ts';
import type { NativeOps } from './native-ops.ts';
import { SharedTasks, sharedMemory } from './shared-tasks.ts';
import { TaskStack } from './stepper.ts';
import type { Stepper } from './stepper.ts';
import type { WalkTeam } from './team.ts';

/** Between two looks at the signal and the event loop. */
const SLICE_MS = 10;
const PROGRESS_MS = 100;
/** A walk that is not over by then is large enough for threads to pay: each costs about 25 ms of a processor to start. */
const LARGE_ENTRIES = 12_000;
const LARGE_MS = 35;
/** What a directory that waits to be looked at is taken for. */
const ENTRIES_EACH = 12;
const WARM_THREADS = 4;
/** A cold walk waits for the disk, and more threads wait side by side. */
const COLD_THREADS = 8;
const COLD_LOAD = 0.7;
/** Blocks of 512 bytes read from a disk in a millisecond: a cold walk reads ten times that. */
const COLD_BLOCKS = 4;
const LOAD_MS = 150;
/** While other threads have all the work. */
const IDLE_MS = 2;

/** How many threads a walk may use. `fixed`: that many from the start, waited for. */
export interface Threads {
  readonly cores: number;
  readonly fixed?: number;
}

/** Calls back at most ten times a second. */
function progressOf(options: WalkOptions): (entries: number) => void {
  let last = performance.now();
  return (entries) => {
    const now = performance.now();
    if (options.onProgress === undefined || now - last < PROGRESS_MS) return;
    last = now;
    options.onProgress(entries);
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Runs for a slice of time. False: there is nothing to do at the moment. */
function runSlice(stepper: Stepper): boolean {
  const end = performance.now() + SLICE_MS;
  while (stepper.step()) if (performance.now() >= end) return true;
  return false;
}

function stopIfAborted(options: WalkOptions): void {
  if (options.signal?.aborted === true) {
    throw new WeighError('INTERRUPTED', 'interrupted', { cause: options.signal.reason });
  }
}

/** A walk in this thread alone. @throws WeighError INTERRUPTED. */
export async function driveAlone(stepper: Stepper, options: WalkOptions): Promise<void> {
  const progress = progressOf(options);
  try {
    stopIfAborted(options);
    while (runSlice(stepper)) {
      progress(stepper.entries);
      await turn();
      stopIfAborted(options);
    }
  } finally {
    stepper.end();
  }
}

/** Decides how many threads a walk is worth as it goes on. */
class Crew {
  readonly #threads: Threads;
  readonly #started = performance.now();
  #count = 1;
  #since = performance.now();
  #cpu = 0;
  #blocks = 0;

  constructor(threads: Threads) {
    this.#threads = threads;
    const { userCPUTime, systemCPUTime, fsRead } = process.resourceUsage();
    this.#cpu = userCPUTime + systemCPUTime;
    this.#blocks = fsRead;
  }

  /** How many there should be by now, this one included. `waiting`: directories found and not yet looked at. */
  wanted(seen: number, waiting: number, standing: number): number {
    const entries = seen + waiting * ENTRIES_EACH;
    const { cores, fixed } = this.#threads;
    if (fixed !== undefined) return fixed;
    if (standing > 0 && entries > LARGE_ENTRIES / 8)
      this.#count = Math.max(this.#count, Math.min(standing + 1, cores));
    const now = performance.now();
    if (this.#count === 1) {
      if (entries < LARGE_ENTRIES && now - this.#started < LARGE_MS) return 1;
      this.#count = this.#isCold(now, 1) ? COLD_THREADS : Math.min(cores, WARM_THREADS);
    } else if (now - this.#since > LOAD_MS && this.#isCold(now, Math.min(cores, this.#count))) {
      this.#count = COLD_THREADS;
    }
    return this.#count;
  }

  /** Whether the walk waits for a disk: it read from one since the last look, and the processors were idle meanwhile. */
  #isCold(now: number, busy: number): boolean {
    const { userCPUTime, systemCPUTime, fsRead } = process.resourceUsage();
    const passed = now - this.#since;
    const load = (userCPUTime + systemCPUTime - this.#cpu) / 1000 / passed / busy;
    const blocks = (fsRead - this.#blocks) / passed;
    this.#since = now;
    this.#cpu = userCPUTime + systemCPUTime;
    this.#blocks = fsRead;
    return load < COLD_LOAD && blocks > COLD_BLOCKS;
  }
}

/** A job for as many threads as it turns out to be worth. */
export interface TeamJob {
  readonly job: Job;
  /** Code of the task for the root. */
  readonly code: number;
  readonly ops: NativeOps;
  readonly team: WalkTeam;
  readonly threads: Threads;
}

/** A walk in this thread and, where it is large, in workers beside it. @throws WeighError INTERRUPTED, with no worker left. */
export async function driveTogether(work: TeamJob, options: WalkOptions): Promise<readonly Part[]> {
  const memory = sharedMemory();
  const own = new TaskStack();
  own.push(work.code, '', '');
  const tasks = new SharedTasks(memory, own);
  const share = shareOf(work.job, work.ops, tasks);
  const walk = work.team.begin(work.job, memory, tasks);
  try {
    await walkOn(work, { tasks, walk, stepper: share.stepper }, options);
    return [share.part(), ...(await work.team.finish(walk))];
  } catch (error) {
    tasks.stop();
    await work.team.abandon(walk);
    throw error;
  } finally {
    share.stepper.end();
  }
}

interface Own {
  readonly tasks: SharedTasks;
  readonly walk: number;
  readonly stepper: Stepper;
}

async function walkOn(work: TeamJob, own: Own, options: WalkOptions): Promise<void> {
  const { tasks, walk, stepper } = own;
  const { team } = work;
  const progress = progressOf(options);
  const crew = new Crew(work.threads);
  let told = 0;
  for (;;) {
    stopIfAborted(options);
    if (team.isAvailable) team.enlist(walk, crew.wanted(tasks.entries, tasks.length, team.size) - 1);
    if (work.threads.fixed !== undefined && !team.hasAllJoined(walk)) {
      await turn();
      continue;
    }
    const isBusy = runSlice(stepper);
    tasks.addEntries(stepper.entries - told);
    told = stepper.entries;
    progress(tasks.entries);
    const lost = team.failureOf(walk);
    if (lost !== undefined) throw lost;
    if (!isBusy) {
      if (stepper.isHalted) return tasks.stop();
      if (tasks.isFinished) return;
      tasks.wait(IDLE_MS);
    }
    if (tasks.isStopped) return;
    await turn();
  }
}
