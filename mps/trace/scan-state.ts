/**
 * Scan states: what a scan carries from reference to reference. Stage 1 of a fix (fix1)
 * asks whether the reference is in a white zone; stage 2 (fix2) whether it is to a white
 * segment, and if so calls the segment's fix. Words are pairs of 32-bit halves.
 */
import type { Port, ScanArea } from '../../platforms/port.js';
import type { GuestMemory } from '../plinth/guest-memory.js';
import type { Plinth } from '../plinth/plinth.js';
import { Rank, Res } from '../plinth/res.js';
import { RefSet, type ZoneMap } from '../space/zone.js';

/** The arena as scans see it. */
export interface ScannedArena {
  /** Guest address of the arena structure. */
  readonly address: number;
  /** Take note of what guest code has moved since the last time. Returns the number of objects. */
  noteMoved(): number;
  readonly port: Port;
  readonly plinth: Plinth;
  readonly memory: GuestMemory;
  readonly zones: ZoneMap;
  readonly vm: {
    segOf(address: number): FixableSeg | undefined;
    /** In a chunk, but allocated to nobody. */
    isFree(address: number): boolean;
  };
  readonly traces: { readonly emergency: boolean };
  /** Emit an event for every reference fixed in stage 2. */
  readonly fixEvents: boolean;
}

export interface FixableSeg {
  /** Set of traces. */
  readonly white: number;
  /** ss.ref refers into this white segment. */
  fix(ss: ScanState): Res;
  /** The same without allocating. */
  fixEmergency(ss: ScanState): Res;
}

export class ScanState {
  readonly zoneShift: number;
  readonly whiteLo: number;
  readonly whiteHi: number;
  /** Unfixed summary: zones of every reference looked at. */
  ufsLo = 0;
  ufsHi = 0;
  /** Fixed summary: zones of those that went through stage 2, as they are afterwards. */
  fsLo = 0;
  fsHi = 0;
  /** Bytes scanned. */
  scannedSize = 0;
  /** Cleared by a fix that preserved, or failed to preserve, an object that wasn't marked before. */
  wasMarked = true;
  /** Did a segment's scan look at every reference in it? */
  total = true;
  /** Fixes must not allocate. */
  readonly emergency: boolean;
  /** In and out of fix2. */
  ref = 0;
  /** What is behind the object, where guest code has found that it is not forwarded and how long it is; else 0. */
  next = 0;
  /** Address of the word that holds the reference, where known. */
  slot = 0;
  /** The stack or registers being scanned, and whose. */
  area: ScanArea | undefined;
  thread = 0;
  private readonly width: number;
  private readonly shiftIsLow: boolean;

  constructor(
    readonly arena: ScannedArena,
    readonly rank: Rank,
    /** Set of traces. */
    readonly traces: number,
    white: RefSet,
  ) {
    this.zoneShift = arena.zones.shift;
    this.width = arena.zones.width;
    this.shiftIsLow = this.zoneShift < 32;
    this.whiteLo = white.lo;
    this.whiteHi = white.hi;
    this.emergency = arena.traces.emergency;
  }

  /** May guest code fix references for this scan? Only where nothing but copying is asked for. */
  get forGuest(): boolean {
    const { rank, arena } = this;
    return (rank === Rank.EXACT || rank === Rank.FINAL) && !this.emergency && !arena.fixEvents;
  }

  /** Stage 1 for a word given as halves. */
  fix1Word(lo: number, hi: number): boolean {
    const s = this.zoneShift;
    if (this.width === 32) {
      const bit = 1 << (lo >>> s);
      this.ufsLo |= bit;
      return (this.whiteLo & bit) !== 0;
    }
    const z = (this.shiftIsLow ? (lo >>> s) | (hi << (32 - s)) : hi >>> (s - 32)) & 63;
    const bit = 1 << z;
    if (z < 32) {
      this.ufsLo |= bit;
      return (this.whiteLo & bit) !== 0;
    }
    this.ufsHi |= bit;
    return (this.whiteHi & bit) !== 0;
  }
  fix1(ref: number): boolean {
    return this.fix1Word(ref >>> 0, (ref / 0x100000000) | 0);
  }

  /** Stage 2 on `ref`. If it fails, `ref` is as it was. */
  fix2(): Res {
    const { arena } = this;
    const ref = this.ref;
    const seg = arena.vm.segOf(ref);
    if (seg !== undefined) {
      if ((seg.white & this.traces) !== 0) {
        const res = this.emergency ? seg.fixEmergency(this) : seg.fix(this);
        if (res !== Res.OK) {
          this.ref = ref;
          return res;
        }
      }
    } else if (arena.plinth.checking && this.rank >= Rank.EXACT && arena.vm.isFree(ref)) {
      arena.plinth.aver(false, '_mps_fix2', 'ss->rank < RankEXACT');
    }
    if (arena.fixEvents && arena.port.events.on) {
      arena.port.events.emit('fix', { rank: this.rank, from: ref, to: this.ref, slot: this.slot });
    }
    this.addFixed(this.ref);
    return Res.OK;
  }

  private addFixed(ref: number): void {
    const z = this.arena.zones.of(ref);
    this.fsLo |= z.lo;
    this.fsHi |= z.hi;
  }

  /** Where the reference being fixed is, for people. */
  holder(): string {
    if (this.area) return this.area.nameOf(this.slot);
    return this.slot === 0 ? 'a root' : `[0x${this.slot.toString(16)}]`;
  }

  get white(): RefSet {
    return new RefSet(this.whiteLo, this.whiteHi);
  }
  get unfixed(): RefSet {
    return new RefSet(this.ufsLo, this.ufsHi);
  }
  /** What the scanned references amount to now: those that stayed as they were, and those fixed. */
  get summary(): RefSet {
    return new RefSet(this.fsLo | (this.ufsLo & ~this.whiteLo), this.fsHi | (this.ufsHi & ~this.whiteHi));
  }
  /** Make `summary` the answer, whatever was added so far. */
  setSummary(summary: RefSet): void {
    this.ufsLo = this.ufsHi = 0;
    this.fsLo = summary.lo;
    this.fsHi = summary.hi;
  }
}
