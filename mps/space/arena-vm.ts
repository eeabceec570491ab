/**
 * The VM arena's memory: which grains are allocated, free, or spare (free but still
 * mapped), the commit limit, and the policy by which a place for an allocation is found.
 */
import type { Port } from '../../platforms/port.js';
import { CBS } from './cbs.js';
import type { Chunk, Described } from './chunk.js';
import { Chunks } from './chunks.js';
import type { BlockPool } from './land.js';
import type { PageMap } from './page-map.js';
import type { LocusPref } from './locus.js';
import type { GuestMemory } from '../plinth/guest-memory.js';
import type { Plinth } from '../plinth/plinth.js';
import { failureOf, isAllocFailure, Res } from '../plinth/res.js';
import { RefSet, type ZoneMap } from './zone.js';

/** A pool of blocks for the descriptors of free ranges, which doesn't ask the arena for memory but is given it. */
export interface DescriptorPool extends BlockPool {
  extend(base: number, limit: number): void;
}

/** The largest that an arena has been. */
export interface Peaks {
  peakCommitted: number;
  peakReserved: number;
}

export interface SpaceOptions {
  memory: GuestMemory;
  /** Guest address of the arena structure. */
  structure: number;
  grain: number;
  /** Of the primary chunk. */
  size: number;
  commitLimit: number;
  spare: number;
  zoned: boolean;
  topDown: boolean;
  extended?: ((base: number, size: number) => void) | undefined;
  contracted?: ((base: number, size: number) => void) | undefined;
}

/** `P` are the pools that grains are allocated to, `S` their segments. */
export class ArenaVM<P extends object, S extends Described> {
  reserved = 0;
  committed = 0;
  spareCommitted = 0;
  commitLimit: number;
  spareFraction: number;
  readonly topDown: boolean;
  private readonly zoned: boolean;
  readonly memory: GuestMemory;
  readonly structure: number;
  readonly grain: number;
  readonly size: number;
  readonly chunks: Chunks<P, S>;
  /** Zones in which nothing was ever allocated. Never replenished. */
  freeZones: RefSet;
  private readonly freeLand: CBS;
  private readonly spareLand: CBS;
  readonly extended: (base: number, size: number) => void;
  readonly contracted: (base: number, size: number) => void;

  constructor(
    readonly port: Port,
    readonly plinth: Plinth,
    private readonly zones: ZoneMap,
    private readonly peaks: Peaks,
    /** Descriptors of free and of spare ranges. */
    private readonly freeBlocks: P & DescriptorPool,
    private readonly spareBlocks: P & DescriptorPool,
    options: SpaceOptions,
  ) {
    this.memory = options.memory;
    this.structure = options.structure;
    this.grain = options.grain;
    this.size = options.size;
    this.commitLimit = options.commitLimit;
    this.spareFraction = options.spare;
    this.zoned = options.zoned;
    this.topDown = options.topDown;
    this.extended = options.extended ?? (() => undefined);
    this.contracted = options.contracted ?? (() => undefined);
    this.freeZones = zones.UNIV;
    this.freeLand = new CBS(plinth, freeBlocks, zones);
    this.spareLand = new CBS(plinth, spareBlocks);
    this.chunks = new Chunks(this);
  }

  /** Primary chunk and free land: the land's first descriptor comes from a page taken straight from the bitmap. */
  start(): Res {
    const chunk = this.chunks.create(this.size);
    if (typeof chunk === 'number') return chunk;
    return this.insertFree(chunk.usable, chunk.limit);
  }

  /** Everything goes: the address space of all chunks. */
  finish(): void {
    for (const chunk of [...this.chunks.ring].reverse()) {
      this.unmapSpare(chunk.base, chunk.limit);
      for (const { first, end } of [...chunk.mapped.runs()]) this.unmapPages(chunk, first, end);
      this.chunks.destroy(chunk);
    }
  }

  notePeaks(): void {
    const { peaks } = this;
    if (this.committed > peaks.peakCommitted) peaks.peakCommitted = this.committed;
    if (this.reserved > peaks.peakReserved) peaks.peakReserved = this.reserved;
  }

