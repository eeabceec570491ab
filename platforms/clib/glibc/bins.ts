/** Which list a free chunk is in by its size, and taking one out. Source: glibc 2.36, malloc/malloc.c. */
import { ALIGN, corrupt, type Chunks } from './chunks.js';

const SMALL_BINS = 64;
export const UNSORTED = 1;

export class Bins {
  /** Small bins hold one size each, below this. */
  private readonly firstLarge: number;
  private readonly correction: number;

  constructor(private readonly chunks: Chunks) {
    this.correction = ALIGN > chunks.header ? 1 : 0;
    this.firstLarge = (SMALL_BINS - this.correction) * ALIGN;
  }

  isSmall(size: number): boolean {
    return size < this.firstLarge;
  }

  index(size: number): number {
    if (this.isSmall(size)) return Math.floor(size / ALIGN) + this.correction;
    const by = (bytes: number): number => Math.floor(size / bytes);
    if (this.chunks.wordSize === 8 ? by(64) <= 48 : by(64) <= 45) return (this.chunks.wordSize === 8 ? 48 : 49) + by(64);
    if (by(512) <= 20) return 91 + by(512);
    if (by(4096) <= 10) return 110 + by(4096);
    if (by(32768) <= 4) return 119 + by(32768);
    return by(262144) <= 2 ? 124 + by(262144) : 126;
  }

  /** Into the unsorted list; `found`: what is said where that is broken. */
  toUnsorted(chunk: number, size: number, found: string | undefined): void {
    const { chunks } = this;
    const bin = chunks.bin(UNSORTED);
    const next = chunks.get(chunks.forward(bin));
    if (found !== undefined && chunks.get(chunks.back(next)) !== bin) corrupt(found);
    chunks.set(chunks.back(chunk), bin);
    chunks.set(chunks.forward(chunk), next);
    if (!this.isSmall(size)) {
      chunks.set(chunks.forwardSize(chunk), 0);
      chunks.set(chunks.backSize(chunk), 0);
    }
    chunks.set(chunks.forward(bin), chunk);
    chunks.set(chunks.back(next), chunk);
  }

  /** Out of whichever list it is in. */
  unlink(chunk: number): void {
    const { chunks } = this;
    const size = chunks.size(chunk);
    if (size !== chunks.previousSize(chunks.plus(chunk, size))) corrupt('corrupted size vs. prev_size');
    const next = chunks.get(chunks.forward(chunk));
    const last = chunks.get(chunks.back(chunk));
    if (chunks.get(chunks.back(next)) !== chunk || chunks.get(chunks.forward(last)) !== chunk) corrupt('corrupted double-linked list');
    chunks.set(chunks.back(next), last);
    chunks.set(chunks.forward(last), next);
    if (this.isSmall(size)) return;
    const larger = chunks.get(chunks.backSize(chunk));
    const smaller = chunks.get(chunks.forwardSize(chunk));
    if (smaller === 0) return;
    if (chunks.get(chunks.backSize(smaller)) !== chunk || chunks.get(chunks.forwardSize(larger)) !== chunk)
      corrupt('corrupted double-linked list (not small)');
    if (chunks.get(chunks.forwardSize(next)) !== 0) {
      chunks.set(chunks.backSize(smaller), larger);
      chunks.set(chunks.forwardSize(larger), smaller);
    } else if (smaller === chunk) {
      chunks.set(chunks.forwardSize(next), next);
      chunks.set(chunks.backSize(next), next);
    } else {
      chunks.set(chunks.forwardSize(next), smaller);
      chunks.set(chunks.backSize(next), larger);
      chunks.set(chunks.backSize(smaller), next);
      chunks.set(chunks.forwardSize(larger), next);
    }
  }

  /** Into the list of its size, from the unsorted. */
  sort(chunk: number, size: number): void {
    const { chunks } = this;
    const bin = chunks.bin(this.index(size));
    let last = bin;
    let next = chunks.get(chunks.forward(bin));
    if (!this.isSmall(size)) {
      if (next === bin) this.linkSizes(chunk, chunk, chunk);
      else {
        const smallest = chunks.get(chunks.back(bin));
        if (size < chunks.size(smallest)) {
          const largest = next;
          next = bin;
          last = smallest;
          this.linkSizes(chunk, largest, chunks.get(chunks.backSize(largest)));
        } else {
          next = this.notLarger(next, size);
          if (chunks.size(next) === size) next = chunks.get(chunks.forward(next));
          else {
            const larger = chunks.get(chunks.backSize(next));
            if (chunks.get(chunks.forwardSize(larger)) !== next) corrupt('malloc(): largebin double linked list corrupted (nextsize)');
            this.linkSizes(chunk, next, larger);
          }
          last = chunks.get(chunks.back(next));
          if (chunks.get(chunks.forward(last)) !== next) corrupt('malloc(): largebin double linked list corrupted (bk)');
        }
      }
    }
    chunks.set(chunks.back(chunk), last);
    chunks.set(chunks.forward(chunk), next);
    chunks.set(chunks.back(next), chunk);
    chunks.set(chunks.forward(last), chunk);
  }

  private notLarger(first: number, size: number): number {
    const { chunks } = this;
    let at = first;
    while (size < chunks.size(at)) {
      at = chunks.get(chunks.forwardSize(at));
      chunks.step();
    }
    return at;
  }

  private linkSizes(chunk: number, smaller: number, larger: number): void {
    const { chunks } = this;
    chunks.set(chunks.forwardSize(chunk), smaller);
    chunks.set(chunks.backSize(chunk), larger);
    if (smaller === chunk) return;
    chunks.set(chunks.backSize(smaller), chunk);
    chunks.set(chunks.forwardSize(larger), chunk);
  }
}
