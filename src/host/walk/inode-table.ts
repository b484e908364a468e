const FIRST_CAPACITY = 1024;

/** A set of 64-bit inode numbers, given as two halves: open addressing, 8 bytes a slot. Number 0 is kept apart, it marks a free slot. */
export class InodeTable {
  #low = new Uint32Array(FIRST_CAPACITY);
  #high = new Uint32Array(FIRST_CAPACITY);
  #count = 0;
  #zero = false;

  /** False when the number was there already. */
  add(low: number, high: number): boolean {
    if (low === 0 && high === 0) {
      const fresh = !this.#zero;
      this.#zero = true;
      return fresh;
    }
    const slot = this.#slotOf(low, high);
    if ((this.#low[slot] ?? 0) !== 0 || (this.#high[slot] ?? 0) !== 0) return false;
    this.#low[slot] = low;
    this.#high[slot] = high;
    this.#count++;
    if (this.#count * 2 > this.#low.length) this.#grow();
    return true;
  }

  /** Where the number is, or the free slot where it belongs. */
  #slotOf(low: number, high: number): number {
    const mask = this.#low.length - 1;
    const mixed = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    for (;;) {
      const l = this.#low[slot] ?? 0;
      const h = this.#high[slot] ?? 0;
      if ((l === low && h === high) || (l === 0 && h === 0)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const [low, high] = [this.#low, this.#high];
    this.#low = new Uint32Array(low.length * 2);
    this.#high = new Uint32Array(low.length * 2);
    for (const [index, l] of low.entries()) {
      const h = high[index] ?? 0;
      if (l === 0 && h === 0) continue;
      const slot = this.#slotOf(l, h);
      this.#low[slot] = l;
      this.#high[slot] = h;
    }
  }
}
