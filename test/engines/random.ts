/** A seeded source of choices (mulberry32): the same seed makes the same store. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to 1, 1 left out. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from `low` to `high`, both in. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.next() * items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  }

  /** Picks a key by weight. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries<number>(weights) as [K, number][];
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    return this.pick(entries)[0];
  }

  bytes(length: number): Buffer {
    const made = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; at++) made[at] = Math.floor(this.next() * 256);
    return made;
  }

  word(length: number = this.between(2, 9)): string {
    let made = '';
    for (let at = 0; at < length; at++) made += 'abcdefghijklmnopqrstuvwxyz0123456789'[this.between(0, 35)];
    return made;
  }

  /** A length as files have them: mostly small, some empty, a few of some 100 kB. */
  fileLength(): number {
    return this.weighted({ none: 1, tiny: 6, small: 5, large: 1 }) === 'none'
      ? 0
      : Math.floor(Math.exp(this.next() * this.pick([3, 6, 9, 9, 12])));
  }

  /** One part of a path, as bytes (latin1): now and then with what names on Linux may hold. */
  name(): string {
    const plain = this.word();
    if (this.chance(0.85)) return plain;
    return this.pick([
      `${plain} with space`,
      `${plain}\xff\xfe`,
      `${plain}\n${this.word(2)}`,
      `${plain}\x1b[31m`,
      `${plain}\t'"\\$`,
      `-${plain}`,
      `.${plain}`,
      `${plain}\xc3\xa9\xe2\x82\xac`,
      `${plain}${'n'.repeat(240)}`,
      `${plain}:l,=%41`,
      `.wh${plain}`,
      `${plain}.opq`,
    ]);
  }
}
