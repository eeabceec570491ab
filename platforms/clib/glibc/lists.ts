/**
 * Finding a free chunk in glibc's lists: the fast ones, the bins, what has not been sorted yet.
 * Source: glibc 2.36, malloc/malloc.c (_int_malloc); compared with it.
 */
import { UNSORTED, type Bins } from './bins.js';
import { BlockCache, CACHED_SIZES } from './cache.js';
import { corrupt, LAST_REMAINDER, PREV_INUSE, type Chunks } from './chunks.js';

const ROUNDS = 10000;

export class FreeLists {
  /** Larger chunks are not put into fast lists. */
  readonly mostFast: number;

  constructor(
    private readonly chunks: Chunks,
    private readonly bins: Bins,
    private readonly cache: () => BlockCache | undefined,
    /** What the OS has given: no chunk is larger. */
    private readonly systemMemory: () => number,
  ) {
    this.mostFast = 16 * chunks.wordSize;
  }

  fastIndex(size: number): number {
    return Math.floor(size / this.chunks.header) - 2;
  }

  /** Blocks that are found on the way are cached while there is room. */
  private toCache(cache: BlockCache, index: number, chunk: number): void {
    this.chunks.changed(cache.saved(index));
    cache.put(index, this.chunks.block(chunk));
  }

  fromFast(size: number): number {
    if (size > this.mostFast) return 0;
    const { chunks } = this;
    const list = chunks.fastBin(this.fastIndex(size));
    const take = (message: string): number => {
      const chunk = chunks.get(list);
      if (chunk === 0) return 0;
      if (!chunks.isAligned(chunk)) corrupt(`malloc(): unaligned fastbin chunk detected${message}`);
      // One that is not aligned is told of when it is taken.
      chunks.set(list, chunks.revealChunk(chunks.forward(chunk)) ?? 1);
      return chunk;
    };
    const chunk = take(' 2');
    if (chunk === 0) return 0;
    if (this.fastIndex(chunks.size(chunk)) !== this.fastIndex(size)) corrupt('malloc(): memory corruption (fast)');
    const cache = this.cache();
    const index = BlockCache.index(chunks, size);
    while (cache?.hasRoom(index) && index < CACHED_SIZES) {
      const more = take(' 3');
      if (more === 0) break;
      this.toCache(cache, index, more);
    }
    return chunk;
  }

  fromSmall(size: number): number {
    const { chunks } = this;
    const bin = chunks.bin(this.bins.index(size));
    const take = (check: boolean): number => {
      const chunk = chunks.get(chunks.back(bin));
      if (chunk === bin) return 0;
      const last = chunks.get(chunks.back(chunk));
      if (check && chunks.get(chunks.forward(last)) !== chunk) corrupt('malloc(): smallbin double linked list corrupted');
      chunks.setPreviousInUse(chunks.plus(chunk, size), true);
      chunks.set(chunks.back(bin), last);
      chunks.set(chunks.forward(last), bin);
      return chunk;
    };
    const chunk = take(true);
    if (chunk === 0) return 0;
    const cache = this.cache();
    const index = BlockCache.index(chunks, size);
    while (cache?.hasRoom(index) && index < CACHED_SIZES) {
      const more = take(false);
      if (more === 0) break;
      this.toCache(cache, index, more);
    }
    return chunk;
  }

  /** Sorts what was freed, unless it fits. */
  fromUnsorted(size: number): number {
    const { chunks, bins } = this;
    const bin = chunks.bin(UNSORTED);
    const index = BlockCache.index(chunks, size);
    const cache = index < CACHED_SIZES ? this.cache() : undefined;
    let cached = false;
    for (let round = 0; round < ROUNDS; round++) {
      const chunk = chunks.get(chunks.back(bin));
      if (chunk === bin) break;
      const last = chunks.get(chunks.back(chunk));
      const room = chunks.size(chunk);
      const next = chunks.plus(chunk, room);
      this.checkUnsorted(chunk, room, next, last, bin);
      if (bins.isSmall(size) && last === bin && chunk === chunks.arenaWord(LAST_REMAINDER) && room > size + chunks.minimum)
        return this.splitRemainder(chunk, room, size, bin);
      chunks.set(chunks.back(bin), last);
      chunks.set(chunks.forward(last), bin);
      chunks.step();
      if (room === size) {
        chunks.setPreviousInUse(next, true);
        if (!cache?.hasRoom(index)) return chunk;
        this.toCache(cache, index, chunk);
        cached = true;
      } else bins.sort(chunk, room);
    }
    return cached && cache ? chunks.chunk(this.uncached(cache, index)) : 0;
  }

