/**
 * How much the host may hold for a guest: the frames of its memory that were touched, the page tables over them, and
 * what host code keeps for it elsewhere (blocks of a heap, handles, files). Memory that was never touched is not held.
 */
import type { Engine } from '../engine.js';

/** Unless the user says otherwise. */
export const DEFAULT_MEMORY = 2 ** 31;
/** The least in which a program starts, and the most that the engine addresses. */
export const LEAST_MEMORY = 2 ** 24;
export const MOST_MEMORY = 2 ** 32;

/** So little must be left for an OS to refuse what the limit would still admit: programs then see an error and are not killed at the next touch. */
const RESERVE = 1 / 4;

/** Tables that touching pages may need. */
const SLACK = 1 << 17;

export class MemoryLimit {
  constructor(
    readonly limit: number,
    private readonly engine: Engine,
    /** Called when memory has given out where no call can say so; must end the run. */
    private readonly exhausted: () => never,
  ) {}

  get held(): number {
    const { engine } = this;
    return engine.residentBytes + engine.tableBytes + engine.keptBytes;
  }

  /** The host is to keep `bytes` more for the guest. False: that would be too much, and nothing is noted. */
  take(bytes: number): boolean {
    if (this.held + bytes > this.limit) return false;
    this.engine.keptBytes += bytes;
    return true;
  }

  /** The same where there is no way to refuse: the guest dies as if by the kernel's OOM killer. */
  mustTake(bytes: number): void {
    if (!this.take(bytes)) this.exhausted();
  }

  give(bytes: number): void {
    this.engine.keptBytes -= bytes;
  }

  /** Are there frames for `bytes` more that are touched at once, and for the tables over them? */
  fits(bytes: number): boolean {
    return this.held + bytes + SLACK <= this.limit;
  }

  /** May the guest have `bytes` more of address space to touch? */
  admits(bytes: number): boolean {
    return this.limit - this.held >= Math.min(bytes, this.limit * RESERVE);
  }
}
