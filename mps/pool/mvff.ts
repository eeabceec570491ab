/**
 * MVFF, manual variable first fit: two lands, all memory obtained and what of it is free;
 * freed memory goes back to the arena by halves when there is too much. Also the control
 * pool, from which the arena's descriptors come.
 */
import { Buffer } from '../heap/buffer.js';
import { CBS } from '../space/cbs.js';
import { Failover } from '../space/failover.js';
import { Freelist } from '../space/freelist.js';
import { FindDelete } from '../space/land.js';
import type { LocusPref } from '../space/locus.js';
import { Pool, type PoolArena, type BufferArgs, type PoolArgs, type PoolClass } from '../heap/pool.js';
import { failureOf, isAllocFailure, Res } from '../plinth/res.js';
import { MFSPool } from './mfs.js';

export const mvffClass: PoolClass = {
  name: 'MVFF',
  create: (arena, args, address) => new MVFFPool(arena, args, address),
};

export class MVFFPool extends Pool {
  private readonly total: CBS;
  private readonly free_: Failover;
  private readonly blocks: MFSPool;
  private readonly pref: LocusPref;
  private readonly extendBy: number;
  private readonly spare: number;
  private readonly slotHigh: boolean;
  private readonly firstFit: boolean;

  constructor(arena: PoolArena, args: PoolArgs, address: number) {
    super(arena, address);
    const { plinth } = arena;
    this.extendBy = args.extendBy ?? 65536;
    const meanSize = args.meanSize ?? 32;
    this.align = args.align ?? this.align;
    this.spare = args.spare ?? 0.75;
    this.slotHigh = args.slotHigh ?? false;
    this.firstFit = args.firstFit ?? true;
    this.pref = { ...arena.defaultPref, high: args.arenaHigh ?? false };
    plinth.aver(this.extendBy > 0, 'MVFFInit', 'extendBy > 0');
    plinth.aver(meanSize > 0 && meanSize <= this.extendBy, 'MVFFInit', 'avgSize <= extendBy');
    plinth.aver(this.spare >= 0 && this.spare <= 1, 'MVFFInit', 'spare <= 1.0');
    plinth.aver(
      Number.isInteger(Math.log2(this.align)) && this.align >= arena.wordSize && this.align <= arena.grain,
      'MVFFInit',
      'align <= ArenaGrainSize(arena)',
    );
    this.blocks = new MFSPool(arena, { unitSize: 6 * arena.wordSize, extendBy: arena.grain }, address, true);
    arena.pools.add(this.blocks);
    this.total = new CBS(plinth, this.blocks);
    this.free_ = new Failover(plinth, new CBS(plinth, this.blocks), new Freelist(plinth, arena.memory, this.align));
  }
  get poolClass(): PoolClass {
    return mvffClass;
  }

  private insertFree(base: number, limit: number): Res {
    const res = this.free_.insert(base, limit);
    if (this.arena.plinth.aver(res === Res.OK, 'MVFFFree', 'res == ResOK')) this.reduce();
    return res;
  }

  /** Return memory when too much of it is free: down to half of what may be. */
  private reduce(): void {
    const { arena } = this;
    const limit = this.total.size * this.spare;
    if (this.free_.size < limit || this.free_.size === 0) return;
    const target = limit / 2;
    while (this.free_.size > target) {
      if (!this.free_.findLargest(arena.grain, FindDelete.NONE)) return;
      const base = arena.alignUp(this.free_.base, arena.grain);
      const end = this.free_.limit - (this.free_.limit % arena.grain);
      if (base >= end) return;
      const size = Math.min(end - base, arena.grains(this.free_.size - target));
      const from = end - size;
      if (this.free_.delete(from, end) !== Res.OK) return;
      if (this.total.delete(from, end) !== Res.OK) {
        // No memory to split the record of what we own: keep it.
        this.free_.insert(from, end);
        return;
      }
      arena.vm.free(from, size);
    }
  }

  /** More memory: the usual extent, or just what is wanted. */
  private extend(size: number): Res {
    const { arena } = this;
    let ask = arena.grains(Math.max(this.extendBy, size));
    let base = arena.vm.alloc(this.pref, ask, this);
    if (base < 0) {
      ask = arena.grains(size);
      base = arena.vm.alloc(this.pref, ask, this);
      if (base < 0) return failureOf(base);
    }
    const res = this.total.insert(base, base + ask);
    if (res !== Res.OK) {
      arena.vm.free(base, ask);
      return isAllocFailure(res) ? res : Res.MEMORY;
    }
    this.free_.insert(base, base + ask);
    return Res.OK;
  }

  override allocBlock(size: number): number {
    size = this.arena.alignUp(size, this.align);
    if (!this.find(size)) {
      const res = this.extend(size);
      if (res !== Res.OK) return -res;
      if (!this.arena.plinth.aver(this.find(size), 'MVFFAlloc', 'found')) return -Res.RESOURCE;
    }
    return this.free_.base;
  }
  private find(size: number): boolean {
    const del = this.slotHigh ? FindDelete.HIGH : FindDelete.LOW;
    return this.firstFit ? this.free_.findFirst(size, del) : this.free_.findLast(size, del);
  }

  override freeBlock(address: number, size: number): void {
    this.insertFree(address, address + this.arena.alignUp(size, this.align));
  }

  override makeBuffer(args: BufferArgs, address: number): Buffer {
    return new Buffer(this, address, args, false);
  }
  /** Worst fit: a buffer takes the whole of the largest block. */
  override bufferFill(buffer: Buffer, size: number): Res {
    if (!this.free_.findLargest(size, FindDelete.ENTIRE)) {
      const res = this.extend(size);
      if (res !== Res.OK) return res;
      if (!this.arena.plinth.aver(this.free_.findLargest(size, FindDelete.ENTIRE), 'MVFFBufferFill', 'found')) {
        return Res.RESOURCE;
      }
    }
    buffer.offer(this.free_.base, this.free_.limit);
    return Res.OK;
  }
  override bufferEmpty(buffer: Buffer): void {
    const { init, poolLimit } = buffer;
    if (init < poolLimit) this.insertFree(init, poolLimit);
  }

  override sizes(): { total: number; free: number } {
    return { total: this.total.size, free: this.free_.size };
  }

  override finishPool(): void {
    const { arena } = this;
    const ranges: [number, number][] = [];
    this.total.iterate((base, limit) => ranges.push([base, limit]) > 0);
    for (const [base, limit] of ranges) arena.vm.free(base, limit - base);
    this.blocks.finishPool();
    arena.pools.delete(this.blocks);
  }

  override checkPool(): boolean {
    const { plinth } = this.arena;
    return (
      plinth.aver(this.free_.size <= this.total.size, 'MVFFCheck', 'LandSize(MVFFFreeLand) <= LandSize(MVFFTotalLand)') &&
      this.total.check() &&
      this.free_.check() &&
      super.checkPool()
    );
  }
}