  private uncached(cache: BlockCache, index: number): number {
    this.chunks.changed(cache.saved(index));
    return cache.get(index);
  }

  private checkUnsorted(chunk: number, size: number, next: number, last: number, bin: number): void {
    const { chunks } = this;
    if (size <= chunks.header || size > this.systemMemory()) corrupt('malloc(): invalid size (unsorted)');
    const head = chunks.head(next);
    if (head < chunks.header || head > this.systemMemory()) corrupt('malloc(): invalid next size (unsorted)');
    const foot = chunks.previousSize(next);
    if (foot - (foot % 8) !== size) corrupt('malloc(): mismatching next->prev_size (unsorted)');
    if (chunks.get(chunks.forward(last)) !== chunk || chunks.get(chunks.forward(chunk)) !== bin)
      corrupt('malloc(): unsorted double linked list corrupted');
    if (chunks.previousInUse(next)) corrupt('malloc(): invalid next->prev_inuse (unsorted)');
  }

  /** Small requests one after the other lie side by side. */
  private splitRemainder(chunk: number, room: number, size: number, bin: number): number {
    const { chunks } = this;
    const rest = chunk + size;
    chunks.set(chunks.back(bin), rest);
    chunks.set(chunks.forward(bin), rest);
    chunks.setArenaWord(LAST_REMAINDER, rest);
    chunks.set(chunks.back(rest), bin);
    chunks.set(chunks.forward(rest), bin);
    this.finishSplit(chunk, room, size);
    return chunk;
  }

  private finishSplit(chunk: number, room: number, size: number): void {
    const { chunks } = this;
    const rest = chunk + size;
    if (!this.bins.isSmall(room - size)) {
      chunks.set(chunks.forwardSize(rest), 0);
      chunks.set(chunks.backSize(rest), 0);
    }
    chunks.setHead(chunk, size + PREV_INUSE);
    chunks.setHead(rest, room - size + PREV_INUSE);
    chunks.setFoot(rest, room - size);
  }

  /** The smallest that is large enough, in its own bin or the next that has one. */
  fromBins(size: number): number {
    const { chunks, bins } = this;
    const first = bins.index(size);
    if (!bins.isSmall(size)) {
      const bin = chunks.bin(first);
      const largest = chunks.get(chunks.forward(bin));
      if (largest !== bin && chunks.head(largest) >= size) {
        let chunk = chunks.get(chunks.backSize(largest));
        while (chunks.size(chunk) < size) {
          chunk = chunks.get(chunks.backSize(chunk));
          chunks.step();
        }
        // Not the first of its size, which the links of sizes go by.
        const next = chunks.get(chunks.forward(chunk));
        if (chunk !== chunks.get(chunks.back(bin)) && chunks.head(chunk) === chunks.head(next)) chunk = next;
        return this.cut(chunk, size, 'malloc(): corrupted unsorted chunks');
      }
    }
    const bin = chunks.filledBin(first + 1);
    return bin === undefined ? 0 : this.cut(chunks.get(chunks.back(bin)), size, 'malloc(): corrupted unsorted chunks 2');
  }

  private cut(chunk: number, size: number, found: string): number {
    const { chunks, bins } = this;
    const room = chunks.size(chunk);
    bins.unlink(chunk);
    if (room - size < chunks.minimum) chunks.setPreviousInUse(chunk + room, true);
    else {
      bins.toUnsorted(chunk + size, room - size, found);
      if (bins.isSmall(size) && found.endsWith('2')) chunks.setArenaWord(LAST_REMAINDER, chunk + size);
      this.finishSplit(chunk, room, size);
    }
    return chunk;
  }
}