  map(base: number, limit: number, checkLimit: boolean): Res {
    const size = limit - base;
    if (checkLimit && this.committed + size > this.commitLimit) return Res.COMMIT_LIMIT;
    if (!this.port.vmMap(base, limit)) return Res.MEMORY;
    this.committed += size;
    this.notePeaks();
    return Res.OK;
  }
  unmap(base: number, limit: number): void {
    this.port.vmUnmap(base, limit);
    this.committed -= limit - base;
  }
  private unmapPages(chunk: Chunk<P, S>, first: number, end: number): void {
    this.unmap(chunk.address(first), chunk.address(end));
    chunk.mapped.fill(undefined, first, end);
  }

  poolOf(address: number): P | undefined {
    const chunk = this.chunks.of(address);
    return chunk?.pools.get(chunk.index(address));
  }
  segOf(address: number): S | undefined {
    const chunk = this.chunks.of(address);
    return chunk === undefined ? undefined : chunk.segs.get(chunk.index(address));
  }
  /** In a chunk, but allocated to nobody. */
  isFree(address: number): boolean {
    const chunk = this.chunks.of(address);
    return chunk !== undefined && chunk.pools.get(chunk.index(address)) === undefined;
  }
  setSeg(base: number, limit: number, seg: S | undefined): void {
    const chunk = this.chunks.at(base);
    chunk.setSeg(chunk.index(base), chunk.index(limit), seg);
  }

  /** Put a range into the free land, finding memory for the descriptor if need be. */
  insertFree(base: number, limit: number): Res {
    let res = this.freeLand.insert(base, limit);
    while (res === Res.LIMIT) {
      const taken = this.extendBlocks(this.freeBlocks);
      if (taken < 0) return failureOf(taken);
      res = this.freeLand.insert(base, limit);
      // At the start the page came out of the range that is now free.
      if (res === Res.OK && taken >= base && taken < limit) this.freeLand.delete(taken, taken + this.grain);
    }
    this.plinth.aver(res === Res.OK, 'arenaFreeLandInsert', 'res == ResOK');
    return res;
  }

  /** Give a descriptor pool one grain straight from the allocation table. Address, or -Res. */
  private extendBlocks(blocks: P & DescriptorPool): number {
    for (const chunk of this.chunks.ring) {
      const i = chunk.firstFree();
      if (i < 0) continue;
      const base = chunk.address(i);
      const res = this.allocPages(chunk, base, this.grain, blocks);
      if (res !== Res.OK) return -res;
      blocks.extend(base, base + this.grain);
      // Nothing below it is free, so taking it out of the free land needs no new descriptor.
      this.freeLand.delete(base, base + this.grain);
      return base;
    }
    return -Res.RESOURCE;
  }

  /** Allocate `size` bytes of whole grains for a pool. Address, or -Res. */
  alloc(pref: LocusPref, size: number, pool: P): number {
    const { plinth, zones } = this;
    plinth.aver(size > 0 && size % this.grain === 0, 'ArenaAlloc', 'SizeIsArenaGrains(size, arena)');
    const more = size - this.spareCommitted;
    if (more > 0 && this.committed + more > this.commitLimit) return -Res.COMMIT_LIMIT;
    const preferred = this.zoned ? pref.zones.minus(pref.avoid) : zones.UNIV;
    const moreZones = this.zoned ? pref.zones.union(this.freeZones.minus(pref.avoid)) : zones.UNIV;
    const attempt = (set: RefSet): number => this.allocFromLand(set, size, pref.high, pool);
    const within = (): number => {
      let base = -Res.RESOURCE;
      if (!preferred.isEmpty) base = attempt(preferred);
      if (base < 0 && !moreZones.equals(preferred)) base = attempt(moreZones);
      return base;
    };
    let base = within();
    if (base > 0) return base;
    if (!moreZones.isEmpty) {
      let res = this.chunks.grow(size);
      if (res === Res.COMMIT_LIMIT && this.purge(size) >= size) res = this.chunks.grow(size);
      if (res === Res.OK) base = within();
      if (base > 0) return base;
    }
    const anyButAvoid = zones.UNIV.minus(pref.avoid);
    if (this.zoned && !anyButAvoid.equals(moreZones)) base = attempt(anyButAvoid);
    return base > 0 ? base : attempt(zones.UNIV);
  }

