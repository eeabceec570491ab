/** Pools: managers of memory obtained from the arena by one policy. The class's policy is in the subclass. */
import { Buffer, type BufferArgs, type BufferPool } from './buffer.js';
import type { Chain } from './chain.js';
import type { Format } from './format.js';
import { failureOf, Rank, Res } from '../plinth/res.js';
import type { Seg, SegPool } from './segment.js';
import type { HeapArena } from './heap-arena.js';
import type { MessageQueue } from './message.js';
import type { ArenaVM } from '../space/arena-vm.js';

export interface PoolArgs {
  format?: Format;
  chain?: Chain;
  gen?: number;
  interior?: boolean;
  extendBy?: number;
  largeSize?: number;
  unitSize?: number;
  meanSize?: number;
  align?: number;
  spare?: number;
  arenaHigh?: boolean;
  slotHigh?: boolean;
  firstFit?: boolean;
}

export type { BufferArgs };

/** The arena as pools see it. */
export interface PoolArena extends HeapArena {
  readonly vm: ArenaVM<Pool, Seg>;
  readonly pools: Set<Pool>;
  readonly defaultChain: Chain;
  readonly messages: MessageQueue;
  removePool(pool: Pool): void;
}

export interface PoolClass {
  readonly name: string;
  create(arena: PoolArena, args: PoolArgs, address: number): Pool;
}

export abstract class Pool implements SegPool, BufferPool {
  readonly buffers = new Set<Buffer>();
  readonly segs = new Set<Seg>();
  format: Format | undefined;
  /** Pool alignment. Grains of pools that mark objects have this size. */
  align: number;
  /** Can its objects be collected, and may they move? */
  readonly isGC: boolean = false;
  readonly isMovingGC: boolean = false;
  /** Size of the block in the control pool. */
  blockSize = 0;

  constructor(
    readonly arena: PoolArena,
    readonly address: number,
  ) {
    this.align = arena.port.platform.mpsAlign;
  }

  abstract get poolClass(): PoolClass;
  /** mps_pool_total_size and _free_size, inside the arena. */
  abstract sizes(): { total: number; free: number };
  /** Give everything back to the arena. */
  abstract finishPool(): void;

  // What a class may offer. What it doesn't is an assertion, then UNIMPL.
  allocBlock(_size: number): number {
    this.arena.plinth.notReached('PoolNoAlloc');
    return -Res.UNIMPL;
  }
  freeBlock(_address: number, _size: number): void {
    this.arena.plinth.notReached('PoolNoFree');
  }
  /** The buffer that serves an allocation point of this pool; undefined: the class has none. */
  makeBuffer(_args: BufferArgs, _address: number): Buffer | undefined {
    return undefined;
  }
  bufferFill(_buffer: Buffer, _size: number): Res {
    this.arena.plinth.notReached('PoolNoBufferFill');
    return Res.UNIMPL;
  }
  bufferEmpty(_buffer: Buffer): void {
    this.arena.plinth.notReached('PoolNoBufferEmpty');
  }
  rampBegin(_buffer: Buffer): void {
    this.arena.plinth.notReached('PoolNoRampBegin');
  }
  rampEnd(_buffer: Buffer): void {
    this.arena.plinth.notReached('PoolNoRampEnd');
  }
  /** Frames: pools without real ones accept them. */
  framePush(_buffer: Buffer): number {
    return 0;
  }
  framePop(_buffer: Buffer, _frame: number): Res {
    return Res.OK;
  }
  addrObject(_address: number): number {
    return -Res.UNIMPL;
  }
  /** Visit formatted objects by client pointer, inside the arena. */
  walkObjects(_visit: (object: number) => void): void {
    // A pool without formatted objects has nothing to show.
  }
  /** Everything, down to its last segment and buffer. */
  checkPool(): boolean {
    let ok = true;
    for (const seg of this.segs) ok = seg.check() && ok;
    for (const buffer of this.buffers) ok = buffer.check() && ok;
    return ok;
  }

  // The interface of mps.h.
  alloc(size: number): number {
    const { arena } = this;
    let p: number;
    arena.enter();
    try {
      p = this.allocInside(size);
    } catch (error) {
      arena.abandon();
      throw error;
    }
    arena.leave();
    return p;
  }
  private allocInside(size: number): number {
    const { arena } = this;
    const { plinth } = arena;
    arena.collector.poll();
    plinth.aver(size > 0, 'PoolAlloc', 'size > 0');
    const p = this.allocBlock(size);
    if (p > 0) {
      arena.collector.noteAlloc(size);
      // A mask: the remainder of a number above 2^31 is slow.
      plinth.aver((p & (this.align - 1)) === 0, 'PoolAlloc', 'AddrIsAligned(*pReturn, pool->alignment)');
    }
    return p;
  }

  free(address: number, size: number): void {
    const { arena } = this;
    arena.enter();
    try {
      this.freeInside(address, size);
    } catch (error) {
      arena.abandon();
      throw error;
    }
    arena.leave();
  }
  private freeInside(address: number, size: number): void {
    const { arena } = this;
    const { plinth } = arena;
    if (plinth.checking) {
      plinth.aver(size > 0, 'PoolFree', 'size > 0');
      if (!plinth.aver(address !== 0, 'PoolFree', 'old != NULL')) return;
      plinth.aver(address % this.align === 0, 'PoolFree', 'AddrIsAligned(old, pool->alignment)');
      const own = arena.vm.poolOf(address) === this && arena.vm.poolOf(address + size - 1) === this;
      if (!plinth.aver(own, 'PoolFree', 'PoolHasRange(pool, old, AddrAdd(old, size))')) return;
    }
    this.freeBlock(address, size);
  }

  walk(visit: (object: number) => void): void {
    this.arena.inside(() => this.walkObjects(visit));
  }

  totalSize(): number {
    return this.arena.inside(() => this.sizes().total);
  }
  freeSize(): number {
    return this.arena.inside(() => this.sizes().free);
  }

  bufferCreate(args: BufferArgs = {}): Buffer | Res {
    return this.arena.inside(() => this.newBuffer(args));
  }

  /** A buffer with its block in the control pool. */
  newBuffer(args: BufferArgs): Buffer | Res {
    const { arena } = this;
    const address = arena.controlAlloc(Buffer.blockWords * arena.wordSize);
    if (address < 0) return failureOf(address);
    const buffer = this.makeBuffer({ rank: Rank.EXACT, ...args }, address);
    if (!buffer) {
      arena.controlFree(address, Buffer.blockWords * arena.wordSize);
      arena.plinth.notReached('PoolNoBufferClass');
      return Res.UNIMPL;
    }
    this.buffers.add(buffer);
    return buffer;
  }

  destroy(): void {
    const { arena } = this;
    arena.inside(() => {
      let buffered = false;
      for (const seg of this.segs) if (seg.buffer?.isMutator) buffered = true;
      if (!arena.plinth.aver(!buffered, 'SegFinish', '!SegHasBuffer(seg)')) return;
      arena.plinth.aver(
        [...this.buffers].every((b) => !b.isMutator),
        'PoolFinish',
        'RingIsSingle(&pool->bufferRing)',
      );
      arena.removePool(this);
    });
  }
}
