/**
 * A process heap (HeapAlloc and friends): blocks of guest memory carved from
 * segments that are reserved and committed by the modelled VirtualAlloc. The
 * book-keeping is ours; blocks keep the distance and alignment of the real heap.
 */
import { LoadError } from '../../emulator/loader/image.js';
import { Mem, Page } from './memory-constants.js';
import type { VirtualMemory } from './virtual-memory.js';

const SEGMENT = 0x100000;
const COMMIT_STEP = 0x10000;

export class Heap {
  readonly base: number;
  private readonly header: number;
  private readonly sizes = new Map<number, number>();
  private readonly free = new Map<number, number[]>();
  private readonly large: number;
  private readonly segments: number[] = [];
  private next = 0;
  private committed = 0;
  private limit = 0;

  constructor(
    private readonly vm: VirtualMemory,
    private readonly zero: (address: number, length: number) => void,
    wordSize: 4 | 8,
  ) {
    this.header = 2 * wordSize;
    this.large = wordSize === 8 ? 0xff000 : 0x7f000;
    if (!this.grow()) throw new LoadError('no memory for the process heap');
    this.base = this.segments[0];
    this.next += 0x1000;
  }

  private grow(): boolean {
    const base = this.vm.allocate(0, SEGMENT, Mem.RESERVE, Page.READWRITE);
    if (!base || !this.vm.allocate(base, COMMIT_STEP, Mem.COMMIT, Page.READWRITE)) return false;
    this.segments.push(base);
    this.next = base;
    this.committed = base + COMMIT_STEP;
    this.limit = base + SEGMENT;
    return true;
  }

  /** Bytes a block of `size` takes, header included. */
  private span(size: number): number {
    return Math.ceil((Math.max(size, 1) + this.header) / this.header) * this.header;
  }

  /** 0 if there is no memory. */
  allocate(size: number, clear = false): number {
    const span = this.span(size);
    if (span > this.large) {
      const region = this.vm.allocate(0, span, Mem.RESERVE | Mem.COMMIT, Page.READWRITE);
      if (!region) return 0;
      this.sizes.set(region + this.header, size);
      return region + this.header;
    }
    const reused = this.free.get(span)?.pop();
    const address = reused ?? this.carve(span);
    if (!address) return 0;
    this.sizes.set(address, size);
    if (clear && reused !== undefined) this.zero(address, size);
    return address;
  }

  private carve(span: number): number {
    if (this.next + span > this.limit && !this.grow()) return 0;
    const end = this.next + span;
    if (end > this.committed) {
      const step = Math.min(Math.ceil((end - this.committed) / COMMIT_STEP) * COMMIT_STEP, this.limit - this.committed);
      if (!this.vm.allocate(this.committed, step, Mem.COMMIT, Page.READWRITE)) return 0;
      this.committed += step;
    }
    const address = this.next + this.header;
    this.next = end;
    return address;
  }

  size(address: number): number | undefined {
    return this.sizes.get(address);
  }

  /** Change the recorded size in place, if the block has the room. */
  resize(address: number, size: number): boolean {
    const old = this.sizes.get(address);
    if (old === undefined || this.span(size) !== this.span(old)) return false;
    this.sizes.set(address, size);
    return true;
  }

  release(address: number): boolean {
    const size = this.sizes.get(address);
    if (size === undefined) return false;
    this.sizes.delete(address);
    const span = this.span(size);
    if (span > this.large) return this.vm.free(address - this.header, 0, Mem.RELEASE);
    const list = this.free.get(span);
    if (list) list.push(address);
    else this.free.set(span, [address]);
    return true;
  }
}