  private allocFromLand(set: RefSet, size: number, high: boolean, pool: P): number {
    for (;;) {
      const res = this.freeLand.findInZones(size, set, high);
      if (res === Res.OK) break;
      if (res !== Res.LIMIT) return -Res.RESOURCE;
      if (this.extendBlocks(this.freeBlocks) < 0) return -Res.RESOURCE;
    }
    const base = this.freeLand.base;
    const chunk = this.chunks.at(base);
    const res = this.allocPages(chunk, base, size, pool);
    if (res !== Res.OK) {
      this.insertFree(base, base + size);
      return -res;
    }
    this.freeZones = this.freeZones.minus(this.zones.ofRange(base, base + size));
    return base;
  }

  /** Mark pages allocated: those that are spare are ready, the others get memory. */
  private allocPages(chunk: Chunk<P, S>, base: number, size: number, pool: P): Res {
    const first = chunk.index(base);
    const end = first + size / this.grain;
    let i = first;
    while (i < end) {
      const isSpare = chunk.mapped.get(i);
      let j = i + 1;
      while (j < end && chunk.mapped.get(j) === isSpare) j++;
      if (isSpare) {
        while (this.spareLand.delete(chunk.address(i), chunk.address(j)) === Res.LIMIT) {
          const taken = this.extendBlocks(this.spareBlocks);
          if (taken < 0) return this.undoPages(chunk, first, i, failureOf(taken));
        }
        this.spareCommitted -= (j - i) * this.grain;
      } else {
        const res = this.mapPages(chunk, i, j);
        if (res !== Res.OK) return this.undoPages(chunk, first, i, res);
      }
      i = j;
    }
    chunk.allocate(first, end, pool);
    return Res.OK;
  }

  private undoPages(chunk: Chunk<P, S>, first: number, end: number, res: Res): Res {
    if (end > first) this.makeSpare(chunk, first, end);
    return res;
  }

  private mapPages(chunk: Chunk<P, S>, first: number, end: number): Res {
    for (;;) {
      let res = this.mapTable(chunk, first, end);
      if (res === Res.OK) res = this.map(chunk.address(first), chunk.address(end), true);
      if (res === Res.OK) {
        chunk.mapped.fill(true, first, end);
        return res;
      }
      if (this.purge((end - first) * this.grain) === 0) return res;
    }
  }

  /** The page table's own pages, for the entries of [first, end). They don't ask the commit limit. */
  private mapTable(chunk: Chunk<P, S>, first: number, end: number): Res {
    const [a, b] = chunk.tableRange(first, end);
    for (let t = a; t < b; t++) {
      if (chunk.tableMapped.get(t)) continue;
      const res = this.map(chunk.tableAddress(t), chunk.tableAddress(t + 1), false);
      if (res !== Res.OK) return res;
      chunk.tableMapped.fill(true, t, t + 1);
    }
    return Res.OK;
  }

  free(base: number, size: number): void {
    const chunk = this.chunks.at(base);
    let first = chunk.index(base);
    const end = first + size / this.grain;
    this.plinth.aver(chunk.pools.get(first) !== undefined, 'ArenaFree', 'TractOfAddr(base) exists');
    const res = this.insertFree(base, base + size);
    if (isAllocFailure(res)) {
      // No memory for the descriptor anywhere else: the range pays for it.
      chunk.pools.fill(this.freeBlocks, first, first + 1);
      chunk.setSeg(first, first + 1, undefined);
      this.freeBlocks.extend(base, base + this.grain);
      if (++first === end) return;
      this.freeLand.insert(base + this.grain, base + size);
    }
    this.makeSpare(chunk, first, end);
    chunk.release(first, end);
    this.trimSpare();
  }

