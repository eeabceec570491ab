/** pthread condition variables. Who waits is kept here, in order of arrival, keyed by the variable's address. Source: POSIX.1-2017. */
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { guestStep } from '../../emulator/process/sequence.js';
import { deadlineAt } from './clock.js';
import { clockWord } from './lock-attributes.js';
import type { Mutexes } from './mutexes.js';
import type { ObjectPlaces } from './objects.js';
import { posixThread, type Unfinished } from './posix-thread.js';
import type { PosixSystem } from './system.js';

interface Waiter {
  phase: 'new' | 'waiting' | 'locking';
  /** Recursion count of the mutex to give back. */
  count: number;
  woken: boolean;
  timedOut: boolean;
  canceled: boolean;
  unfinished: Unfinished | undefined;
}

export class Conditions {
  private readonly waiters = new Map<number, Waiter[]>();
  private readonly lockGate: number;

  constructor(
    private readonly system: PosixSystem,
    private readonly places: ObjectPlaces,
    private readonly mutexes: Mutexes,
  ) {
    this.lockGate = system.process.defineHostFunction(
      hostFunction('condition-takes-mutex', 'i(p)', (call, mutex) => mutexes.lock(call, mutex)),
      system.traits.libraryNames.threads,
    );
  }

  private leave(state: number, waiter: Waiter): void {
    const queue = this.waiters.get(state);
    if (!queue) return;
    const place = queue.indexOf(waiter);
    if (place >= 0) queue.splice(place, 1);
    if (queue.length === 0) this.waiters.delete(state);
  }

  private wait(call: HostCall, address: number, mutex: number, deadline?: number): number {
    const { traits, process, cancellation } = this.system;
    const state = this.places.state(traits.pthread.cond, address);
    if (state === 0) return traits.errno.ENOMEM;
    const posix = posixThread(call.thread);
    const waiter = call.attempt<Waiter>(() => ({
      phase: 'new',
      count: 1,
      woken: false,
      timedOut: false,
      canceled: false,
      unfinished: undefined,
    }));
    if (waiter.phase === 'new') {
      const count = this.mutexes.release(call, mutex);
      if (count < 0) return -count;
      waiter.count = count;
      waiter.phase = 'waiting';
      // Who is cancelled in a signal handler that came meanwhile leaves the condition, and takes the mutex back.
      waiter.unfinished = {
        sp: call.sp,
        undo: () => this.leave(state, waiter),
        step: guestStep(this.lockGate, 'i(p)', [mutex]),
      };
      posix.unfinished.push(waiter.unfinished);
      const queue = this.waiters.get(state);
      if (queue) queue.push(waiter);
      else this.waiters.set(state, [waiter]);
    }
    if (waiter.phase === 'waiting') {
      if (!waiter.woken && deadline !== undefined && process.clock.now >= deadline) waiter.timedOut = true;
      // A request to end comes after a wake-up that was there first, and before the mutex is taken back.
      waiter.canceled = !waiter.woken && cancellation.due(call.thread);
      if (!waiter.woken && !waiter.timedOut && !waiter.canceled) {
        const wait = {
          what: `condition 0x${address.toString(16)}`,
          on: [waiter],
          ready: () => waiter.woken,
          ...(deadline !== undefined && { deadline }),
        };
        return call.block(cancellation.waits(call.thread, wait));
      }
      this.leave(state, waiter);
      waiter.phase = 'locking';
      if (waiter.unfinished) posix.finished(waiter.unfinished);
    }
    const error = this.mutexes.lock(call, mutex, waiter.count);
    if (waiter.canceled) return cancellation.exit(call.thread);
    cancellation.returns(call.thread);
    return error !== 0 ? error : waiter.timedOut ? traits.errno.ETIMEDOUT : 0;
  }

  private wake(address: number, all: boolean): number {
    const state = this.places.state(this.system.traits.pthread.cond, address);
    const queue = this.waiters.get(state) ?? [];
    for (const waiter of all ? queue.splice(0) : queue.splice(0, 1)) {
      waiter.woken = true;
      this.system.process.changed(waiter);
    }
    if (queue.length === 0) this.waiters.delete(state);
    return 0;
  }

  list(): HostFunction[] {
    const { places } = this;
    const { os, pthread, errno } = this.system.traits;
    /** The attribute and the variable keep the clock in their first word: 0 = realtime, else clock + 1. */
    const clockOf = (call: HostCall, address: number): boolean => {
      const word = call.memory.u32(places.state(pthread.cond, address) + pthread.condClock);
      return word !== pthread.clockMonotonic + 1;
    };
    return [
      hostFunction('pthread_cond_init', 'i(pp)', (call, address, attributes) => {
        const clock = attributes === 0 ? 0 : clockWord(call.memory.u32(places.state(pthread.condAttr, attributes)));
        const state = places.fresh(pthread.cond, address);
        if (state === 0) return errno.ENOMEM;
        call.memory.setU32(state + pthread.condClock, clock);
        return 0;
      }),
      hostFunction('pthread_cond_destroy', 'i(p)', (_call, address) => {
        if (this.waiters.has(places.state(pthread.cond, address))) return errno.EBUSY;
        places.destroy(pthread.cond, address);
        return 0;
      }),
      hostFunction('pthread_cond_wait', 'i(pp)', (call, address, mutex) => this.wait(call, address, mutex)),
      hostFunction('pthread_cond_timedwait', 'i(ppp)', (call, address, mutex, time) => {
        const deadline = deadlineAt(call, time, clockOf(call, address));
        return deadline === undefined ? errno.EINVAL : this.wait(call, address, mutex, deadline);
      }),
      ...(os === 'linux'
        ? [
            hostFunction('pthread_cond_clockwait', 'i(ppip)', (call, address, mutex, clock, time) => {
              if (clock !== pthread.clockRealtime && clock !== pthread.clockMonotonic) return errno.EINVAL;
              const deadline = deadlineAt(call, time, clock === pthread.clockRealtime);
              return deadline === undefined ? errno.EINVAL : this.wait(call, address, mutex, deadline);
            }),
          ]
        : []),
      hostFunction('pthread_cond_signal', 'i(p)', (_call, address) => this.wake(address, false)),
      hostFunction('pthread_cond_broadcast', 'i(p)', (_call, address) => this.wake(address, true)),
    ];
  }
}
