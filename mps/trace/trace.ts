/**
 * Traces: one collection. Condemn generations, start (find what refers to them), flip (let
 * the mutator see only the new world), scan what is grey, rank by rank, until nothing is,
 * and reclaim what is still white. Phases: INIT, UNFLIPPED, FLIPPED, RECLAIM, FINISHED.
 */
import type { Arena } from '../arena/arena.js';
import type { GenDesc } from '../heap/generation.js';
import { flip } from './flip.js';
import { findGrey, scanSegment } from './scan.js';
import { Rank, Res } from '../plinth/res.js';
import { RefSet } from '../space/zone.js';

export const TraceState = { INIT: 1, UNFLIPPED: 2, FLIPPED: 3, RECLAIM: 4, FINISHED: 5 } as const;

/** Why collections start. */
export const TraceWhy = {
  CHAIN_GEN0CAP: 0,
  DYNAMIC: 1,
  OPPORTUNISM: 2,
  CLIENTFULL_INC: 3,
  CLIENTFULL_BLOCK: 4,
  WALK: 5,
  EXTENSION: 6,
} as const;

export const traceWhyText = [
  'a generation of a chain reached its capacity (minor collection)',
  'memory for finishing a full collection was running short (full collection)',
  'the client program offered idle time (full collection)',
  'the client program asked for an incremental full collection',
  'the client program asked for a full collection',
  'a walk of the heap',
  'an extension asked for it',
];

/** Bytes allocated between polls. */
export const POLL_INTERVAL = 65536;

/** Nails whose holders are named for the report. */
const NAMED_NAILS = 16;

export interface Nail {
  address: number;
  by: string;
  thread: number;
}

export class Trace {
  state: number = TraceState.INIT;
  /** The trace's bit in trace sets (there is one trace at a time). */
  readonly bit = 1;
  white = RefSet.EMPTY;
  /** Zones of white segments whose objects may move. */
  mayMove = RefSet.EMPTY;
  band: Rank = Rank.AMBIG;
  firstStretch = true;
  foundRank: Rank = Rank.EXACT;
  readonly gens: GenDesc[] = [];
  // Sizes in bytes.
  condemned = 0;
  notCondemned = 0;
  foundation = 0;
  quantumWork = 0;
  segScanSize = 0;
  rootScanSize = 0;
  forwardedSize = 0;
  preservedInPlaceSize = 0;
  /** Objects that ambiguous references kept in place, and the first of the nails. */
  pinned = 0;
  readonly nails: Nail[] = [];

  constructor(
    readonly arena: Arena,
    readonly why: number,
  ) {}

  get work(): number {
    return this.segScanSize + this.rootScanSize;
  }

  noteNail(nail: Nail): void {
    if (this.nails.length < NAMED_NAILS) this.nails.push(nail);
  }
  get wantsNails(): boolean {
    return this.nails.length < NAMED_NAILS;
  }

  /** Make segments of the generations white. FAIL: nothing to condemn. Sets the expected mortality. */
  condemn(gens: readonly GenDesc[]): Res {
    const { arena } = this;
    let casualties = 0;
    arena.shield.hold();
    for (const gen of gens) {
      this.gens.push(gen);
      gen.startTrace(this);
      const before = this.condemned;
      for (const seg of gen.segs) {
        seg.whiten(this);
        if (!(seg.white & this.bit)) continue;
        this.white = this.white.union(seg.zones);
        if (seg.pool.isMovingGC) this.mayMove = this.mayMove.union(seg.zones);
      }
      casualties += (this.condemned - before) * gen.mortality;
    }
    arena.shield.release();
    if (this.white.isEmpty) return Res.FAIL;
    this.mortality = this.condemned > 0 ? casualties / this.condemned : 0;
    return Res.OK;
  }
  mortality = 0;

  /** What refers to the condemned becomes grey, and the mutator flips. finishingTime: bytes of allocation. */
  start(finishingTime: number): void {
    const { arena } = this;
    for (const pool of arena.pools) {
      for (const seg of pool.segs) {
        if (seg.rankSet === 0) continue;
        if (seg.summary.intersects(this.white)) {
          seg.greyen(this);
          if (seg.grey & this.bit) this.foundation += seg.size;
        }
        if (pool.isGC && !(seg.white & this.bit)) this.notCondemned += seg.size;
      }
    }
    for (const root of arena.roots) if (root.summary.intersects(this.white)) root.grey |= this.bit;
    const survivors = this.condemned * (1 - this.mortality);
    const polls = Math.max(1, Math.trunc(Math.min(finishingTime / POLL_INTERVAL, Number.MAX_SAFE_INTEGER)));
    this.quantumWork = (this.foundation + survivors) / polls + 1;
    this.state = TraceState.UNFLIPPED;
    arena.statistics.collections++;
    const { events } = arena.port;
    if (events.on) {
      events.emit('trace-start', {
        why: traceWhyText[this.why],
        condemned: this.condemned,
        foundation: this.foundation,
        notCondemned: this.notCondemned,
        white: [this.white.hi >>> 0, this.white.lo >>> 0],
      });
    }
    arena.messages.postGCStart(this);
    flip(this);
  }

  /** One step: scan one grey segment, or find that there is none, or reclaim. */
  advance(): void {
    const { arena } = this;
    const before = this.work;
    if (this.state === TraceState.FLIPPED) {
      const seg = findGrey(this);
      if (seg) scanSegment(seg, this.foundRank, this);
      else this.state = TraceState.RECLAIM;
    } else if (this.state === TraceState.RECLAIM) this.reclaim();
    else arena.plinth.notReached('TraceAdvance');
    arena.tracedWork += this.work - before;
  }

  private reclaim(): void {
    const { arena } = this;
    for (const gen of this.gens) {
      for (const seg of gen.segs) {
        arena.plinth.aver(!(seg.grey & this.bit), 'traceReclaim', '!TraceSetIsMember(SegGrey(seg), trace)');
        if (seg.white & this.bit) seg.reclaim(this);
      }
    }
    this.state = TraceState.FINISHED;
    arena.vm.chunks.compact();
    arena.messages.postGC(this);
    arena.messages.prepareGC();
    arena.statistics.notePinned(this);
  }

  /** A finished trace, or one that condemned nothing, goes. */
  destroy(): void {
    const { arena } = this;
    for (const gen of this.gens) gen.endTrace(this);
    arena.busyTrace = undefined;
    arena.flippedTraces = 0;
    arena.vm.chunks.compact();
    arena.setEmergency(false);
    if (this.state === TraceState.FINISHED && arena.port.events.on) {
      arena.port.events.emit('trace-end', {
        condemned: this.condemned,
        forwarded: this.forwardedSize,
        preservedInPlace: this.preservedInPlaceSize,
        pinned: this.pinned,
      });
    }
  }
}
