/**
 * Virtual time. One unit is one guest instruction, taken as one nanosecond;
 * host calls and the collector's work add units of their own. Nothing here
 * reads a real clock, so a run repeats exactly.
 */
export const UNITS_PER_SECOND = 1_000_000_000;
/** What a host call costs beside the work it reports itself. */
export const HOST_CALL_UNITS = 50;
/**
 * Work that a host call may do for the guest for nothing; what is beyond it counts towards the budget, as instructions do.
 * So little that a program which does nothing but call is not slower than a hundredth of one that only computes.
 */
export const FREE_UNITS = 250;

export class VirtualClock {
  now = 0;
  /** Units of host work that count towards the budget. */
  counted = 0;
  /** Time that passed while nobody could run. */
  private idle = 0;
  private free = FREE_UNITS;
  /** Guest instructions before the call that was last given an allowance. */
  private allowedAt = -1;

  /** `onCounted`: called when some has been; may end the process. */
  constructor(private readonly onCounted: () => void = () => undefined) {}

  /**
   * A host call begins that is made by no other; `instructions`: what the guest has executed. Calls that no instruction made (a
   * context whose PC is a host function's, again and again) share one allowance.
   */
  beginCall(instructions: number): void {
    if (instructions === this.allowedAt) return;
    this.allowedAt = instructions;
    this.free = FREE_UNITS;
  }

  /** Time passes in which no instruction was executed, all of which counts. */
  count(units: number): void {
    this.now += units;
    this.counted += units;
    this.onCounted();
  }

  /** Nobody can run until `at`. That counts as a wait does, or a guest could have time jump for ever. */
  idleUntil(at: number): void {
    if (at > this.now) {
      this.idle += at - this.now;
      this.now = at;
    }
    this.waited();
  }

  /** Time in which somebody ran: what the process has used of its CPU. */
  get busy(): number {
    return this.now - this.idle;
  }

  /** A thread has to wait: it will be tried again by no instruction of the guest's, so that counts, and always. */
  waited(): void {
    this.counted += HOST_CALL_UNITS;
    this.onCounted();
  }

  /** The host works for the guest. */
  advance(units: number): void {
    this.now += units;
    this.free -= units;
    if (this.free >= 0) return;
    this.counted -= this.free;
    this.free = 0;
    this.onCounted();
  }
}
