/**
 * Virtual time. One unit is one guest instruction, taken as one nanosecond;
 * host calls and the collector's work add units of their own. Nothing here
 * reads a real clock, so a run repeats exactly.
 */
export const UNITS_PER_SECOND = 1_000_000_000;
/** What a host call costs beside the work it reports itself. */
export const HOST_CALL_UNITS = 50;

export class VirtualClock {
  now = 0;

  advance(units: number): void {
    this.now += units;
  }
}
