/**
 * The inside of glibc's malloc: finding a chunk in the lists, at the top of the heap, or as a mapping of its own; taking
 * one back. One arena for all threads. What it asserts, in its order and words, is all that it notices of a broken heap.
 * Source: glibc 2.36, malloc/malloc.c (_int_malloc, _int_free, malloc_consolidate, sysmalloc); compared with it.
 */
import type { HeapSource } from '../heap.js';
import { Bins } from './bins.js';
import { BlockCache, CACHED_SIZES } from './cache.js';
import { ALIGN, corrupt, HeapCorruption, IS_MMAPPED, PREV_INUSE, TOP, type Chunks } from './chunks.js';
import { FreeLists } from './lists.js';

const PAGE = 4096;
const TOP_PAD = 128 << 10;
const CONSOLIDATION = 65536;

export class HeapCore {
  readonly bins: Bins;
  private readonly lists: FreeLists;
  /** What the OS has given, but for mappings of one block. */
  systemMemory = 0;
  /** Larger blocks are mappings of their own. It follows what is freed. */
  mapThreshold = 128 << 10;
  private readonly mostThreshold: number;
  /** Where the next memory goes on from the top. */
  private end = 0;
  private hasFast = false;

  constructor(
    readonly chunks: Chunks,
    readonly source: HeapSource,
    cache: () => BlockCache | undefined,
  ) {
    this.bins = new Bins(chunks);
    this.lists = new FreeLists(chunks, this.bins, cache, () => this.systemMemory);
    this.mostThreshold = chunks.wordSize === 8 ? 32 << 20 : 512 << 10;
  }

  private get top(): number {
    return this.chunks.arenaWord(TOP);
  }

  /** Where the top chunk begins and how large it is. */
  get topChunk(): { chunk: number; size: number } {
    return { chunk: this.top, size: this.top === 0 ? 0 : this.chunks.size(this.top) };
  }

  /** A block of a chunk of `size`; 0: no memory. */
  allocate(size: number): number {
    const { chunks, bins, lists } = this;
    const small = lists.fromFast(size) || (bins.isSmall(size) ? lists.fromSmall(size) : 0);
    if (small !== 0) return chunks.block(small);
    if (!bins.isSmall(size) && this.hasFast) this.consolidate();
    for (;;) {
      const found = lists.fromUnsorted(size) || lists.fromBins(size);
      if (found !== 0) return chunks.block(found);
      const { chunk, size: room } = this.topChunk;
      if (chunk !== 0) {
        if (room > this.systemMemory) corrupt('malloc(): corrupted top size');
        if (room >= size + chunks.minimum) return chunks.block(this.splitTop(size));
      }
      if (this.hasFast) this.consolidate();
      else return this.fromSystem(size);
    }
  }

  private splitTop(size: number): number {
    const { chunks, top } = this;
    const room = chunks.size(top);
    chunks.setArenaWord(TOP, top + size);
    chunks.setHead(top, size + PREV_INUSE);
    chunks.setHead(top + size, room - size + PREV_INUSE);
    return top;
  }

  private fromSystem(size: number): number {
    const { chunks, source } = this;
    if (size >= this.mapThreshold) {
      const mapped = this.map(size);
      if (mapped !== 0) return mapped;
    }
    const { chunk: old, size: room } = this.topChunk;
    if (old !== 0 && (room < chunks.minimum || !chunks.previousInUse(old) || (old + room) % PAGE !== 0)) {
      throw new HeapCorruption('sysmalloc', true);
    }
    const wanted = size + TOP_PAD + chunks.minimum;
    let bytes = Math.ceil((wanted - (this.end === old + room ? room : 0)) / PAGE) * PAGE;
    let base = source.grow(bytes);
    if (base !== undefined && base !== this.end && old !== 0 && bytes < wanted) {
      // It does not go on from the top: all of the chunk must lie in the new memory.
      source.unmap(base, bytes);
      bytes = Math.ceil(wanted / PAGE) * PAGE;
      base = source.grow(bytes);
    }
    if (base === undefined) return 0;
    this.systemMemory += bytes;
    if (base === this.end && old !== 0) chunks.setHead(old, room + bytes + PREV_INUSE);
    else this.newTop(base, bytes, old, room);
    this.end = base + bytes;
    return chunks.block(this.splitTop(size));
  }

