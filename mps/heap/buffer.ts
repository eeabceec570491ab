/**
 * Buffers, which stand behind allocation points. The allocation point itself (init, alloc,
 * limit) is in guest memory and guest code works on it inline; the rest of the buffer is
 * here. A flip sets limit to 0, by which the next commit and reserve come to the manager.
 */
import { BufferWord } from '../plinth/descriptors.js';
import { Rank, Res } from '../plinth/res.js';
import type { GCSeg, SegBuffer } from './segment.js';
import type { HeapArena } from './heap-arena.js';
import type { TracedPool } from '../trace/traced.js';

export interface BufferArgs {
  rank?: Rank;
  hashArrays?: boolean;
  /** Guest address of the allocation point; by default within the buffer's own block. */
  ap?: number;
}

/** A pool as its buffers see it. */
export interface BufferPool extends TracedPool {
  readonly arena: HeapArena;
  readonly align: number;
  readonly poolClass: { readonly name: string };
  readonly buffers: Set<Buffer>;
  /** Find [base, limit) for a request of `size` and say so with buffer.offer. */
  bufferFill(buffer: Buffer, size: number): Res;
  /** Take back the unused part [init, limit) of a buffer that is being detached. */
  bufferEmpty(buffer: Buffer): void;
  rampBegin(buffer: Buffer): void;
  rampEnd(buffer: Buffer): void;
  /** Frame, or -Res. */
  framePush(buffer: Buffer): number;
  framePop(buffer: Buffer, frame: number): Res;
}

export class Buffer implements SegBuffer {
  /** Size of a buffer's block in the control pool; the allocation point is within it. */
  static readonly blockWords = 24;

  /** Guest address of init, alloc, limit. */
  readonly ap: number;
  base = 0;
  poolLimit = 0;
  /** `init` at the last flip, while trapped by it. */
  initAtFlip = 0;
  attached = false;
  flipped = false;
  rampCount = 0;
  /** Set of the ranks of references in objects that it allocates; empty for leaf pools. */
  rankSet = 0;
  private seg_: GCSeg | undefined;
  private offeredBase = 0;
  private offeredLimit = 0;
  private readonly word: number;

  constructor(
    readonly pool: BufferPool,
    readonly address: number,
    args: BufferArgs,
    hasRefs: boolean,
    readonly isMutator = true,
  ) {
    this.word = pool.arena.wordSize;
    this.ap = args.ap ?? address + BufferWord.ap * this.word;
    if (hasRefs) this.rankSet = 1 << (args.rank ?? Rank.EXACT);
    this.init = this.alloc = this.limit = 0;
    this.seg = undefined;
  }

  /** The segment it allocates in, for pools with segments. */
  get seg(): GCSeg | undefined {
    return this.seg_;
  }
  set seg(seg: GCSeg | undefined) {
    this.seg_ = seg;
    this.pool.arena.memory.setWord(this.address + BufferWord.seg * this.word, seg?.block ?? 0);
  }

  get init(): number {
    return this.pool.arena.memory.word(this.ap);
  }
  set init(value: number) {
    this.pool.arena.memory.setWord(this.ap, value);
  }
  get alloc(): number {
    return this.pool.arena.memory.word(this.ap + this.word);
  }
  set alloc(value: number) {
    this.pool.arena.memory.setWord(this.ap + this.word, value);
  }
  get limit(): number {
    return this.pool.arena.memory.word(this.ap + 2 * this.word);
  }
  set limit(value: number) {
    this.pool.arena.memory.setWord(this.ap + 2 * this.word, value);
  }

  get scanLimit(): number {
    return this.flipped ? this.initAtFlip : this.init;
  }

  /** What a pool's bufferFill found. */
  offer(base: number, limit: number, seg?: GCSeg): void {
    this.offeredBase = base;
    this.offeredLimit = limit;
    this.seg = seg;
  }

  private attach(size: number): void {
    const { arena } = this.pool;
    const { offeredBase: base, offeredLimit: limit } = this;
    if (this.seg) this.seg.buffer = this;
    this.base = base;
    this.poolLimit = limit;
    this.attached = true;
    this.init = base;
    this.alloc = base + size;
    this.limit = limit;
    if (this.isMutator) arena.collector.noteAlloc(limit - base);
    const { events } = arena.port;
    if (this.isMutator && events.on) {
      events.emit('ap-fill', { ap: this.ap, base, limit, size, pool: this.pool.poolClass.name });
    }
  }

  /** Return what is left to the pool. The allocation point is then reset: all zero. */
  detach(): void {
    if (!this.attached) return;
    this.pool.arena.plinth.aver(this.init === this.alloc, 'BufferDetach', 'BufferIsReady(buffer)');
    this.pool.bufferEmpty(this);
    if (this.seg) this.seg.buffer = undefined;
    this.seg = undefined;
    this.attached = this.flipped = false;
    this.base = this.poolLimit = this.initAtFlip = 0;
    this.init = this.alloc = this.limit = 0;
  }

  flip(): void {
    if (this.rankSet === 0 || this.flipped || !this.attached) return;
    this.initAtFlip = this.init;
    this.limit = 0;
    this.flipped = true;
  }

  private unflip(): void {
    this.flipped = false;
    this.initAtFlip = 0;
    this.limit = this.poolLimit;
  }

  /** Reserve out of line: untrap, and get more memory if what is left doesn't do. Address, or -Res. */
  fillInside(size: number): number {
    if (this.attached && this.limit === 0) {
      if (this.flipped) this.unflip();
      const init = this.init;
      if (init + size <= this.poolLimit) {
        this.alloc = init + size;
        return init;
      }
    }
    this.detach();
    const res = this.pool.bufferFill(this, size);
    if (res !== Res.OK) return -res;
    this.attach(size);
    return this.base;
  }

