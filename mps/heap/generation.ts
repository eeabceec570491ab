/**
 * Generations: what a collection condemns together. A generation keeps, over all pools,
 * its segments and its expected mortality; a pool's share of it (PoolGen) accounts for the
 * bytes, of which only the new ones count against the capacity.
 */
import type { HeapArena } from './heap-arena.js';
import type { LocusPref } from '../space/locus.js';
import type { Res } from '../plinth/res.js';
import { allocSeg, type GCSeg, type SegPool } from './segment.js';
import type { Trace } from '../trace/trace.js';
import type { TracedGen } from '../trace/traced.js';
import { RefSet } from '../space/zone.js';

const MORTALITY_WEIGHT = 0.4;

export class GenDesc implements TracedGen {
  zones = RefSet.EMPTY;
  readonly segs = new Set<GCSeg>();
  readonly pgens = new Set<PoolGen>();
  activeTraces = 0;
  /** Of the trace that condemned it. */
  condemned = 0;
  forwarded = 0;
  preservedInPlace = 0;

  constructor(
    readonly arena: HeapArena,
    /** Bytes. */
    readonly capacity: number,
    public mortality: number,
  ) {}

  /** Bytes allocated or promoted here since they were last condemned. */
  get newSize(): number {
    let size = 0;
    for (const pgen of this.pgens) size += pgen.newSize;
    return size;
  }
  get totalSize(): number {
    let size = 0;
    for (const pgen of this.pgens) size += pgen.totalSize;
    return size;
  }

  startTrace(trace: Trace): void {
    this.activeTraces |= trace.bit;
    this.condemned = this.forwarded = this.preservedInPlace = 0;
  }
  condemn(trace: Trace, size: number): void {
    this.condemned += size;
    trace.condemned += size;
  }
  survive(trace: Trace, forwarded: number, preservedInPlace: number): void {
    this.forwarded += forwarded;
    this.preservedInPlace += preservedInPlace;
    trace.forwardedSize += forwarded;
    trace.preservedInPlaceSize += preservedInPlace;
  }
  endTrace(trace: Trace): void {
    this.activeTraces &= ~trace.bit;
    if (this.condemned > 0) {
      const survived = (this.forwarded + this.preservedInPlace) / this.condemned;
      this.mortality = this.mortality * (1 - MORTALITY_WEIGHT) + (1 - survived) * MORTALITY_WEIGHT;
    }
  }
  check(): boolean {
    const { plinth } = this.arena;
    let ok = true;
    for (const pgen of this.pgens) ok = pgen.check() && ok;
    for (const seg of this.segs) ok = plinth.aver(seg.zones.within(this.zones), 'GenDescCheck', 'ZoneSetSub(seg zones, gen->zones)') && ok;
    return ok;
  }
}

export class PoolGen {
  segs = 0;
  totalSize = 0;
  freeSize = 0;
  bufferedSize = 0;
  newSize = 0;
  oldSize = 0;
  newDeferredSize = 0;
  oldDeferredSize = 0;

  constructor(
    readonly gen: GenDesc,
    readonly pool: SegPool,
  ) {
    gen.pgens.add(this);
  }

  alloc<S extends GCSeg>(size: number, make: (base: number, limit: number) => S): S | Res {
    const { gen } = this;
    const { zones } = gen.arena;
    const pref: LocusPref = { zones: gen.zones, avoid: zones.blacklist, high: false };
    const seg = allocSeg(this.pool, pref, size, make);
    if (typeof seg === 'number') return seg;
    gen.zones = gen.zones.union(seg.zones);
    gen.segs.add(seg);
    this.segs++;
    this.totalSize += size;
    this.freeSize += size;
    return seg;
  }

  /** Free a segment all of whose bytes have come back to `freeSize`, but for those named. */
  free(seg: GCSeg, oldSize: number, newSize: number, deferred: boolean): void {
    this.age(0, newSize, deferred);
    this.reclaim(oldSize + newSize, deferred);
    this.segs--;
    this.totalSize -= seg.size;
    this.freeSize -= seg.size;
    this.gen.segs.delete(seg);
    seg.free();
  }

  fill(size: number): void {
    this.freeSize -= size;
    this.bufferedSize += size;
  }
  empty(used: number, unused: number, deferred: boolean): void {
    this.bufferedSize -= used + unused;
    if (deferred) this.newDeferredSize += used;
    else this.newSize += used;
    this.freeSize += unused;
  }
  age(wasBuffered: number, wasNew: number, deferred: boolean): void {
    this.bufferedSize -= wasBuffered;
    if (deferred) {
      this.newDeferredSize -= wasNew;
      this.oldDeferredSize += wasBuffered + wasNew;
    } else {
      this.newSize -= wasNew;
      this.oldSize += wasBuffered + wasNew;
    }
  }
  reclaim(size: number, deferred: boolean): void {
    if (deferred) this.oldDeferredSize -= size;
    else this.oldSize -= size;
    this.freeSize += size;
  }
  undefer(oldSize: number, newSize: number): void {
    this.oldDeferredSize -= oldSize;
    this.oldSize += oldSize;
    this.newDeferredSize -= newSize;
    this.newSize += newSize;
  }

  finish(): void {
    const { plinth } = this.gen.arena;
    plinth.aver(this.segs === 0, 'PoolGenFinish', 'pgen->segs == 0');
    plinth.aver(this.totalSize === 0, 'PoolGenFinish', 'pgen->totalSize == 0');
    this.gen.pgens.delete(this);
  }

  check(): boolean {
    const sum = this.freeSize + this.bufferedSize + this.newSize + this.oldSize + this.newDeferredSize + this.oldDeferredSize;
    const least = Math.min(this.freeSize, this.bufferedSize, this.newSize, this.oldSize, this.newDeferredSize, this.oldDeferredSize);
    const { plinth } = this.gen.arena;
    return (
      plinth.aver(least >= 0, 'PoolGenCheck', 'sizes are not negative') &&
      plinth.aver(this.totalSize === sum, 'PoolGenCheck', 'pgen->totalSize == pgen->freeSize + pgen->bufferedSize + ...')
    );
  }
}
