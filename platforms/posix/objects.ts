/**
 * Where a pthread object's state lies. On Linux and macOS in the bytes that the
 * program declares; on FreeBSD those hold a pointer (null: statically initialised)
 * to an object that the library allocates on first use.
 */
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import type { ObjectTraits } from './traits.js';

/** Allocates small zeroed objects in guest memory for the library itself. */
export class LibraryHeap {
  private readonly free: number[] = [];
  private next = 0;
  private limit = 0;

  constructor(
    private readonly memory: MemoryView,
    /** Get zeroed pages, by the OS's own call; undefined: none left. */
    private readonly grow: (bytes: number) => number | undefined,
    /** Bytes of each object. */
    private readonly size = 128,
    private readonly step = 16384,
  ) {}

  allocate(): number | undefined {
    const reused = this.free.pop();
    if (reused !== undefined) {
      this.memory.fill(reused, this.size, 0);
      return reused;
    }
    if (this.next === this.limit) {
      const more = this.grow(this.step);
      if (more === undefined) return undefined;
      this.next = more;
      this.limit = more + this.step;
    }
    this.next += this.size;
    return this.next - this.size;
  }

  release(address: number): void {
    this.free.push(address);
  }
}

export class ObjectPlaces {
  constructor(
    private readonly memory: MemoryView,
    private readonly heap: LibraryHeap,
  ) {}

  /** Address of the state of the object declared at `address`; 0: no memory for it. */
  state(traits: ObjectTraits, address: number): number {
    if (!traits.indirect) {
      // Touch it with the program's permissions before anything is done.
      this.memory.setU32(address, this.memory.u32(address));
      return address;
    }
    const pointer = this.memory.word(address);
    // 0: static initializer; 1: adaptive mutex static initializer; 2: destroyed.
    return pointer > 2 ? pointer : this.fresh(traits, address);
  }

  /** Initialise: zeroed state for the object declared at `address`. */
  fresh(traits: ObjectTraits, address: number): number {
    if (!traits.indirect) {
      this.memory.fill(address, traits.size, 0);
      return address;
    }
    this.memory.setWord(address, this.memory.word(address));
    const state = this.heap.allocate();
    if (state === undefined) return 0;
    this.memory.setWord(address, state);
    return state;
  }

  destroy(traits: ObjectTraits, address: number): void {
    if (!traits.indirect) {
      this.memory.setU32(address, this.memory.u32(address));
      return;
    }
    const pointer = this.memory.word(address);
    this.memory.setWord(address, 0);
    if (pointer > 2) this.heap.release(pointer);
  }
}
