/**
 * A heap (HeapCreate's, or the process's): blocks of guest memory carved from segments that are reserved and committed by
 * the modelled VirtualAlloc. The book-keeping is ours, so that no guest can mislead it; the headers before the blocks are
 * there, and so are the distances, the alignment and the limits of the real heap.
 */
import type { Thread } from '../../emulator/process/thread.js';
import { FreeBlocks } from './free-blocks.js';
import { HeapHeaders } from './heap-headers.js';
import type { Block, HeapNeeds, HeapSizes, LargeBlock, Segment } from './heap-parts.js';
import { Mem, PAGE_SIZE } from './memory-constants.js';

const SEGMENT = 0x100000;
const COMMIT_STEP = 0x10000;
/** At the end of a segment, never committed. */
const LAST_PAGE = 0x1000;
/** What the host keeps for a block. */
const BLOCK_COST = 128;

interface Found {
  block: number;
  span: number;
  /** It was never written. */
  fresh: boolean;
}

export class Heap {
  readonly base: number;
  readonly header: number;
  readonly segments: Segment[] = [];
  readonly blocks = new Map<number, Block>();
  readonly large = new Map<number, LargeBlock>();
  /** HeapLock's. */
  owner: Thread | undefined;
  lockCount = 0;
  /** HeapCompatibilityInformation. Blocks are placed alike. */
  lowFragmentation = false;
  private readonly free = new FreeBlocks();
  private readonly headers: HeapHeaders;
  /** Blocks whose span is larger are memory of their own. */
  private readonly threshold: number;
  /** Bytes of the structure that a heap begins with. */
  private readonly own: number;

  constructor(
    private readonly os: HeapNeeds,
    readonly sizes: HeapSizes,
    /** HEAP_NO_SERIALIZE, HEAP_GENERATE_EXCEPTIONS. */
    readonly flags = 0,
  ) {
    this.header = 2 * os.wordSize;
    this.threshold = os.wordSize === 8 ? 0xff000 : 0x7f000;
    this.own = os.wordSize === 8 ? 0x740 : 0x4a0;
    this.base = this.grow(sizes.reserve, sizes.commit) ? this.segments[0].base : 0;
    this.headers = new HeapHeaders(os.memory, os.wordSize, this.base);
  }

  private grow(reserve: number, commit: number): boolean {
    const { vm } = this.os;
    const base = vm.allocate(0, reserve, Mem.RESERVE, this.sizes.protect);
    if (!base) return false;
    const committed = Math.min(commit, reserve);
    if (!vm.allocate(base, committed, Mem.COMMIT, this.sizes.protect)) {
      vm.free(base, 0, Mem.RELEASE);
      return false;
    }
    const first = base + (this.segments.length === 0 ? this.own : 0x40);
    const limit = this.sizes.fixed ? base + reserve : base + reserve - LAST_PAGE;
    this.segments.push({ base, first, limit, next: first, committed: base + committed, touched: first });
    return true;
  }

  /** Bytes a block of `size` takes, header included. */
  private span(size: number): number {
    return Math.max(2, Math.ceil((size + this.header) / this.header)) * this.header;
  }

  /** 0 if there is no memory. */
  allocate(size: number, clear = false): number {
    if (!(size <= 2 ** 46) || !this.os.take(BLOCK_COST)) return 0;
    const span = this.span(size);
    const block = span > this.threshold ? this.allocateLarge(size) : this.allocateBlock(span, size, clear);
    if (block === 0) this.os.give(BLOCK_COST);
    return block;
  }

  private allocateLarge(size: number): number {
    if (this.sizes.fixed) return 0;
    const before = 4 * this.header;
    const base = this.os.vm.allocate(0, size + before, Mem.RESERVE | Mem.COMMIT, this.sizes.protect);
    if (!base) return 0;
    const bytes = Math.ceil((size + before) / PAGE_SIZE) * PAGE_SIZE;
    this.large.set(base + before, { base, bytes, size });
    return base + before;
  }

  private allocateBlock(span: number, size: number, clear: boolean): number {
    const reused = this.free.find(span);
    const found = reused === undefined ? this.carve(span) : this.reuse(reused, span);
    if (!found) return 0;
    const { block } = found;
    this.blocks.set(block, { span: found.span, size });
    this.headers.write(block, found.span, size);
    if (clear && !found.fresh) this.os.memory.fill(block, size, 0);
    return block;
  }

  /** What is left of `whole` may be too little to be a block: then it stays with this one. */
  private part(whole: number, span: number): number {
    return whole - span < 2 * this.header ? whole : span;
  }

  private reuse(block: number, wanted: number): Found | undefined {
    const whole = this.blocks.get(block)?.span ?? 0;
    if (!this.checkFree(block, whole)) return undefined;
    const span = this.part(whole, wanted);
    this.free.remove(block, whole);
    this.setFree(block + span, whole - span);
    return { block, span, fresh: false };
  }