  /** A chunk that lies below the top takes of it. `room`: of both. */
  growIntoTop(chunk: number, size: number, room: number): void {
    const { chunks } = this;
    chunks.setSize(chunk, size);
    chunks.setArenaWord(TOP, chunk + size);
    chunks.setHead(chunk + size, room - size + PREV_INUSE);
  }

  /** A stretch of memory of its own: the old top ends with two chunks that are never free. */
  private newTop(base: number, bytes: number, old: number, room: number): void {
    const { chunks } = this;
    const start = base + ((16 - ((base + chunks.header) % 16)) % 16);
    chunks.setArenaWord(TOP, start);
    chunks.setHead(start, base + bytes - start + PREV_INUSE);
    if (old === 0) return;
    const kept = Math.floor((room - 2 * chunks.header) / 16) * 16;
    chunks.setHead(old, kept + PREV_INUSE);
    chunks.setHead(old + kept, chunks.header + PREV_INUSE);
    chunks.setHead(old + kept + chunks.header, chunks.header + PREV_INUSE);
    if (kept >= chunks.minimum) this.release(old, undefined);
  }

  /** A mapping for one block. */
  private map(size: number): number {
    const { chunks } = this;
    const shift = chunks.header === ALIGN ? 0 : chunks.header;
    const bytes = Math.ceil((size + chunks.wordSize + (shift === 0 ? 0 : ALIGN - 1)) / PAGE) * PAGE;
    const base = this.source.map(bytes);
    return base === undefined ? 0 : this.mapped(base, bytes, shift);
  }

  private mapped(base: number, bytes: number, shift: number): number {
    const { chunks } = this;
    chunks.set(base + shift, shift);
    chunks.setHead(base + shift, bytes - shift + IS_MMAPPED);
    return chunks.block(base + shift);
  }

  /** Another size for a mapping: as mremap does, in place where it shrinks. 0: no memory. */
  remap(chunk: number, size: number): number {
    const { chunks, source } = this;
    const { base, bytes } = this.mappingOf(chunk, 'mremap_chunk(): invalid pointer');
    const shift = chunk - base;
    const wanted = Math.ceil((size + shift + chunks.wordSize) / PAGE) * PAGE;
    if (wanted === bytes) return chunks.block(chunk);
    const next = wanted > bytes ? source.map(wanted) : base;
    if (next === undefined) return 0;
    if (next === base) source.unmap(base + wanted, bytes - wanted);
    else {
      chunks.memory.write(next, chunks.memory.bytes(base, bytes));
      source.unmap(base, bytes);
    }
    return this.mapped(next, wanted, shift);
  }

  /** `cache`: the thread's, which is asked first; undefined: none. */
  release(chunk: number, cache: BlockCache | undefined): void {
    const { chunks } = this;
    const size = chunks.size(chunk);
    if (chunk > (size === 0 ? 0 : chunks.wrap - size) || !chunks.isAligned(chunk)) corrupt('free(): invalid pointer');
    if (size < chunks.minimum || size % 16 !== 0) corrupt('free(): invalid size');
    const index = BlockCache.index(chunks, size);
    if (cache && index < CACHED_SIZES) {
      cache.check(index, chunks.block(chunk));
      if (cache.hasRoom(index)) return cache.put(index, chunks.block(chunk));
    }
    if (size <= this.lists.mostFast) return this.releaseFast(chunk, size);
    const whole = this.merge(chunk, size);
    if (whole >= CONSOLIDATION && this.hasFast) this.consolidate();
  }

