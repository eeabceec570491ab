/**
 * The C library's heap: blocks aligned to 16 bytes out of memory from the OS, best fit by
 * size and then by address, neighbours merged. Bookkeeping is the host's, so that a guest which
 * writes past a block cannot break it, and every run places blocks alike.
 */
import { present } from '../../emulator/present.js';
const ALIGN = 16;
const GROW = 1 << 20;
/** What the host keeps for a block, in bytes. */
const BLOCK_COST = 256;
/** Larger blocks are memory of their own, which a mapping gives zeroed and an unmapping takes back (M_MMAP_THRESHOLD). */
const LARGE = 1 << 17;
/** A multiple of every OS's page size. */
const PAGE = 16384;

/** Where the heap's memory comes from. */
export interface HeapSource {
  /** New zeroed memory; undefined: there is none. */
  grow(bytes: number): number | undefined;
  /** Zeroed memory of its own for a large block, and back. */
  map(bytes: number): number | undefined;
  unmap(address: number, bytes: number): void;
  /** The host keeps more for the guest: false where that is too much. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** The heap as malloc and its kin see it: each library's own. */
export interface LibraryHeap {
  /** A new block; 0: no memory. */
  allocate(size: number, align?: number): number;
  allocateZeroed(size: number): number;
  /** Another size for a block, which may move; 0: no memory, and the block stays. */
  resize(block: number, size: number): number;
  /** What no block begins at ends as the library ends it. */
  free(block: number): void;
  /** What the program may use of a block. */
  usableSize(block: number): number;
}

export class Heap {
  /** Size of each allocated block. */
  private readonly allocated = new Map<number, number>();
  /** Memory of the large blocks: where it begins, and its size. */
  private readonly large = new Map<number, { base: number; bytes: number }>();
  /** Free blocks: size by start, start by end, and per size the starts in use order. */
  private readonly freeSize = new Map<number, number>();
  private readonly freeEnd = new Map<number, number>();
  private readonly bins = new Map<number, Set<number>>();
  /** Sizes with free blocks, ascending. */
  private sizes: number[] = [];

  constructor(private readonly source: HeapSource) {}

  /** Address of a new block, 0 where memory is out. */
  allocate(size: number, align = ALIGN): number {
    if (!(size <= 2 ** 46) || !this.source.take(BLOCK_COST)) return 0;
    const block = this.place(size, align);
    if (block === 0) this.source.give(BLOCK_COST);
    return block;
  }

  private place(size: number, align: number): number {
    const needed = Math.max(ALIGN, Math.ceil(size / ALIGN) * ALIGN);
    if (needed >= LARGE) return this.placeLarge(needed, align);
    let found = this.find(needed, align);
    if (found === undefined) {
      const bytes = Math.ceil((needed + align) / GROW) * GROW;
      const base = this.source.grow(bytes);
      if (base === undefined) return 0;
      this.release(base, bytes);
      found = this.find(needed, align);
      if (found === undefined) return 0;
    }
    const block = found;
    const whole = present(this.freeSize.get(block), 'a free block');
    const start = Math.ceil(block / align) * align;
    this.unlink(block, whole);
    if (start > block) this.link(block, start - block);
    if (block + whole > start + needed) this.link(start + needed, block + whole - start - needed);
    this.allocated.set(start, needed);
    return start;
  }

  /** As malloc does, a header's room behind the beginning of the memory. */
  private placeLarge(needed: number, align: number): number {
    const bytes = Math.ceil((needed + Math.max(ALIGN, align)) / PAGE) * PAGE;
    const base = this.source.map(bytes);
    if (base === undefined) return 0;
    const block = Math.ceil((base + ALIGN) / align) * align;
    this.large.set(block, { base, bytes });
    this.allocated.set(block, needed);
    return block;
  }

  /** Has the block never been written to? */
  isFresh(address: number): boolean {
    return this.large.has(address);
  }

  /** False: no block begins there. */
  free(address: number): boolean {
    const size = this.allocated.get(address);
    if (size === undefined) return false;
    this.allocated.delete(address);
    this.source.give(BLOCK_COST);
    const own = this.large.get(address);
    if (own) {
      this.large.delete(address);
      this.source.unmap(own.base, own.bytes);
    } else this.release(address, size);
    return true;
  }

  sizeOf(address: number): number | undefined {
    return this.allocated.get(address);
  }

  private find(needed: number, align: number): number | undefined {
    for (let i = this.lowerBound(needed); i < this.sizes.length; i++) {
      for (const start of present(this.bins.get(this.sizes[i]), 'a bin')) {
        if (Math.ceil(start / align) * align + needed <= start + this.sizes[i]) return start;
      }
    }
    return undefined;
  }

  private release(address: number, size: number): void {
    const after = this.freeSize.get(address + size);
    if (after !== undefined) {
      this.unlink(address + size, after);
      size += after;
    }
    const before = this.freeEnd.get(address);
    if (before !== undefined) {
      const length = address - before;
      this.unlink(before, length);
      address = before;
      size += length;
    }
    this.link(address, size);
  }

  private link(start: number, size: number): void {
    this.freeSize.set(start, size);
    this.freeEnd.set(start + size, start);
    let bin = this.bins.get(size);
    if (!bin) {
      this.bins.set(size, (bin = new Set()));
      this.sizes.splice(this.lowerBound(size), 0, size);
    }
    bin.add(start);
  }

  private unlink(start: number, size: number): void {
    this.freeSize.delete(start);
    this.freeEnd.delete(start + size);
    const bin = present(this.bins.get(size), 'a bin');
    bin.delete(start);
    if (bin.size === 0) {
      this.bins.delete(size);
      this.sizes.splice(this.lowerBound(size), 1);
    }
  }

  private lowerBound(size: number): number {
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