  private checkFree(block: number, span: number): boolean {
    if (this.headers.intact(block, span, undefined)) return true;
    this.os.corrupted(block);
    return false;
  }

  private carve(span: number): Found | undefined {
    const block = this.carveFrom(this.segments.at(-1), span);
    if (block || this.sizes.fixed || !this.grow(SEGMENT, COMMIT_STEP)) return block;
    return this.carveFrom(this.segments.at(-1), span);
  }

  private carveFrom(segment: Segment | undefined, span: number): Found | undefined {
    if (!segment) return undefined;
    // A segment's committed part ends with a header.
    const end = segment.next + span + this.header;
    if (end > segment.limit) return undefined;
    if (end > segment.committed) {
      const step = Math.min(Math.ceil((end - segment.committed) / COMMIT_STEP) * COMMIT_STEP, segment.limit - segment.committed);
      if (!this.os.vm.allocate(segment.committed, step, Mem.COMMIT, this.sizes.protect)) return undefined;
      segment.committed += step;
    }
    const block = segment.next + this.header;
    const fresh = segment.next >= segment.touched;
    segment.next += span;
    segment.touched = Math.max(segment.touched, segment.next);
    return { block, span, fresh };
  }

  /** [block, +span) becomes a free block, merged with what is free behind it. */
  private setFree(block: number, span: number): void {
    if (span === 0) return;
    const after = this.blocks.get(block + span);
    if (after && after.size === undefined) {
      this.free.remove(block + span, after.span);
      this.blocks.delete(block + span);
      span += after.span;
    }
    const segment = this.segmentOf(block);
    if (segment?.next === block - this.header + span) {
      segment.next = block - this.header;
      this.blocks.delete(block);
      return;
    }
    this.blocks.set(block, { span, size: undefined });
    this.free.add(block, span);
    this.headers.write(block, span, undefined);
  }

  segmentOf(block: number): Segment | undefined {
    return this.segments.find(({ base, committed }) => block >= base && block < committed);
  }

  /** Size of a block in use. */
  size(block: number): number | undefined {
    return this.blocks.get(block)?.size ?? this.large.get(block)?.size;
  }

  /** Is it a block in use, whose header and whose neighbour's are as they were left? */
  intact(block: number): boolean {
    const found = this.blocks.get(block);
    if (found?.size === undefined) return this.large.has(block);
    const after = this.blocks.get(block + found.span);
    return (
      this.headers.intact(block, found.span, found.size) && (!after || this.headers.intact(block + found.span, after.span, after.size))
    );
  }

  /** Is everything as it was left? `onBlock`: told of each that is looked at. */
  valid(onBlock: () => void): boolean {
    for (const [block, { span, size }] of this.blocks) {
      onBlock();
      if (!this.headers.intact(block, span, size)) return false;
    }
    return true;
  }

  /** False: it is no block in use, or it is damaged (which is reported). */
  release(block: number): boolean {
    if (!this.intact(block)) {
      this.os.corrupted(block);
      return false;
    }
    const large = this.large.get(block);
    if (large) {
      this.large.delete(block);
      this.os.give(BLOCK_COST);
      return this.os.vm.free(large.base, 0, Mem.RELEASE);
    }
    const span = this.blocks.get(block)?.span ?? 0;
    const before = this.free.endingAt(block);
    if (before === undefined) this.setFree(block, span);
    else if (this.checkFree(before, block - before)) {
      this.free.remove(before, block - before);
      this.blocks.delete(block);
      this.setFree(before, block - before + span);
    } else return false;
    this.os.give(BLOCK_COST);
    return true;
  }

  /** Change a block's size where it is. False: there is no room for that. */
  resize(block: number, size: number): boolean {
    const large = this.large.get(block);
    if (large) {
      if (block - large.base + size > large.bytes) return false;
      large.size = size;
      return true;
    }
    const found = this.blocks.get(block);
    const wanted = this.span(size);
    if (!found || wanted > this.threshold) return false;
    let whole = found.span;
    const after = this.blocks.get(block + whole);
    if (wanted > whole) {
      if (!after || after.size !== undefined || wanted > whole + after.span) return false;
      this.free.remove(block + whole, after.span);
      this.blocks.delete(block + whole);
      whole += after.span;
    }
    const span = this.part(whole, wanted);
    this.blocks.set(block, { span, size });
    this.headers.write(block, span, size);
    this.setFree(block + span, whole - span);
    return true;
  }

  get largestFree(): number {
    const { next, committed } = this.segments[this.segments.length - 1];
    return Math.max(this.free.largest - this.header, committed - next - 2 * this.header, 0);
  }

  /** HeapDestroy. */
  destroy(): void {
    const { vm } = this.os;
    for (const { base } of this.large.values()) vm.free(base, 0, Mem.RELEASE);
    for (const { base } of this.segments) vm.free(base, 0, Mem.RELEASE);
    for (const { size } of [...this.blocks.values(), ...this.large.values()]) if (size !== undefined) this.os.give(BLOCK_COST);
  }
}
