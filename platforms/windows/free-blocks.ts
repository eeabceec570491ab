/** The free blocks of a heap by their sizes: the smallest that is large enough is found first, of equals the one that was freed first. */
export class FreeBlocks {
  private readonly bins = new Map<number, Set<number>>();
  /** Sizes of which there are free blocks, ascending. */
  private readonly sizes: number[] = [];
  private readonly ends = new Map<number, number>();

  add(block: number, size: number): void {
    this.ends.set(block + size, block);
    const bin = this.bins.get(size);
    if (bin) {
      bin.add(block);
      return;
    }
    this.bins.set(size, new Set([block]));
    this.sizes.splice(this.firstFrom(size), 0, size);
  }

  remove(block: number, size: number): void {
    this.ends.delete(block + size);
    const bin = this.bins.get(size);
    if (!bin?.delete(block) || bin.size > 0) return;
    this.bins.delete(size);
    this.sizes.splice(this.firstFrom(size), 1);
  }

  /** A block of at least `size`. */
  find(size: number): number | undefined {
    for (const block of this.bins.get(this.sizes[this.firstFrom(size)]) ?? []) return block;
    return undefined;
  }

  /** The free block in front of that one. */
  endingAt(block: number): number | undefined {
    return this.ends.get(block);
  }

  get largest(): number {
    return this.sizes.at(-1) ?? 0;
  }

  /** Index of the first size that is not smaller. */
  private firstFrom(size: number): number {
    let low = 0;
    let high = this.sizes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sizes[middle] < size) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
