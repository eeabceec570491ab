/** Counters of one arena, for reports. */
import type { Standing } from '../../platforms/port.js';
import type { Trace } from './trace.js';

export interface PinnedExample {
  /** The ambiguous reference that pinned an object. */
  address: number;
  /** Where it was: a register or a stack slot by name, or a word of memory. */
  by: string;
  thread: number;
  /** Where that thread stood. */
  stood?: Standing;
}

export class Statistics {
  collections = 0;
  flips = 0;
  objectsMoved = 0;
  bytesMoved = 0;
  /** Objects that ambiguous references kept in place, summed over collections. */
  objectsPinned = 0;
  pinnedExample: PinnedExample | undefined;
  barrierFaults = 0;
  peakCommitted = 0;
  peakReserved = 0;

  notePinned(trace: Trace): void {
    this.objectsPinned += trace.pinned;
  }

  /** An object in [base, limit) stayed in place: take one of its nails for an example, best one with a name. */
  notePin(trace: Trace, base: number, limit: number): void {
    trace.pinned++;
    if (this.pinnedExample && this.pinnedExample.thread !== 0) return;
    const nail = trace.nails.find((n) => n.address >= base && n.address < limit);
    if (nail && (!this.pinnedExample || nail.thread !== 0)) this.pinnedExample = { ...nail };
  }
}
