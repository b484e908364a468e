import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { LIBC_ORIGIN } from '../libc.ts';
import { READY } from './ready.ts';
import type { WorkerAnswer, WorkerOrder } from '../walk-worker.ts';
import type { Job, Part } from './job.ts';
import type { SharedTasks } from './shared-tasks.ts';

/** Kilobytes of V8's heap matter here: a worker has few objects, all short-lived. */
const LIMITS = { maxYoungGenerationSizeMb: 4 };

/**
 * The worker's built file: `dist/walk-worker.cjs`, one bundle, beside the command's own (`dist/cli.cjs`) and three folders up from this module in
 * the library (`dist/lib/host/walk/team.js`), where `../walk-worker.js` would do but takes longer to load. From TypeScript sources (tests) there
 * is none, and walks stay in one thread unless a file is named.
 */
export function builtWorkerFile(): string | undefined {
  const own = import.meta.url;
  if (own.endsWith('.ts')) return undefined;
  return ['./walk-worker.cjs', '../../../walk-worker.cjs', '../walk-worker.js']
    .map((relative) => fileURLToPath(new URL(relative, own)))
    .find((file) => existsSync(file));
}

/** One walk's use of the workers. */
interface Walk {
  readonly order: Omit<WorkerOrder, 'index'>;
  readonly tasks: SharedTasks;
  readonly parts: Map<number, Part>;
  /** Workers that were told of it. */
  readonly told: Set<number>;
  failed: Error | undefined;
  changed: () => void;
}

/** The worker threads of a host: started when a walk is large, kept for the next one, unreferenced while idle. */
export class WalkTeam {
  readonly #file: string | undefined;
  readonly #workers = new Map<number, Worker>();
  /** Settled when a worker has loaded its native code or has ended. */
  readonly #loaded = new WeakMap<Worker, Promise<void>>();
  readonly #walks = new Map<number, Walk>();
  #nextWalk = 0;
  /** Places of workers that could not start: not tried again. */
  readonly #broken = new Set<number>();

  constructor(file: string | undefined) {
    this.#file = file;
  }

  get isAvailable(): boolean {
    return this.#file !== undefined;
  }

  get size(): number {
    return this.#workers.size;
  }

  begin(job: Job, memory: SharedArrayBuffer, tasks: SharedTasks): number {
    const walk = this.#nextWalk++;
    const order = { job, memory, walk };
    const changed = (): void => undefined;
    this.#walks.set(walk, { order, tasks, parts: new Map(), told: new Set(), failed: undefined, changed });
    return walk;
  }

  /** Has up to `count` workers take part, starting those that are missing. At most 31. */
  enlist(id: number, count: number): void {
    const walk = this.#walks.get(id);
    if (walk === undefined || this.#file === undefined || count < 1) return;
    for (let index = 0; index < Math.min(count, 31); index++) {
      if (walk.told.has(index) || this.#broken.has(index)) continue;
      const worker = this.#workers.get(index) ?? this.#start(index, this.#file);
      worker.ref();
      walk.told.add(index);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage({ ...walk.order, index } satisfies WorkerOrder);
    }
    walk.tasks.share();
  }

  #start(index: number, file: string): Worker {
    const threads = process.getBuiltinModule('node:worker_threads');
    const worker = new threads.Worker(file, {
      workerData: { origin: LIBC_ORIGIN },
      env: threads.SHARE_ENV,
      execArgv: [],
      resourceLimits: LIMITS,
      trackUnmanagedFds: false,
    });
    this.#workers.set(index, worker);
    const loaded = new Promise<void>((resolve) => {
      worker.once('message', () => resolve());
      worker.once('exit', () => resolve());
    });
    this.#loaded.set(worker, loaded);
    worker.on('message', (answer: WorkerAnswer | typeof READY) => {
      if (answer === READY) return;
      const walk = this.#walks.get(answer.walk);
      walk?.parts.set(index, answer.part);
      walk?.changed();
    });
    const lost = (error: Error): void => {
      if (this.#workers.get(index) === worker) this.#workers.delete(index);
      this.#lost(index, error);
    };
    worker.on('error', lost);
    worker.on('exit', () => lost(new Error('a thread of the walk ended by itself')));
    return worker;
  }

  /** A worker that never took part is no loss: it could not start, and the others do its work. */
  #lost(index: number, error: Error): void {
    for (const walk of this.#walks.values()) {
      if (!walk.told.has(index) || walk.parts.has(index)) continue;
      if (walk.tasks.hasJoined(index)) walk.failed ??= error;
      else {
        walk.told.delete(index);
        this.#broken.add(index);
      }
      walk.changed();
    }
  }

  /** Why a walk cannot be finished. */
  failureOf(id: number): Error | undefined {
    return this.#walks.get(id)?.failed;
  }

  hasAllJoined(id: number): boolean {
    const walk = this.#walks.get(id);
    return [...(walk?.told ?? [])].every((index) => walk?.tasks.hasJoined(index));
  }

  /** What the workers found in a walk that is over. */
  async finish(id: number): Promise<readonly Part[]> {
    const walk = this.#walks.get(id);
    if (walk === undefined) return [];
    const isMissing = (index: number): boolean => walk.tasks.hasJoined(index) && !walk.parts.has(index);
    while (walk.failed === undefined && [...walk.told].some(isMissing)) {
      await new Promise<void>((resolve) => {
        walk.changed = resolve;
      });
    }
    this.#forget(id);
    if (walk.failed !== undefined) throw walk.failed;
    return [...walk.parts.values()];
  }

  #forget(id: number): void {
    this.#walks.delete(id);
    if (this.#walks.size === 0) for (const worker of this.#workers.values()) worker.unref();
  }

  /** Gives a walk up. No thread is left afterwards, unless another walk uses them. */
  async abandon(id: number): Promise<void> {
    if (this.#walks.size > 1) {
      await this.finish(id).catch(() => []);
      return;
    }
    this.#forget(id);
    await this.end();
  }

  /** Ends all threads, each once it has loaded; walks under way lose theirs. */
  async end(): Promise<void> {
    const workers = [...this.#workers.values()];
    this.#workers.clear();
    await Promise.all(
      workers.map(async (worker) => {
        worker.ref();
        await this.#loaded.get(worker);
        await worker.terminate();
      }),
    );
  }
}
