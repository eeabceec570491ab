/**
 * Signals that wait for a thread, or for the process: one of each ordinary signal, all of those with real-time numbers, in order;
 * or all of every number. Source: POSIX.1-2017, 2.4.1; kernel/signal.c (Linux 6.18); sigqueue_add, sigqueue_get of sys/kern/kern_sig.c (FreeBSD 13).
 */
import type { SignalInfo } from './posix-thread.js';
import { add, type SignalSet } from './signal-set.js';

/** Signals of one number. Taken from the front without moving the others. */
interface Queue {
  infos: SignalInfo[];
  first: number;
  /** What is first stands for any number of signals for which there was no room. */
  bare: boolean;
}

/** Numbers up to this one wait once. */
const LAST_ORDINARY = 31;

export class PendingSignals {
  private readonly queues = new Map<number, Queue>();
  private total = 0;

  /** Signals that wait. */
  get count(): number {
    return this.total;
  }

  /** False: it waits already, and (unless `all` wait) only timers have several of an ordinary signal wait. */
  put(info: SignalInfo, all = false): boolean {
    const queue = this.queues.get(info.signal);
    if (queue && !all && info.signal <= LAST_ORDINARY && !info.timer) return false;
    if (queue) queue.infos.push(info);
    else this.queues.set(info.signal, { infos: [info], first: 0, bare: false });
    this.total++;
    return true;
  }

  /** One more of this number, of which nothing is told: before the others. False: there is such a one. */
  putBare(signal: number): boolean {
    const queue = this.queues.get(signal);
    if (queue?.bare) return false;
    const rest = queue ? queue.infos.slice(queue.first) : [];
    this.queues.set(signal, { infos: [{ signal, code: 0, pid: 0 }, ...rest], first: 0, bare: true });
    this.total++;
    return true;
  }

  has(signal: number): boolean {
    return this.queues.has(signal);
  }

  some(wanted: (signal: number) => boolean): boolean {
    for (const signal of this.queues.keys()) if (wanted(signal)) return true;
    return false;
  }

  addTo(set: SignalSet): void {
    for (const signal of this.queues.keys()) add(set, signal);
  }

  /** The first of the wanted signal that comes before the others by `rank`. */
  take(wanted: (signal: number) => boolean, rank: (signal: number) => number): SignalInfo | undefined {
    let best: number | undefined;
    for (const signal of this.queues.keys()) if (wanted(signal) && (best === undefined || rank(signal) < rank(best))) best = signal;
    const queue = best === undefined ? undefined : this.queues.get(best);
    if (best === undefined || !queue) return undefined;
    const info = queue.infos[queue.first++];
    queue.bare = false;
    this.total--;
    if (queue.first === queue.infos.length) this.queues.delete(best);
    else if (queue.first > 1024 && queue.first * 2 > queue.infos.length) {
      queue.infos = queue.infos.slice(queue.first);
      queue.first = 0;
    }
    return info;
  }

  /** Forget those with this number (`which`: not all of them). How many had no timer's place. */
  forget(signal: number, which?: (info: SignalInfo) => boolean): number {
    const queue = this.queues.get(signal);
    if (!queue) return 0;
    const waiting = queue.infos.slice(queue.first);
    const rest = which ? waiting.filter((info) => !which(info)) : [];
    this.total -= waiting.length - rest.length;
    if (rest.length === 0) this.queues.delete(signal);
    else this.queues.set(signal, { infos: rest, first: 0, bare: queue.bare && rest[0] === waiting[0] });
    const counted = (infos: SignalInfo[]): number => infos.filter((info) => !info.timer).length;
    return counted(waiting) - counted(rest);
  }

  /** Forget all: their thread has ended. */
  clear(): number {
    return [...this.queues.keys()].reduce((sum, signal) => sum + this.forget(signal), 0);
  }
}
