import { TaskStack } from './stepper.ts';
import type { Tasks } from './stepper.ts';

// Words of the header.
const LOCK = 0;
const TOP = 1;
const COUNT = 2;
/** Threads that hold work of their own. */
const ACTIVE = 3;
const STOP = 4;
/** Changes whenever waiting makes no sense any more. */
const EPOCH = 5;
const WAITING = 6;
const ENTRIES = 7;
/** One bit for each thread that has come to take part. */
const JOINED = 8;
const HEADER_BYTES = 64;

const AREA_BYTES = 512 * 1024;
/** Below this many shared tasks a thread that has more than one gives some away. */
const LOW = 16;
const MOST_AT_ONCE = 32;
/** Length of the path (2 bytes) and code. */
const TRAILER = 3;

/** Memory of one walk's threads: a header and a stack of directories, each as path, length, code. */
export function sharedMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + AREA_BYTES);
}

/**
 * One thread's view of the directories left to look at: its own stack, and beside it the shared one, from which it takes when it has none and to
 * which it gives when that runs low. The walk is over when no thread holds work and the shared stack is empty.
 */
export class SharedTasks implements Tasks {
  readonly #own: TaskStack;
  readonly #words: Int32Array;
  readonly #area: Buffer;
  #isActive: boolean;
  #hasCompany: boolean;
  #seenEpoch = 0;

  /** `own`: work that this thread holds already; with it the thread counts as active from the start. */
  constructor(memory: SharedArrayBuffer, own?: TaskStack) {
    this.#own = own ?? new TaskStack();
    this.#words = new Int32Array(memory, 0, HEADER_BYTES / 4);
    this.#area = Buffer.from(memory, HEADER_BYTES);
    this.#isActive = own !== undefined;
    this.#hasCompany = own === undefined;
    if (own !== undefined) Atomics.add(this.#words, ACTIVE, 1);
  }

  get code(): number {
    return this.#own.code;
  }

  get path(): string {
    return this.#own.path;
  }

  get length(): number {
    return this.#own.length;
  }

  push(code: number, parent: string, name: string): void {
    this.#own.push(code, parent, name);
  }

  pop(): boolean {
    if (this.#hasCompany && this.#own.length > 1 && Atomics.load(this.#words, COUNT) < LOW) this.#give();
    if (this.#isActive && this.#own.pop()) return true;
    this.#seenEpoch = Atomics.load(this.#words, EPOCH);
    return this.#take() && this.#own.pop();
  }

  /** From now on there are other threads to give work to. */
  share(): void {
    this.#hasCompany = true;
  }

  /** `index`: of the thread, below 32. A thread that has not joined when the walk is over had no part in it. */
  join(index: number): void {
    Atomics.or(this.#words, JOINED, 1 << index);
  }

  hasJoined(index: number): boolean {
    return (Atomics.load(this.#words, JOINED) & (1 << index)) !== 0;
  }

  /** Waits for work of other threads, at most `milliseconds`. */
  wait(milliseconds: number): void {
    Atomics.add(this.#words, WAITING, 1);
    Atomics.wait(this.#words, EPOCH, this.#seenEpoch, milliseconds);
    Atomics.sub(this.#words, WAITING, 1);
  }

  get isFinished(): boolean {
    return Atomics.load(this.#words, ACTIVE) === 0 && Atomics.load(this.#words, COUNT) === 0;
  }

  get isStopped(): boolean {
    return Atomics.load(this.#words, STOP) !== 0;
  }

  /** Ends the walk in all threads. */
  stop(): void {
    Atomics.store(this.#words, STOP, 1);
    this.#wake();
  }

  addEntries(count: number): void {
    Atomics.add(this.#words, ENTRIES, count);
  }

  /** Of all threads, as far as they told. Wraps at 2^32. */
  get entries(): number {
    return Atomics.load(this.#words, ENTRIES) >>> 0;
  }

  #wake(): void {
    Atomics.add(this.#words, EPOCH, 1);
    Atomics.notify(this.#words, EPOCH);
  }

  #lock(): void {
    while (Atomics.compareExchange(this.#words, LOCK, 0, 1) !== 0) Atomics.wait(this.#words, LOCK, 1, 1);
  }

  #unlock(): void {
    Atomics.store(this.#words, LOCK, 0);
    Atomics.notify(this.#words, LOCK, 1);
  }

  #word(index: number): number {
    return this.#words[index] ?? 0;
  }

  #give(): void {
    const own = this.#own;
    this.#lock();
    let most = Math.min(MOST_AT_ONCE, Math.floor(own.length / 2));
    while (most-- > 0 && own.shift()) this.#putShared(own.code, own.path);
    this.#unlock();
    if (Atomics.load(this.#words, WAITING) > 0) this.#wake();
  }

  /** Holds the lock. A task that finds no room goes back to the own stack. */
  #putShared(code: number, path: string): void {
    const top = this.#word(TOP);
    const end = top + path.length;
    if (end + TRAILER > AREA_BYTES) {
      this.#own.push(code, '', path);
      return;
    }
    this.#area.write(path, top, 'latin1');
    this.#area.writeUInt16LE(path.length, end);
    this.#area[end + 2] = code;
    this.#words[TOP] = end + TRAILER;
    Atomics.add(this.#words, COUNT, 1);
  }

  /** Moves some shared tasks to the own stack; without any, this thread is no longer active. */
  #take(): boolean {
    this.#lock();
    const count = this.#word(COUNT);
    const found = count > 0;
    if (found !== this.#isActive) {
      this.#isActive = found;
      Atomics.add(this.#words, ACTIVE, found ? 1 : -1);
    }
    for (let left = Math.min(count, Math.max(1, count >> 2)); left > 0; left--) this.#takeOne();
    const isOver = !found && this.#word(ACTIVE) === 0;
    this.#unlock();
    if (isOver) this.#wake();
    return found;
  }

  /** Holds the lock. */
  #takeOne(): void {
    const end = this.#word(TOP) - TRAILER;
    const length = this.#area.readUInt16LE(end);
    const start = end - length;
    this.#own.push(this.#area[end + 2] ?? 0, '', this.#area.toString('latin1', start, end));
    this.#words[TOP] = start;
    Atomics.sub(this.#words, COUNT, 1);
  }
}
