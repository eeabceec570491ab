/** Whose turn it is, and the virtual time that passes in it: what a thread has used of its CPU. */
import type { VirtualClock } from './clock.js';
import type { Thread } from './thread.js';

export class Turns {
  private present: { thread: Thread; began: number } | undefined;

  constructor(private readonly clock: VirtualClock) {}

  get thread(): Thread | undefined {
    return this.present?.thread;
  }

  /** From now on it is this thread's, or nobody's. */
  take(thread: Thread | undefined): void {
    const { now } = this.clock;
    if (this.present) this.present.thread.busy += now - this.present.began;
    this.present = thread && { thread, began: now };
  }

  /** Virtual time that passed while it was this thread's turn. */
  busyTime(thread: Thread): number {
    return thread.busy + (this.present?.thread === thread ? this.clock.now - this.present.began : 0);
  }
}
