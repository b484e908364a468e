/** Why a walk ended before its end: the first failure met, with the path below the root. */
export interface WalkFailure {
  readonly errno: number;
  readonly relative: string;
}

/** A walk in pieces of a few milliseconds, so that whoever drives it can look at a signal in between. */
export interface Stepper {
  /** False when there is nothing more to do. */
  step(): boolean;
  /** Entries seen so far. */
  readonly entries: number;
  readonly failure: WalkFailure | undefined;
  /** It failed, or found that it is the wrong walk: other threads need not go on. */
  readonly isHalted: boolean;
  /** Closes what is open. Safe at any point. */
  end(): void;
}

/** Source of directories to look at and receiver of those found: local, or shared by threads. */
export interface Tasks {
  /** `code`: what the walk makes of the directory, 0 to 255. */
  push(code: number, parent: string, name: string): void;
  /** Takes one; false: none left here at the moment. It then stands in `code` and `path`. */
  pop(): boolean;
  readonly code: number;
  readonly path: string;
  readonly length: number;
}

/** Last in, first out. A directory is kept as its parent's path, which all its neighbours share, and its name. */
export class TaskStack implements Tasks {
  readonly #codes: number[] = [];
  readonly #parents: string[] = [];
  readonly #names: string[] = [];
  #bottom = 0;
  code = 0;
  path = '';

  get length(): number {
    return this.#names.length - this.#bottom;
  }

  push(code: number, parent: string, name: string): void {
    this.#codes.push(code);
    this.#parents.push(parent);
    this.#names.push(name);
  }

  pop(): boolean {
    if (this.length === 0) {
      this.#codes.length = this.#parents.length = this.#names.length = this.#bottom = 0;
      return false;
    }
    this.code = this.#codes.pop() ?? 0;
    this.path = joined(this.#parents.pop() ?? '', this.#names.pop() ?? '');
    return true;
  }

  /** Takes the oldest, which mostly has the largest tree below it. */
  shift(): boolean {
    if (this.length === 0) return false;
    const index = this.#bottom++;
    this.code = this.#codes[index] ?? 0;
    this.path = joined(this.#parents[index] ?? '', this.#names[index] ?? '');
    this.#parents[index] = this.#names[index] = '';
    return true;
  }
}

export function joined(parent: string, name: string): string {
  return parent === '' ? name : `${parent}/${name}`;
}
