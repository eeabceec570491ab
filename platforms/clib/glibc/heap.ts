/** malloc, free and realloc of glibc, over the chunks in guest memory. Source: glibc 2.36, malloc/malloc.c; compared with it. */
import type { MemoryView } from '../../../emulator/memory/memory-view.js';
import { GuestFault } from '../../../emulator/memory/memory-view.js';
import type { HeapSource, LibraryHeap } from '../heap.js';
import { BlockCache, CACHED_SIZES } from './cache.js';
import { ALIGN, Chunks, corrupt, HeapCorruption, IS_MMAPPED, NON_MAIN_ARENA, PREV_INUSE } from './chunks.js';
import { HeapCore } from './core.js';

/** What a thread's cache takes of the heap itself: counts, and the beginnings of its lists. */
const CACHE_BYTES = { 4: 384, 8: 640 } as const;

export interface GlibcEnvironment {
  memory: MemoryView;
  source: HeapSource;
  /** Tells a freed block in a cache. */
  key: readonly [low: number, high: number];
  work(units: number): void;
  /** The calling thread; undefined: the program has none yet. */
  thread(): { readonly state: string } | undefined;
  /** Ends the program with its message. */
  fatal(message: string): never;
}

export class GlibcHeap implements LibraryHeap {
  private readonly chunks: Chunks;
  private readonly core: HeapCore;
  private readonly caches = new Map<object, { cache: BlockCache; thread: { readonly state: string }; block: number }>();
  private readonly most: number;

  constructor(private readonly environment: GlibcEnvironment) {
    this.chunks = new Chunks(environment.memory, environment.work);
    this.core = new HeapCore(this.chunks, environment.source, () => this.cache(false));
    this.most = this.chunks.wordSize === 8 ? 2 ** 63 - 1 : 2 ** 31 - 1;
  }

  allocate(size: number, align = ALIGN): number {
    return this.guarded(() => (align <= ALIGN ? this.allocateInside(size) : this.aligned(align, size)));
  }

  /** A chunk for `size` bytes; undefined: more than there can be. */
  private chunkSize(size: number): number | undefined {
    if (!(size <= this.most)) return undefined;
    return Math.max(this.chunks.minimum, Math.ceil((size + this.chunks.wordSize) / ALIGN) * ALIGN);
  }

  private allocateInside(size: number): number {
    const needed = this.chunkSize(size);
    if (needed === undefined) return 0;
    const index = BlockCache.index(this.chunks, needed);
    const cache = this.cache(true);
    if (cache && index < CACHED_SIZES && cache.has(index)) return cache.get(index);
    return this.core.allocate(needed);
  }

  allocateZeroed(size: number): number {
    return this.guarded(() => {
      const needed = this.chunkSize(size);
      if (needed === undefined) return 0;
      this.cache(true);
      const before = this.core.topChunk;
      const block = this.core.allocate(needed);
      if (block === 0) return 0;
      const chunk = this.chunks.chunk(block);
      // Mappings and what was never below the top are zero already.
      if (this.chunks.flags(chunk) & IS_MMAPPED) return block;
      const dirty = chunk === before.chunk ? Math.min(before.size, this.chunks.size(chunk)) : this.chunks.size(chunk);
      if (dirty > this.chunks.wordSize) this.zero(block, Math.min(dirty, this.chunks.size(chunk)) - this.chunks.wordSize);
      return block;
    });
  }

  private zero(block: number, bytes: number): void {
    this.environment.memory.fill(block, bytes, 0);
  }

  free(block: number): void {
    if (block !== 0) this.guarded(() => (this.freeInside(block), 0));
  }

  private freeInside(block: number): void {
    const { chunks, core } = this;
    const chunk = chunks.chunk(block);
    const flags = chunks.flags(chunk);
    if (flags & IS_MMAPPED) return core.unmap(chunk);
    const cache = this.cache(true);
    if (flags & NON_MAIN_ARENA) this.foreignArena(chunk);
    core.release(chunk, cache);
  }

  /** There is one arena here: a chunk that claims another would be found through what lies at its heap's start. */
  private foreignArena(chunk: number): void {
    const { memory } = this.environment;
    const span = this.chunks.wordSize === 8 ? 64 << 20 : 1 << 20;
    memory.word(memory.word(chunk - (chunk % span)));
  }

  resize(block: number, size: number): number {
    return this.guarded(() => this.resizeInside(block, size));
  }

  private resizeInside(block: number, size: number): number {
    const { chunks, core } = this;
    const old = chunks.chunk(block);
    const flags = chunks.flags(old);
    const oldSize = chunks.size(old);
    if (!(flags & IS_MMAPPED)) {
      this.cache(true);
      if (flags & NON_MAIN_ARENA) this.foreignArena(old);
    }
    if (old > (oldSize === 0 ? 0 : chunks.wrap - oldSize) || !chunks.isAligned(old)) corrupt('realloc(): invalid pointer');
    const needed = this.chunkSize(size);
    if (needed === undefined) return 0;
    return flags & IS_MMAPPED ? this.resizeMapping(block, needed) : this.resizeChunk(old, oldSize, needed, core);
  }

  private resizeMapping(block: number, needed: number): number {
    const { chunks, core } = this;
    const old = chunks.chunk(block);
    const next = core.remap(old, needed);
    // What can't grow may be large enough.
    return next !== 0 || chunks.size(old) - chunks.wordSize < needed ? next : block;
  }

  private copy(from: number, to: number, bytes: number): void {
    const { memory } = this.environment;
    memory.write(to, memory.bytes(from, bytes));
  }

