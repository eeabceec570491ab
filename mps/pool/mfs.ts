/**
 * MFS, manual fixed size: extents cut into units, the free ones on a list through their
 * first words, last freed first. The arena's own descriptors of free space come from here too.
 */
import { Pool, type PoolArena, type PoolArgs, type PoolClass } from '../heap/pool.js';
import { Res } from '../plinth/res.js';

export const mfsClass: PoolClass = {
  name: 'MFS',
  create: (arena, args, address) => new MFSPool(arena, args, address, true),
};

export class MFSPool extends Pool {
  /** What clients ask for, and what that takes. */
  readonly unroundedUnitSize: number;
  readonly unitSize: number;
  readonly extendBy: number;
  private readonly extents: [number, number][] = [];
  private freeList = 0;
  private freeBytes = 0;
  private totalBytes = 0;

  constructor(
    arena: PoolArena,
    args: PoolArgs,
    address: number,
    /** May it take memory from the arena by itself? */
    readonly extendSelf: boolean,
  ) {
    super(arena, address);
    const word = arena.wordSize;
    const unit = args.unitSize ?? 0;
    arena.plinth.aver(args.unitSize !== undefined, 'ArgRequire', 'MPS_KEY_MFS_UNIT_SIZE');
    arena.plinth.aver(unit > 0, 'MFSInit', 'unitSize > 0');
    const extendBy = args.extendBy ?? 65536;
    arena.plinth.aver(extendBy > 0, 'MFSInit', 'extendBy > 0');
    this.unroundedUnitSize = unit;
    this.unitSize = arena.alignUp(Math.max(unit, word), this.align);
    this.extendBy = arena.grains(Math.max(extendBy, this.header + this.unitSize));
  }
  get poolClass(): PoolClass {
    return mfsClass;
  }
  /** The ring node at an extent's base. */
  private get header(): number {
    return 2 * this.arena.wordSize;
  }

  /** Add [base, limit) of whole grains to the pool; its units go to the front of the list in ascending order. */
  extend(base: number, limit: number): void {
    const { memory } = this.arena;
    this.extents.push([base, limit]);
    const start = base + this.header;
    const units = Math.floor((limit - start) / this.unitSize);
    let next = this.freeList;
    for (let i = units - 1; i >= 0; i--) {
      const unit = start + i * this.unitSize;
      memory.setWord(unit, next);
      next = unit;
    }
    this.freeList = next;
    this.totalBytes += limit - start;
    this.freeBytes += limit - start;
  }

  override allocBlock(size = this.unroundedUnitSize): number {
    const { arena } = this;
    if (!arena.plinth.aver(size === this.unroundedUnitSize, 'MFSAlloc', 'size == mfs->unroundedUnitSize')) return -Res.PARAM;
    if (this.freeList === 0) {
      if (!this.extendSelf) return -Res.LIMIT;
      const base = arena.vm.alloc(arena.defaultPref, this.extendBy, this);
      if (base < 0) return base;
      this.extend(base, base + this.extendBy);
    }
    const unit = this.freeList;
    this.freeList = arena.memory.word(unit);
    this.freeBytes -= this.unitSize;
    return unit;
  }

  override freeBlock(address: number, size = this.unroundedUnitSize): void {
    if (!this.arena.plinth.aver(size === this.unroundedUnitSize, 'MFSFree', 'size == mfs->unroundedUnitSize')) return;
    this.arena.memory.setWord(address, this.freeList);
    this.freeList = address;
    this.freeBytes += this.unitSize;
  }

  override sizes(): { total: number; free: number } {
    return { total: this.totalBytes, free: this.freeBytes };
  }

  override finishPool(): void {
    for (const [base, limit] of this.extents.splice(0)) this.arena.vm.free(base, limit - base);
    this.freeList = 0;
  }

  override checkPool(): boolean {
    return this.arena.plinth.aver(this.freeBytes <= this.totalBytes, 'MFSCheck', 'mfs->free <= mfs->total') && super.checkPool();
  }
}
