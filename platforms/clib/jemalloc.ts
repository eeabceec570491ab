/**
 * FreeBSD's heap as releases have it, jemalloc without its assertions: size classes, slabs without headers, blocks that
 * are freed are handed out again last in, first out. A block freed twice, or a pointer into the middle of one, is not
 * noticed: it is handed out again as it is. What lies in no slab leads to a table that is not there: SIGSEGV.
 * Source: FreeBSD 14, contrib/jemalloc (sc.c, tcache_inlines.h, arena_inlines_b.h, rtree.h).
 */
import { Access } from '../../emulator/engine.js';
import { GuestFault, type MemoryView } from '../../emulator/memory/memory-view.js';
import type { HeapSource, LibraryHeap } from './heap.js';

const PAGE = 4096;
const QUANTUM = 16;
/** The smallest class, which is aligned to no more. */
const TINY = 8;
/** Four classes to each doubling. */
const GROUP = 4;
const MOST_SMALL = 14336;
const SLAB = 65536;
/** New memory comes in such pieces. */
const EXTENT = 2 << 20;
/** What the host keeps for a slab, and for a large block. */
const COST = 256;
/** Pages that one leaf of the table speaks for, and the size of an entry. */
const LEAF_PAGES = 2 ** 18;

interface SizeClass {
  readonly size: number;
  /** Freed blocks, the last one first to go. */
  readonly free: number[];
  /** What has not been handed out yet of the newest slab. */
  next: number;
  end: number;
  /** Blocks that there are: no more can be free, however often one is freed. */
  blocks: number;
}

export function classSize(size: number): number {
  if (size <= TINY) return TINY;
  if (size <= QUANTUM * GROUP * 2) return Math.ceil(size / QUANTUM) * QUANTUM;
  const step = 2 ** (Math.ceil(Math.log2(size)) - 1) / GROUP;
  return Math.ceil(size / step) * step;
}

export class Jemalloc implements LibraryHeap {
  private readonly classes = new Map<number, SizeClass>();
  /** By page: a slab's class. */
  private readonly slabs = new Map<number, SizeClass>();
  private readonly large = new Map<number, { base: number; bytes: number; size: number }>();

  private nextSlab = 0;
  private lastSlab = 0;

  constructor(
    private readonly memory: MemoryView,
    private readonly source: HeapSource,
  ) {}

  allocate(size: number, align = QUANTUM): number {
    if (!(size <= 2 ** 46)) return 0;
    // A class that is a multiple of the alignment begins its slabs so.
    let wanted = classSize(size);
    if (align > QUANTUM) wanted = classSize(Math.ceil(wanted / align) * align);
    if (wanted > MOST_SMALL || align > PAGE || (align > QUANTUM && wanted % align !== 0)) return this.allocateLarge(wanted, align);
    const found = this.classOf(wanted);
    const freed = found.free.pop();
    if (freed !== undefined) return freed;
    if (found.next + wanted > found.end && !this.addSlab(found)) return 0;
    const block = found.next;
    found.next += wanted;
    found.blocks++;
    return block;
  }

  private classOf(size: number): SizeClass {
    let found = this.classes.get(size);
    if (!found) this.classes.set(size, (found = { size, free: [], next: 0, end: 0, blocks: 0 }));
    return found;
  }

  private addSlab(to: SizeClass): boolean {
    if (this.nextSlab === this.lastSlab) {
      const extent = this.source.grow(EXTENT);
      if (extent === undefined) return false;
      this.nextSlab = extent;
      this.lastSlab = extent + EXTENT;
    }
    if (!this.source.take(COST)) return false;
    const base = this.nextSlab;
    this.nextSlab += SLAB;
    to.next = base;
    to.end = base + SLAB;
    for (let page = base; page < base + SLAB; page += PAGE) this.slabs.set(page, to);
    return true;
  }

  private allocateLarge(size: number, align: number): number {
    if (!this.source.take(COST)) return 0;
    const room = Math.ceil(size / PAGE) * PAGE;
    const bytes = align > PAGE ? room + align : room;
    const base = this.source.map(bytes);
    if (base === undefined) {
      this.source.give(COST);
      return 0;
    }
    const block = Math.ceil(base / align) * align;
    this.large.set(block, { base, bytes, size: room });
    return block;
  }

  allocateZeroed(size: number): number {
    const block = this.allocate(size);
    // Large ones are new memory, which is zero.
    if (block === 0 || this.large.has(block)) return block;
    return this.filled(block, () => this.memory.fill(block, size, 0));
  }

  private filled(block: number, fill: () => void): number {
    try {
      fill();
    } catch (error) {
      this.free(block);
      throw error;
    }
    return block;
  }

  resize(block: number, size: number): number {
    const old = this.usableSize(block);
    if (classSize(size) === old) return block;
    const kept = this.memory.bytes(block, Math.min(old, size));
    const next = this.allocate(size);
    if (next === 0) return 0;
    this.filled(next, () => this.memory.write(next, kept));
    this.free(block);
    return next;
  }

  free(block: number): void {
    if (block === 0) return;
    const slab = this.slabs.get(block - (block % PAGE));
    if (slab) {
      if (slab.free.length < slab.blocks) slab.free.push(block);
      return;
    }
    const own = this.large.get(block);
    if (!own) return this.noEntry(block);
    this.large.delete(block);
    this.source.give(COST);
    this.source.unmap(own.base, own.bytes);
  }

  usableSize(block: number): number {
    if (block === 0) return 0;
    return this.slabs.get(block - (block % PAGE))?.size ?? this.large.get(block)?.size ?? this.noEntry(block);
  }

  /** The leaf that would speak for its page is not there: the entry is read near zero. */
  private noEntry(block: number): never {
    const { wordSize } = this.memory;
    throw new GuestFault((Math.floor(block / PAGE) % LEAF_PAGES) * wordSize, Access.Read);
  }
}
