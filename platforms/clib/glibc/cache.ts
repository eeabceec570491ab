/**
 * Each thread's cache of small blocks: up to seven of each size, linked by their own first word, with a key in the
 * second that tells a block which is freed twice. Source: glibc 2.36, malloc/malloc.c (tcache).
 */
import { ALIGN, corrupt, type Chunks } from './chunks.js';

export const CACHED_SIZES = 64;
export const CACHED_BLOCKS = 7;

export class BlockCache {
  private readonly counts = new Uint8Array(CACHED_SIZES);
  private readonly first = new Float64Array(CACHED_SIZES);

  constructor(
    private readonly chunks: Chunks,
    /** The bits of a word that no program has by chance. */
    private readonly key: readonly [low: number, high: number],
  ) {}

  /** The list for chunks of a size; CACHED_SIZES or more: it has none. */
  static index(chunks: Chunks, size: number): number {
    return Math.floor((size - chunks.minimum + ALIGN - 1) / ALIGN);
  }

  has(index: number): boolean {
    return this.counts[index] > 0;
  }

  hasRoom(index: number): boolean {
    return this.counts[index] < CACHED_BLOCKS;
  }

  put(index: number, block: number): void {
    const { chunks, key } = this;
    const { memory, wordSize } = chunks;
    // The first store may fault: nothing has changed then.
    memory.setWord(block, chunks.protect(block, this.first[index]));
    memory.setU32(block + wordSize, key[0]);
    if (wordSize === 8) memory.setU32(block + 12, key[1]);
    this.first[index] = block;
    this.counts[index]++;
  }

  get(index: number): number {
    const { chunks } = this;
    const block = this.first[index];
    if (block % ALIGN !== 0) corrupt('malloc(): unaligned tcache chunk detected');
    const next = chunks.reveal(block);
    chunks.memory.setWord(block + chunks.wordSize, 0);
    // An unaligned one is told of when it is taken: the least address that is none will do.
    this.first[index] = next ?? 1;
    this.counts[index]--;
    return block;
  }

  /** What of a free would be the second. */
  check(index: number, block: number): void {
    const { chunks, key } = this;
    const { memory, wordSize } = chunks;
    if (memory.u32(block + wordSize) !== key[0] || (wordSize === 8 && memory.u32(block + 12) !== key[1])) return;
    let at: number | undefined = this.first[index];
    for (let seen = 0; at !== 0; at = chunks.reveal(at), seen++) {
      if (seen >= CACHED_BLOCKS) corrupt('free(): too many chunks detected in tcache');
      if (at === undefined || at % ALIGN !== 0) corrupt('free(): unaligned chunk detected in tcache 2');
      if (at === block) corrupt('free(): double free detected in tcache 2');
    }
  }

  /** At the end of a thread: each block that is in it. */
  *drain(): Generator<number> {
    for (let index = 0; index < CACHED_SIZES; index++) {
      while (this.first[index] !== 0) {
        const block = this.first[index];
        const next = this.chunks.reveal(block);
        if (block % ALIGN !== 0 || next === undefined) corrupt('tcache_thread_shutdown(): unaligned tcache chunk detected');
        this.first[index] = next;
        this.counts[index] = 0;
        yield block;
      }
    }
  }

  /** For Chunks.changed: this list as it is now. */
  saved(index: number): () => void {
    const [count, first] = [this.counts[index], this.first[index]];
    return () => {
      this.counts[index] = count;
      this.first[index] = first;
    };
  }
}
