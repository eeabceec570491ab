/**
 * Which threads can run, in order of their numbers: kept up as threads and what they wait for change, so that a turn
 * costs the same however many threads wait. A wait that names what it depends on (`Wait.on`) is looked at again when
 * that has changed, as a kernel wakes those that sleep on it; one that names nothing is looked at before each turn.
 */
import type { Thread } from './thread.js';
import { isReady, type Wait } from './wait.js';

interface Sleeper {
  deadline: number;
  thread: Thread;
}

export class ReadyThreads {
  /** Lowest number first. */
  readonly list: Thread[] = [];
  /** Threads whose state has changed since the last look. */
  private readonly moved = new Set<Thread>();
  /** What each blocked thread is entered under. */
  private readonly waits = new Map<Thread, Wait>();
  private readonly byCause = new Map<unknown, Set<Thread>>();
  private readonly changedCauses = new Set<unknown>();
  private readonly polled = new Set<Thread>();
  /** Earliest deadline first. */
  private readonly sleepers: Sleeper[] = [];

  /** Its state, or whether it is suspended, is another than before. */
  threadMoved(thread: Thread): void {
    this.moved.add(thread);
  }

  /** What some wait depends on (`Wait.on`) is another than before. */
  causeChanged(cause: unknown): void {
    if (this.byCause.has(cause)) this.changedCauses.add(cause);
  }

  get anyBlocked(): boolean {
    return this.waits.size > 0;
  }

  /** Brings the list up to date: threads whose wait is over become runnable. */
  update(now: number): void {
    for (const thread of this.moved) this.enter(thread);
    while (this.sleepers.length > 0 && this.sleepers[0].deadline <= now) this.wake(this.sleepers[0].thread);
    if (this.changedCauses.size > 0) {
      for (const cause of this.changedCauses) for (const thread of [...(this.byCause.get(cause) ?? [])]) this.look(thread);
      this.changedCauses.clear();
    }
    if (this.polled.size > 0) for (const thread of [...this.polled]) this.look(thread);
    // Those that were woken just now.
    for (const thread of this.moved) this.enter(thread);
  }

  /** Looks at every wait, whatever it names: for a guest that changed the memory behind a lock by itself. */
  lookAtAll(): void {
    for (const thread of [...this.waits.keys()]) this.look(thread);
    for (const thread of this.moved) this.enter(thread);
  }

  /** The earliest deadline of a thread that is not suspended; Infinity if there is none. */
  nextDeadline(): number {
    return this.sleepers.find(({ thread }) => thread.suspendCount === 0)?.deadline ?? Infinity;
  }

  private look(thread: Thread): void {
    if (thread.wait && isReady(thread.wait)) this.wake(thread);
  }

  private wake(thread: Thread): void {
    this.leaveWait(thread);
    thread.unblock();
  }

  private enter(thread: Thread): void {
    this.moved.delete(thread);
    const place = this.placeOf(thread);
    const listed = this.list[place] === thread;
    if (thread.runnable && !listed) this.list.splice(place, 0, thread);
    else if (!thread.runnable && listed) this.list.splice(place, 1);
    const wait = thread.state === 'blocked' ? thread.wait : undefined;
    if (wait === this.waits.get(thread)) return;
    this.leaveWait(thread);
    if (wait) this.enterWait(thread, wait);
  }

  private enterWait(thread: Thread, wait: Wait): void {
    this.waits.set(thread, wait);
    if (wait.deadline !== undefined) this.sleepers.splice(this.firstSleeper(wait.deadline, true), 0, { deadline: wait.deadline, thread });
    if (!wait.on) this.polled.add(thread);
    else {
      for (const cause of wait.on) {
        const threads = this.byCause.get(cause);
        if (threads) threads.add(thread);
        else this.byCause.set(cause, new Set([thread]));
      }
      // It may have come true between the call and now.
      this.look(thread);
    }
  }

  private leaveWait(thread: Thread): void {
    const wait = this.waits.get(thread);
    if (!wait) return;
    this.waits.delete(thread);
    this.polled.delete(thread);
    for (const cause of wait.on ?? []) {
      const threads = this.byCause.get(cause);
      threads?.delete(thread);
      if (threads?.size === 0) this.byCause.delete(cause);
    }
    if (wait.deadline === undefined) return;
    let at = this.firstSleeper(wait.deadline, false);
    while (this.sleepers[at].thread !== thread) at++;
    this.sleepers.splice(at, 1);
  }

  /** Where the thread is in the list, or belongs. */
  private placeOf({ id }: Thread): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.list[middle].id < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first sleeper with that deadline, or the one `after` them. */
  private firstSleeper(deadline: number, after: boolean): number {
    let low = 0;
    let high = this.sleepers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.sleepers[middle].deadline;
      if (other < deadline || (after && other === deadline)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