  /** Mapped pages become spare; if there is no memory to note them, they are unmapped at once. */
  private makeSpare(chunk: Chunk<P, S>, first: number, end: number): void {
    const base = chunk.address(first);
    const limit = chunk.address(end);
    let res = this.spareLand.insert(base, limit);
    while (res === Res.LIMIT && this.extendBlocks(this.spareBlocks) > 0) res = this.spareLand.insert(base, limit);
    if (res === Res.OK) this.spareCommitted += limit - base;
    else this.unmapPages(chunk, first, end);
  }

  /** At least half of the spare memory goes when there is too much of it: a hysteresis. */
  trimSpare(): void {
    while (this.spareCommitted > this.spareFraction * this.committed) {
      const excess = this.spareCommitted - this.spareFraction * this.committed;
      if (this.purge(Math.max(excess, this.spareCommitted / 2)) === 0) break;
    }
  }

  /** Unmap whole spare ranges in address order until `size` has gone. Returns what went. */
  purge(size: number): number {
    let gone = 0;
    while (gone < size && this.spareLand.findFirst(this.grain, 1)) {
      const { base, limit } = this.spareLand;
      this.unmapSpare(base, limit);
      gone += limit - base;
    }
    return gone;
  }

  private unmapSpare(base: number, limit: number): void {
    const ranges: [number, number][] = [];
    this.spareLand.iterate((b, l) => {
      if (b >= base && l <= limit) ranges.push([b, l]);
      return b < limit;
    });
    for (const [b, l] of ranges) {
      this.spareLand.delete(b, l);
      const chunk = this.chunks.at(b);
      this.unmapPages(chunk, chunk.index(b), chunk.index(l));
      this.spareCommitted -= l - b;
    }
  }

  /** A chunk is to go: none of it is free or spare any more. */
  forgetChunk(chunk: Chunk<P, S>): void {
    this.unmapSpare(chunk.base, chunk.limit);
    const res = this.freeLand.delete(chunk.usable, chunk.limit);
    this.plinth.aver(res === Res.OK, 'arenaChunkDestroy', 'res == ResOK');
  }

  setCommitLimit(limit: number): Res {
    if (limit < this.committed) {
      if (limit < this.committed - this.spareCommitted) return Res.FAIL;
      this.purge(this.committed - limit);
      this.plinth.aver(limit >= this.committed, 'ArenaSetCommitLimit', 'limit >= ArenaCommitted(arena)');
    }
    this.commitLimit = limit;
    return Res.OK;
  }

  /** What could still be allocated. */
  get available(): number {
    return Math.min(this.reserved, this.commitLimit) - this.committed + this.spareCommitted;
  }

  check(): boolean {
    const { plinth } = this;
    let free = 0;
    let spare = 0;
    for (const chunk of this.chunks.ring) {
      const count = (map: PageMap<unknown>): number => {
        let pages = 0;
        for (const { first, end } of map.runs()) pages += end - first;
        return pages;
      };
      const allocated = count(chunk.pools);
      free += (chunk.pages - chunk.allocBase - allocated) * this.grain;
      spare += (count(chunk.mapped) - allocated) * this.grain;
      for (const { first, end } of chunk.pools.runs())
        for (let i = first; i < end; i++) if (!chunk.mapped.get(i)) plinth.aver(false, 'ChunkCheck', 'allocated pages are mapped');
    }
    return (
      this.chunks.check() &&
      this.freeLand.check() &&
      this.spareLand.check() &&
      plinth.aver(free === this.freeLand.size, 'ArenaCheck', 'LandSize(arenaFreeLand) == free pages') &&
      plinth.aver(spare === this.spareLand.size, 'ArenaCheck', 'LandSize(spareLand) == spare pages') &&
      plinth.aver(spare === this.spareCommitted, 'ArenaCheck', 'spareCommitted == LandSize(spareLand)') &&
      plinth.aver(this.spareCommitted <= this.committed, 'ArenaCheck', 'arena->spareCommitted <= arena->committed')
    );
  }
}
