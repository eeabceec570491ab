/** Who waits on which word of the program's memory. Source: kernel/futex/ (Linux 6.18), futex(2). */
export interface FutexWaiter {
  key: number;
  /** Wakes that name none of these bits pass it by. */
  bits: number;
  woken: boolean;
}

/** Any bit. */
export const ANY = 0xffffffff;

export class Futexes {
  /** By address; those who came first are woken first. */
  private readonly queues = new Map<number, FutexWaiter[]>();

  constructor(private readonly changed: (cause: unknown) => void) {}

  wait(key: number, bits: number): FutexWaiter {
    const waiter = { key, bits, woken: false };
    const queue = this.queues.get(key);
    if (queue) queue.push(waiter);
    else this.queues.set(key, [waiter]);
    return waiter;
  }

  /** It does not wait any more. */
  leave(waiter: FutexWaiter): void {
    const queue = this.queues.get(waiter.key) ?? [];
    const rest = queue.filter((other) => other !== waiter);
    if (rest.length > 0) this.queues.set(waiter.key, rest);
    else this.queues.delete(waiter.key);
  }

  /** How many were woken, of at most `most`. */
  wake(key: number, most: number, bits: number = ANY): number {
    const chosen = (this.queues.get(key) ?? []).filter((waiter) => (waiter.bits & bits) !== 0).slice(0, Math.max(0, most));
    for (const waiter of chosen) {
      this.leave(waiter);
      waiter.woken = true;
      this.changed(waiter);
    }
    return chosen.length;
  }

  /** Have at most `most` of them wait at another word. */
  requeue(from: number, to: number, most: number): number {
    const moved = (this.queues.get(from) ?? []).slice(0, Math.max(0, most));
    for (const waiter of moved) {
      this.leave(waiter);
      waiter.key = to;
      const queue = this.queues.get(to);
      if (queue) queue.push(waiter);
      else this.queues.set(to, [waiter]);
    }
    return moved.length;
  }

  count(key: number): number {
    return this.queues.get(key)?.length ?? 0;
  }

  anyWaits(key: number): boolean {
    return this.queues.has(key);
  }
}
