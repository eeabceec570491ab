/** Segments, pools, generations and roots as the tracer sees them: what it asks of them, and nothing else. */
import type { Rank, Res } from '../plinth/res.js';
import type { RefSet } from '../space/zone.js';
import type { ScanState } from './scan-state.js';
import type { ShieldedSeg } from './shield.js';
import type { Trace } from './trace.js';

export interface TracedSeg extends ShieldedSeg {
  /** Guest address of its descriptor. */
  readonly block: number;
  readonly pool: TracedPool;
  readonly size: number;
  readonly zones: RefSet;
  /** Sets of traces. */
  readonly grey: number;
  readonly white: number;
  /** Set of ranks of the references in it: empty or one. */
  readonly rankSet: number;
  readonly summary: RefSet;
  /** Scans to go before it gets a real summary and so a write barrier. */
  defer: number;
  setGrey(grey: number): void;
  setSummary(summary: RefSet): void;
  /** Condemn for the trace, or decline. */
  whiten(trace: Trace): void;
  greyen(trace: Trace): void;
  blacken(traces: number): void;
  /** The trace is about to flip. */
  flipped(trace: Trace): void;
  /** Fix all references; ss.total says whether every one was looked at. */
  scan(ss: ScanState): Res;
  /** ss.ref refers into this white segment. */
  fix(ss: ScanState): Res;
  /** The same without allocating. */
  fixEmergency(ss: ScanState): Res;
  /** The trace is done: give back what is still white. */
  reclaim(trace: Trace): void;
  /** The mutator met the barrier at `address`. */
  access(address: number, mode: number): Res;
}

export interface TracedPool {
  /** Can its objects be collected, and may they move? */
  readonly isGC: boolean;
  readonly isMovingGC: boolean;
  readonly segs: Iterable<TracedSeg>;
  readonly buffers: Iterable<{ flip(): void }>;
}

export interface TracedGen {
  readonly segs: Iterable<TracedSeg>;
  readonly mortality: number;
  startTrace(trace: Trace): void;
  endTrace(trace: Trace): void;
}

export interface TracedChain {
  readonly gens: readonly TracedGen[];
  /** How far from its capacity its fullest generation is; negative: collect. */
  readonly deferral: number;
  /** The generations that a collection of the chain condemns. */
  toCondemn(): TracedGen[];
}

export interface TracedRoot {
  readonly serial: number;
  readonly kind: string;
  readonly rank: Rank;
  readonly summary: RefSet;
  /** Set of traces. */
  grey: number;
  scan(ss: ScanState): Res;
}
