/**
 * Segments: runs of grains that a pool has from the arena, with the colours that traces
 * give them and the protection that the shield keeps for them. GCSeg adds what collected
 * memory needs; MutatorSeg adds the barriers: grey raises the read barrier, a summary that
 * isn't everything raises the write barrier.
 */
import { AccessSet } from '../../platforms/port.js';
import type { HeapArena } from './heap-arena.js';
import type { LocusPref } from '../space/locus.js';
import { SegWord } from '../plinth/descriptors.js';
import { failureOf, Res } from '../plinth/res.js';
import { RingNode } from '../trace/ring.js';
import type { ScanState } from '../trace/scan-state.js';
import type { Trace } from '../trace/trace.js';
import { accessSegment } from '../trace/access.js';
import { Defer } from '../trace/scan.js';
import type { TracedPool, TracedSeg } from '../trace/traced.js';
import { RefSet } from '../space/zone.js';

/** A pool as its segments see it. */
export interface SegPool extends TracedPool {
  readonly arena: HeapArena;
  readonly segs: Set<Seg>;
}

/** A buffer as the segment sees that it allocates in. */
export interface SegBuffer {
  /** A client's, rather than one that the collector copies into. */
  readonly isMutator: boolean;
  /** Up to where objects may be parsed. */
  readonly scanLimit: number;
}

export class Seg implements TracedSeg {
  depth = 0;
  queued = false;
  sm = 0;
  defer: number = Defer.INIT;
  buffer: SegBuffer | undefined;
  private pm_ = 0;
  private grey_ = 0;
  private white_ = 0;
  private nailed_ = 0;
  private rankSet_ = 0;
  private summary_ = RefSet.EMPTY;
  /** The control pool's block for the descriptor. */
  block = 0;
  readonly zones: RefSet;
  readonly arena: HeapArena;

  constructor(
    readonly pool: SegPool,
    readonly base: number,
    readonly limit: number,
  ) {
    this.arena = pool.arena;
    this.zones = this.arena.zones.ofRange(base, limit);
  }

  /** The descriptor has its memory: write what guest code reads there. */
  describe(block: number): void {
    this.block = block;
    this.pm = this.pm_;
    this.grey = this.grey_;
    this.white = this.white_;
    this.nailed = this.nailed_;
    this.rankSet = this.rankSet_;
    this.summary = this.summary_;
    this.tell(SegWord.format, 0);
  }
  protected tell(word: number, value: number): void {
    if (this.block !== 0) this.arena.memory.setWord(this.block + word * this.arena.wordSize, value);
  }

  /** Protection that the pages have. */
  get pm(): number {
    return this.pm_;
  }
  set pm(mode: number) {
    this.pm_ = mode;
    this.tell(SegWord.protection, mode);
  }
  /** Sets of traces. */
  get grey(): number {
    return this.grey_;
  }
  set grey(traces: number) {
    this.grey_ = traces;
    this.tell(SegWord.grey, traces);
  }
  get white(): number {
    return this.white_;
  }
  set white(traces: number) {
    this.white_ = traces;
    this.tell(SegWord.white, traces);
  }
  get nailed(): number {
    return this.nailed_;
  }
  set nailed(traces: number) {
    this.nailed_ = traces;
    this.tell(SegWord.nailed, traces);
  }
  /** Set of ranks of the references in it: empty or one. */
  get rankSet(): number {
    return this.rankSet_;
  }
  set rankSet(ranks: number) {
    this.rankSet_ = ranks;
    this.tell(SegWord.rankSet, ranks);
  }
  get summary(): RefSet {
    return this.summary_;
  }
  set summary(set: RefSet) {
    this.summary_ = set;
    if (this.block !== 0) this.arena.memory.setHalves(this.block + SegWord.summary * this.arena.wordSize, set.lo, set.hi);
  }

  get size(): number {
    return this.limit - this.base;
  }
  get scanLimit(): number {
    return this.buffer ? this.buffer.scanLimit : this.limit;
  }
  setGrey(grey: number): void {
    this.arena.plinth.aver(grey === 0, 'SegSetGrey', 'grey == TraceSetEMPTY');
  }
  setSummary(summary: RefSet): void {
    this.summary = summary;
  }
  access(_address: number, _mode: number): Res {
    this.arena.plinth.notReached('segNoAccess');
    return Res.UNIMPL;
  }
  whiten(_trace: Trace): void {
    // Segments of pools that aren't collected decline.
  }
  greyen(trace: Trace): void {
    if (!(this.white & trace.bit)) this.setGrey(this.grey | trace.bit);
  }
  blacken(_traces: number): void {
    // Pools with colours per object override this.
  }
  scan(_ss: ScanState): Res {
    this.arena.plinth.notReached('segNoScan');
    return Res.UNIMPL;
  }
  fix(_ss: ScanState): Res {
    this.arena.plinth.notReached('segNoFix');
    return Res.UNIMPL;
  }
  fixEmergency(ss: ScanState): Res {
    return this.fix(ss);
  }
  reclaim(_trace: Trace): void {
    this.arena.plinth.notReached('segNoReclaim');
  }
  flipped(_trace: Trace): void {
    // Only barriers care.
  }

