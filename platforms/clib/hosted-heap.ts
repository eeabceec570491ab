/**
 * A heap whose bookkeeping a program can't reach: macOS', where small blocks have no headers, and for the time being
 * Windows'. What the library says of a pointer that is no block is its own.
 */
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import { Heap, type HeapSource, type LibraryHeap } from './heap.js';

export interface HostedHeapRules {
  /** A block of at least one byte is as large as this. */
  round(size: number): number;
  /** Ends the program: `block` is none. */
  refuse(block: number, doing: 'freed' | "realloc'd"): never;
  /** malloc_size and its kin, of what is no block. */
  readonly noSize: number;
}

export class HostedHeap implements LibraryHeap {
  private readonly heap: Heap;

  constructor(
    private readonly memory: MemoryView,
    source: HeapSource,
    private readonly rules: HostedHeapRules,
  ) {
    this.heap = new Heap(source);
  }

  allocate(size: number, align?: number): number {
    return this.heap.allocate(this.rules.round(Math.max(1, size)), align);
  }

  /** The guest may have taken away access to a block: then a new one is zeroed through the fault, like any store. */
  allocateZeroed(size: number): number {
    const block = this.allocate(size);
    // A large one is new memory, which is zero already: what is never touched costs nothing.
    if (block === 0 || this.heap.isFresh(block)) return block;
    return this.filled(block, () => this.memory.fill(block, size, 0));
  }

  private filled(block: number, fill: () => void): number {
    try {
      fill();
    } catch (error) {
      this.heap.free(block);
      throw error;
    }
    return block;
  }

  resize(block: number, size: number): number {
    const old = this.heap.sizeOf(block);
    if (old === undefined) return this.rules.refuse(block, "realloc'd");
    if (size <= old && size > old / 2) return block;
    const kept = this.memory.bytes(block, Math.min(old, size));
    const next = this.allocate(size);
    if (next === 0) return 0;
    this.filled(next, () => this.memory.write(next, kept));
    this.heap.free(block);
    return next;
  }

  free(block: number): void {
    if (block !== 0 && !this.heap.free(block)) this.rules.refuse(block, 'freed');
  }

  usableSize(block: number): number {
    return this.heap.sizeOf(block) ?? this.rules.noSize;
  }
}

const TINY = 1008;
const SMALL = 32 << 10;

/** Sizes of macOS' zones: nano and tiny by 16, small by 512, large by pages. Source: libmalloc, src/nano_malloc.c, magazine_zone.h. */
export function zoneSize(size: number, pageSize: number): number {
  const unit = size <= TINY ? 16 : size <= SMALL ? 512 : pageSize;
  return Math.ceil(size / unit) * unit;
}
