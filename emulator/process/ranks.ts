/**
 * Threads of different priorities on one CPU: those with the highest that can run do, and the others don't. One that has
 * been passed over for seconds gets a turn all the same (the balance set manager of Windows looks for such threads).
 */
import type { Thread } from './thread.js';

/** Four seconds. */
const STARVED = 4_000_000_000;

export class Ranks {
  /** Stands back for one decision. */
  yielding: Thread | undefined;
  /** Since when each has been able to run and has not. */
  private passedOver = new Map<Thread, number>();

  /** Whom to choose from, of the threads that can run. */
  first(ready: readonly Thread[], now: number): readonly Thread[] {
    const others = ready.length > 1 ? ready.filter((thread) => thread !== this.yielding) : ready;
    this.yielding = undefined;
    const highest = others.reduce((top, { priority }) => Math.max(top, priority), -Infinity);
    const before = this.passedOver;
    this.passedOver = new Map();
    for (const thread of others) if (thread.priority < highest) this.passedOver.set(thread, before.get(thread) ?? now);
    const starved = others.find((thread) => now - (this.passedOver.get(thread) ?? now) >= STARVED);
    if (!starved) return others.filter((thread) => thread.priority === highest);
    this.passedOver.delete(starved);
    return [starved];
  }
}