  /** The inline protocols, for hosts that allocate. */
  reserveInside(size: number): number {
    const alloc = this.alloc;
    if (alloc + size <= this.limit) {
      this.alloc = alloc + size;
      return this.init;
    }
    return this.fillInside(size);
  }

  tripInside(p: number): boolean {
    if (!this.flipped || this.init === this.initAtFlip) return true;
    this.init = p;
    this.alloc = p;
    return false;
  }

  // The interface of mps.h.
  reserve(size: number): number {
    const alloc = this.alloc;
    if (alloc + size <= this.limit) {
      this.alloc = alloc + size;
      return this.init;
    }
    return this.fill(size);
  }
  commit(p: number, size: number): boolean {
    this.init = this.alloc;
    return this.limit !== 0 || this.trip(p, size);
  }

  fill(size: number): number {
    const { arena } = this.pool;
    let p: number;
    arena.enter();
    try {
      p = this.pollAndFill(size);
    } catch (error) {
      arena.abandon();
      throw error;
    }
    arena.leave();
    return p;
  }
  private pollAndFill(size: number): number {
    const { arena, align } = this.pool;
    const { plinth } = arena;
    arena.collector.poll();
    if (!plinth.aver(size > 0, 'BufferFill', 'size > 0')) return -Res.PARAM;
    if (!plinth.aver(size % align === 0, 'BufferFill', 'SizeIsAligned(size, BufferPool(buffer)->alignment)')) return -Res.PARAM;
    if (!plinth.aver(this.init === this.alloc, 'BufferFill', 'BufferIsReady(buffer)')) return -Res.FAIL;
    return this.fillInside(size);
  }

  trip(p: number, size: number): boolean {
    const { arena, align } = this.pool;
    const { plinth } = arena;
    return arena.inside(() => {
      plinth.aver(size > 0, 'BufferTrip', 'size > 0');
      plinth.aver(size % align === 0, 'BufferTrip', 'SizeIsAligned(size, BufferPool(buffer)->alignment)');
      plinth.aver(p !== 0, 'BufferTrip', 'p != 0');
      plinth.aver(this.limit === 0, 'BufferTrip', 'buffer->ap_s.limit == 0');
      plinth.aver(this.flipped, 'BufferTrip', 'BufferIsTrapped(buffer)');
      plinth.aver(this.init === this.alloc, 'BufferTrip', 'buffer->ap_s.init == buffer->ap_s.alloc');
      plinth.aver(p + size === this.init, 'BufferTrip', 'AddrAdd(p, size) == buffer->ap_s.init');
      plinth.aver(arena.vm.poolOf(p) === this.pool, 'BufferTrip', 'PoolHasAddr(BufferPool(buffer), p)');
      return this.tripInside(p);
    });
  }

  destroy(): void {
    const { arena } = this.pool;
    arena.inside(() => {
      if (!arena.plinth.aver(this.init === this.alloc, 'BufferFinish', 'BufferIsReady(buffer)')) return;
      this.finish();
    });
  }
  finish(): void {
    const { arena } = this.pool;
    this.detach();
    this.pool.buffers.delete(this);
    arena.controlFree(this.address, Buffer.blockWords * this.word);
  }

  allocPatternBegin(): Res {
    return this.pool.arena.inside(() => {
      this.rampCount++;
      this.pool.rampBegin(this);
      return Res.OK;
    });
  }
  allocPatternEnd(): Res {
    const { arena } = this.pool;
    return arena.inside(() => {
      let res: Res = Res.FAIL;
      if (this.rampCount > 0) {
        this.rampCount--;
        this.pool.rampEnd(this);
        res = Res.OK;
      }
      arena.collector.poll();
      return res;
    });
  }
  allocPatternReset(): Res {
    const { arena } = this.pool;
    return arena.inside(() => {
      for (; this.rampCount > 0; this.rampCount--) this.pool.rampEnd(this);
      arena.collector.poll();
      return Res.OK;
    });
  }

  framePush(): number {
    const init = this.init;
    if (init !== this.alloc) return -Res.FAIL;
    if (init < this.limit) return init;
    return this.pool.arena.inside(() => {
      if (this.flipped) this.unflip();
      return this.pool.framePush(this);
    });
  }
  framePop(frame: number): Res {
    const init = this.init;
    if (init !== this.alloc) return Res.FAIL;
    if (!this.pool.isGC && this.base <= frame && frame < init) {
      this.init = this.alloc = frame;
      return Res.OK;
    }
    return this.pool.arena.inside(() => {
      if (this.flipped) this.unflip();
      return this.pool.framePop(this, frame);
    });
  }

  check(): boolean {
    const { plinth } = this.pool.arena;
    const { init, alloc, limit } = this;
    const c = (ok: boolean, text: string): boolean => plinth.aver(ok, 'BufferCheck', text);
    if (!this.attached) return c(init === 0 && alloc === 0 && limit === 0, 'buffer->ap_s.init == (Addr)0');
    return (
      c(this.base <= init, 'buffer->base <= buffer->ap_s.init') &&
      c(init <= alloc, 'buffer->ap_s.init <= buffer->ap_s.alloc') &&
      c(alloc <= this.poolLimit, 'buffer->ap_s.alloc <= buffer->poolLimit') &&
      c(limit === (this.flipped ? 0 : this.poolLimit), 'buffer->ap_s.limit == buffer->poolLimit') &&
      c(!this.flipped || (this.base <= this.initAtFlip && this.initAtFlip <= init), 'buffer->initAtFlip <= buffer->ap_s.init') &&
      c(this.seg === undefined || this.seg.buffer === this, 'SegBuffer(seg) == buffer')
    );
  }
}