  /** Return the grains to the arena. */
  free(): void {
    const { arena } = this;
    if (this.queued) arena.shield.flush();
    arena.shield.lower(this, AccessSet.ReadWrite);
    this.pool.segs.delete(this);
    arena.vm.setSeg(this.base, this.limit, undefined);
    arena.vm.free(this.base, this.size);
    arena.controlFree(this.block, SEG_WORDS * arena.wordSize);
    arena.plinth.aver(this.depth === 0, 'SegFinish', 'seg->depth == 0');
  }

  check(): boolean {
    const c = (ok: boolean, text: string): boolean => this.arena.plinth.aver(ok, 'SegCheck', text);
    return (
      c((this.pm & ~this.sm) === 0, 'BS_DIFF(seg->pm, seg->sm) == 0') &&
      c(this.sm === this.pm || this.depth > 0 || this.queued, 'seg->sm == seg->pm || seg->depth > 0 || seg->queued') &&
      c(this.rankSet !== 0 || (this.grey === 0 && this.sm === 0 && this.summary.isEmpty), 'RankSet empty => no grey, no protection') &&
      c((this.rankSet & (this.rankSet - 1)) === 0, 'RankSetIsSingle(seg->rankSet)') &&
      c(this.arena.vm.segOf(this.base) === this, 'TRACT_SEG(seg->firstTract) == seg') &&
      c(this.arena.vm.segOf(this.limit - 1) === this, 'TRACT_SEG(last tract) == seg')
    );
  }
}

const SEG_WORDS = 26;

export class GCSeg extends Seg {
  /** On the grey ring of its rank while grey. */
  readonly greyNode = new RingNode<TracedSeg>(this);

  override setGrey(grey: number): void {
    if ((this.grey === 0) !== (grey === 0)) {
      this.greyNode.remove();
      if (grey !== 0) this.arena.traces.greyRing(this.rankSet).insert(this.greyNode);
    }
    this.grey = grey;
  }
  setRankAndSummary(rankSet: number, summary: RefSet): void {
    this.rankSet = rankSet;
    this.setSummary(summary);
  }
  override free(): void {
    if (this.grey) this.setGrey(0);
    super.free();
  }
  override check(): boolean {
    const { plinth } = this.arena;
    return plinth.aver((this.grey !== 0) === !this.greyNode.isSingle, 'GCSegCheck', 'on grey ring iff grey') && super.check();
  }
}

export class MutatorSeg extends GCSeg {
  override access(_address: number, mode: number): Res {
    return accessSegment(this.arena, this, mode);
  }
  override setGrey(grey: number): void {
    const flipped = this.arena.traces.flipped;
    const was = this.grey & flipped;
    super.setGrey(grey);
    if (!was && grey & flipped) this.arena.shield.raise(this, AccessSet.Read);
    else if (was && !(grey & flipped)) this.arena.shield.lower(this, AccessSet.Read);
  }
  override setSummary(summary: RefSet): void {
    const had = this.summary;
    this.summary = summary;
    if (this.rankSet === 0) return;
    const { zones, shield } = this.arena;
    if (zones.isUniv(summary)) {
      if (!zones.isUniv(had) || this.sm & AccessSet.Write) shield.lower(this, AccessSet.Write);
    } else shield.raise(this, AccessSet.Write);
  }
  override flipped(trace: Trace): void {
    if (this.grey & trace.bit && !(this.grey & this.arena.traces.flipped & ~trace.bit)) {
      this.arena.shield.raise(this, AccessSet.Read);
    }
  }
  override check(): boolean {
    const { plinth, zones, traces } = this.arena;
    const c = (ok: boolean, text: string): boolean => plinth.aver(ok, 'MutatorSegCheck', text);
    return (
      super.check() &&
      c(this.rankSet === 0 || (this.sm & AccessSet.Write) !== 0 || zones.isUniv(this.summary), 'summary is UNIV or write barrier') &&
      c((this.grey & traces.flipped) === 0 || (this.sm & AccessSet.Read) !== 0, 'not grey or read barrier')
    );
  }
}

/** Grains for a segment of `pool`, then its descriptor. */
export function allocSeg<S extends Seg>(pool: SegPool, pref: LocusPref, size: number, make: (base: number, limit: number) => S): S | Res {
  const { arena } = pool;
  const base = arena.vm.alloc(pref, size, pool);
  if (base < 0) return failureOf(base);
  const block = arena.controlAlloc(SEG_WORDS * arena.wordSize);
  if (block < 0) {
    arena.vm.free(base, size);
    return failureOf(block);
  }
  const seg = make(base, base + size);
  seg.describe(block);
  arena.vm.setSeg(base, base + size, seg);
  pool.segs.add(seg);
  return seg;
}