  private resizeChunk(old: number, oldSize: number, needed: number, core: HeapCore): number {
    const { chunks } = this;
    if (chunks.head(old) <= chunks.header || oldSize >= core.systemMemory) corrupt('realloc(): invalid old size');
    const next = chunks.plus(old, oldSize);
    const nextSize = chunks.size(next);
    if (chunks.head(next) <= chunks.header || nextSize >= core.systemMemory) corrupt('realloc(): invalid next size');
    let size = oldSize;
    if (oldSize < needed) {
      const { chunk: top } = core.topChunk;
      if (next === top && oldSize + nextSize >= needed + chunks.minimum) {
        core.growIntoTop(old, needed, oldSize + nextSize);
        return chunks.block(old);
      }
      if (next === top || chunks.previousInUse(chunks.plus(next, nextSize)) || oldSize + nextSize < needed) {
        const block = core.allocate(needed);
        if (block === 0) return 0;
        if (chunks.chunk(block) !== next) {
          this.copy(chunks.block(old), block, oldSize - chunks.wordSize);
          core.release(old, this.cache(false));
          return block;
        }
        size = oldSize + chunks.size(next);
      } else {
        core.bins.unlink(next);
        size = oldSize + nextSize;
      }
    }
    this.giveBackRest(old, size, needed);
    return chunks.block(old);
  }

  private giveBackRest(chunk: number, size: number, needed: number): void {
    const { chunks, core } = this;
    const rest = chunk + needed;
    if (size - needed < chunks.minimum) {
      chunks.setSize(chunk, size);
      chunks.setPreviousInUse(chunk + size, true);
      return;
    }
    chunks.setSize(chunk, needed);
    chunks.setHead(rest, size - needed + PREV_INUSE);
    chunks.setPreviousInUse(chunk + size, true);
    core.release(rest, this.cache(false));
  }

  private aligned(wanted: number, size: number): number {
    const { chunks, core } = this;
    const align = Math.max(wanted, chunks.minimum);
    const needed = this.chunkSize(size);
    if (needed === undefined || this.chunkSize(needed + align + chunks.minimum) === undefined) return 0;
    this.cache(true);
    const block = core.allocate(Math.ceil((needed + align + chunks.minimum + chunks.wordSize) / ALIGN) * ALIGN);
    if (block === 0) return 0;
    let chunk = chunks.chunk(block);
    if (block % align !== 0) {
      let place = chunks.chunk(Math.ceil(block / align) * align);
      if (place - chunk < chunks.minimum) place += align;
      const lead = place - chunk;
      const rest = chunks.size(chunk) - lead;
      if (chunks.flags(chunk) & IS_MMAPPED) {
        chunks.set(place, chunks.previousSize(chunk) + lead);
        chunks.setHead(place, rest + IS_MMAPPED);
        return chunks.block(place);
      }
      chunks.setHead(place, rest + PREV_INUSE);
      chunks.setPreviousInUse(place + rest, true);
      chunks.setSize(chunk, lead);
      core.release(chunk, this.cache(false));
      chunk = place;
    }
    const room = chunks.size(chunk);
    if (!(chunks.flags(chunk) & IS_MMAPPED) && room > needed + chunks.minimum) {
      chunks.setHead(chunk + needed, room - needed + PREV_INUSE);
      chunks.setSize(chunk, needed);
      core.release(chunk + needed, this.cache(false));
    }
    return chunks.block(chunk);
  }

  /** malloc_usable_size: what the chunk says. */
  usableSize(block: number): number {
    if (block === 0) return 0;
    const { chunks } = this;
    const chunk = chunks.chunk(block);
    const size = chunks.size(chunk);
    if (chunks.flags(chunk) & IS_MMAPPED) return size - chunks.header;
    return chunks.previousInUse(chunks.plus(chunk, size)) ? size - chunks.wordSize : 0;
  }

  /** The calling thread's; made where it has none and `make` says so. */
  private cache(make: boolean): BlockCache | undefined {
    const thread = this.environment.thread();
    if (!thread) return undefined;
    const known = this.caches.get(thread);
    if (known) return known.cache;
    if (!make) return undefined;
    this.endCaches();
    const block = this.core.allocate(this.chunkSize(CACHE_BYTES[this.chunks.wordSize]) ?? 0);
    if (block === 0) return undefined;
    this.zero(block, CACHE_BYTES[this.chunks.wordSize]);
    const cache = new BlockCache(this.chunks, this.environment.key);
    this.caches.set(thread, { cache, thread, block });
    this.chunks.settle();
    return cache;
  }

  /** A thread's last act is to give back what it has cached. */
  private endCaches(): void {
    for (const [key, { cache, thread, block }] of this.caches) {
      if (thread.state !== 'ended') continue;
      this.caches.delete(key);
      for (const each of cache.drain()) this.core.release(this.chunks.chunk(each), undefined);
      this.core.release(this.chunks.chunk(block), undefined);
    }
  }

  /** All of it or, where the guest's memory faults, nothing: it is done again then. */
  private guarded(action: () => number): number {
    const { chunks, environment } = this;
    try {
      const result = action();
      chunks.settle();
      return result;
    } catch (error) {
      if (error instanceof GuestFault) chunks.takeBack();
      else chunks.settle();
      if (!(error instanceof HeapCorruption)) throw error;
      return environment.fatal(
        error.asserted ? `Fatal glibc error: malloc assertion failure in ${error.message}: ${TOP_ASSERTION}` : error.message,
      );
    }
  }
}

const TOP_ASSERTION =
  '(old_top == initial_top (av) && old_size == 0) || ((unsigned long) (old_size) >= MINSIZE && prev_inuse (old_top) && ((unsigned long) old_end & (pagesize - 1)) == 0)';