  private releaseFast(chunk: number, size: number): void {
    const { chunks } = this;
    const next = chunks.plus(chunk, size);
    if (chunks.head(next) <= chunks.header || chunks.size(next) >= this.systemMemory) corrupt('free(): invalid next size (fast)');
    const list = chunks.fastBin(this.lists.fastIndex(size));
    const first = chunks.get(list);
    if (first === chunk) corrupt('double free or corruption (fasttop)');
    chunks.set(chunks.forward(chunk), chunks.protect(chunks.forward(chunk), first));
    chunks.set(list, chunk);
    this.hasFast = true;
  }

  private merge(chunk: number, size: number): number {
    const { chunks, top } = this;
    const next = chunks.plus(chunk, size);
    if (chunk === top) corrupt('double free or corruption (top)');
    if (next >= top + chunks.size(top)) corrupt('double free or corruption (out)');
    if (!chunks.previousInUse(next)) corrupt('double free or corruption (!prev)');
    if (chunks.head(next) <= chunks.header || chunks.size(next) >= this.systemMemory) corrupt('free(): invalid next size (normal)');
    return this.joinNeighbours(chunk, size, 'corrupted size vs. prev_size while consolidating', 'free(): corrupted unsorted chunks');
  }

  /** The size of the free chunk that results. */
  private joinNeighbours(chunk: number, size: number, mismatch: string, broken: string | undefined): number {
    const { chunks, bins } = this;
    const next = chunk + size;
    const nextSize = chunks.size(next);
    if (!chunks.previousInUse(chunk)) {
      const before = chunks.previousSize(chunk);
      chunk -= before;
      size += before;
      if (chunks.size(chunk) !== before) corrupt(mismatch);
      bins.unlink(chunk);
    }
    if (next === this.top) {
      chunks.setHead(chunk, size + nextSize + PREV_INUSE);
      chunks.setArenaWord(TOP, chunk);
      return size + nextSize;
    }
    if (chunks.previousInUse(chunks.plus(next, nextSize))) chunks.setPreviousInUse(next, false);
    else {
      bins.unlink(next);
      size += nextSize;
    }
    bins.toUnsorted(chunk, size, broken);
    chunks.setHead(chunk, size + PREV_INUSE);
    chunks.setFoot(chunk, size);
    return size;
  }

  /** Joins what lies in the fast lists. */
  private consolidate(): void {
    const { chunks } = this;
    this.hasFast = false;
    chunks.changed(() => (this.hasFast = true));
    for (let index = 0; index < chunks.fastBins; index++) {
      const list = chunks.fastBin(index);
      let chunk = chunks.get(list);
      chunks.set(list, 0);
      while (chunk !== 0) {
        if (!chunks.isAligned(chunk)) corrupt('malloc_consolidate(): unaligned fastbin chunk detected');
        if (this.lists.fastIndex(chunks.size(chunk)) !== index) corrupt('malloc_consolidate(): invalid chunk size');
        const next = chunks.revealChunk(chunks.forward(chunk)) ?? 1;
        this.joinNeighbours(chunk, chunks.size(chunk), 'corrupted size vs. prev_size in fastbins', undefined);
        chunks.step();
        chunk = next;
      }
    }
  }

  /** A block that is a mapping goes back; from then on ones of its size come from the heap. */
  unmap(chunk: number): void {
    const { chunks } = this;
    const { base, bytes } = this.mappingOf(chunk, 'munmap_chunk(): invalid pointer');
    const size = chunks.size(chunk);
    if (size > this.mapThreshold && size <= this.mostThreshold) this.mapThreshold = size;
    this.source.unmap(base, bytes);
  }

  mappingOf(chunk: number, message: string): { base: number; bytes: number } {
    const { chunks } = this;
    const before = chunks.previousSize(chunk);
    const base = chunk - before < 0 ? chunk - before + chunks.wrap : chunk - before;
    const bytes = chunks.plus(before, chunks.size(chunk));
    const place = chunks.block(chunk) % PAGE;
    if (base % PAGE !== 0 || bytes % PAGE !== 0 || (place & (place - 1)) !== 0) corrupt(message);
    return { base, bytes };
  }
}
