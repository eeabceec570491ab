/**
 * A trace: the record of one collection. Its phases are INIT, (UNFLIPPED), FLIPPED, RECLAIM, FINISHED; what is done in
 * each is in tracer.ts.
 */
import type { Standing } from '../../platforms/port.js';
import { Rank } from '../plinth/res.js';
import { RefSet } from '../space/zone.js';

export const TraceState = { INIT: 1, UNFLIPPED: 2, FLIPPED: 3, RECLAIM: 4, FINISHED: 5 } as const;
export type TraceState = (typeof TraceState)[keyof typeof TraceState];

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
export type TraceWhy = (typeof TraceWhy)[keyof typeof TraceWhy];

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
  /** Where that thread stood. */
  stood?: Standing;
}

export class Trace {
  state: TraceState = TraceState.INIT;
  /** The trace's bit in trace sets (there is one trace at a time). */
  readonly bit = 1;
  white = RefSet.EMPTY;
  /** Zones of white segments whose objects may move. */
  mayMove = RefSet.EMPTY;
  band: Rank = Rank.AMBIG;
  firstStretch = true;
  /** Expected mortality of what is condemned. */
  mortality = 0;
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

  constructor(readonly why: TraceWhy) {}

  get work(): number {
    return this.segScanSize + this.rootScanSize;
  }

  noteNail(nail: Nail): void {
    if (this.nails.length < NAMED_NAILS) this.nails.push(nail);
  }
  get wantsNails(): boolean {
    return this.nails.length < NAMED_NAILS;
  }
}
