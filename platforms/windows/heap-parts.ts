/** What a heap is made of, and what it needs. */
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import type { VirtualMemory } from './virtual-memory.js';

export interface HeapNeeds {
  readonly vm: VirtualMemory;
  /** Guest memory as the kernel sees it. */
  readonly memory: MemoryView;
  readonly wordSize: 4 | 8;
  /** The host keeps more for the guest: false where that is too much. And less. */
  take(bytes: number): boolean;
  give(bytes: number): void;
  /** A header or a list is damaged, or an address is no block's. Returns where the program is to go on. */
  corrupted(block: number): void;
}

export interface HeapSizes {
  reserve: number;
  commit: number;
  /** It takes no further segments, and no large blocks. */
  fixed: boolean;
  protect: number;
}

export interface Segment {
  readonly base: number;
  /** Where its first block's header is. */
  readonly first: number;
  readonly limit: number;
  /** Where the next header would be, beyond all blocks. */
  next: number;
  committed: number;
  /** Beyond it nothing was ever written. */
  touched: number;
}

export interface Block {
  /** Header included. */
  span: number;
  /** Undefined: it is free. */
  size: number | undefined;
}

export interface LargeBlock {
  readonly base: number;
  readonly bytes: number;
  size: number;
}
