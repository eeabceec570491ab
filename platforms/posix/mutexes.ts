/**
 * pthread mutexes: normal, recursive and error-checking. State is in the guest's
 * bytes (lock word, owner, count, kind where that C library has them), so that
 * static initialisers and copies behave as they do there. Source: POSIX.1-2017; the
 * layouts are those of glibc, libthr and libpthread.
 */
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import { deadlineAt } from './clock.js';
import type { ObjectPlaces } from './objects.js';
import { posixThread } from './posix-thread.js';
import type { PosixSystem } from './system.js';

/** Polls never fault: what can't be read is tried again by the call itself, which then faults. */
export function peek(memory: MemoryView, address: number, value: (word: number) => boolean): boolean {
  try {
    return value(memory.u32(address));
  } catch (error) {
    if (error instanceof GuestFault) return true;
    throw error;
  }
}

export class Mutexes {
  constructor(
    private readonly system: PosixSystem,
    private readonly places: ObjectPlaces,
  ) {}

  private get traits() {
    return this.system.traits.pthread.mutex;
  }

  private kindOf(memory: MemoryView, state: number, address: number): number {
    const { traits } = this;
    const signature = traits.staticKinds[memory.u32(address)];
    // A statically initialised one has no kind yet.
    return signature ?? (memory.u32(state + traits.kind) & traits.kindMask || traits.defaultKind);
  }

  /** 0 or an error number; blocks while another thread has it. `count`: recursion to take it with (condition variables). */
  lock(call: HostCall, address: number, count = 1, deadline?: number): number {
    const { errno } = this.system.traits;
    const result = this.tryLock(call, address, count);
    if (result !== errno.EBUSY) return result;
    const { traits } = this;
    const { memory } = call;
    const state = this.places.state(traits, address);
    if (memory.u32(state + traits.owner) === posixThread(call.thread).tid && this.kindOf(memory, state, address) === traits.errorCheck)
      return errno.EDEADLK;
    if (deadline !== undefined && this.system.process.clock.now >= deadline) return errno.ETIMEDOUT;
    const owner = memory.u32(state + traits.owner);
    const ready = (): boolean => peek(call.supervisor, state + traits.lock, (word) => word === 0);
    const holder = (): number | string => this.threadNumber(owner);
    return call.block({
      // Put into words when somebody wants to know: the search for the thread takes long where there are many.
      get what() {
        return `mutex 0x${address.toString(16)}, held by thread ${holder()}`;
      },
      on: [state + traits.lock],
      ready,
      ...(deadline !== undefined && { deadline }),
    });
  }

  private threadNumber(tid: number): number | string {
    return this.system.process.threads.find((t) => posixThread(t).tid === tid)?.id ?? 'none';
  }

  tryLock(call: HostCall, address: number, count = 1): number {
    const { traits } = this;
    const { errno } = this.system.traits;
    const { memory } = call;
    const state = this.places.state(traits, address);
    if (state === 0) return errno.ENOMEM;
    const { tid } = posixThread(call.thread);
    if (memory.u32(state + traits.lock) === 0) {
      memory.setU32(state + traits.owner, tid);
      memory.setU32(state + traits.count, count);
      memory.setU32(state + traits.lock, 1);
      return 0;
    }
    if (memory.u32(state + traits.owner) === tid && this.kindOf(memory, state, address) === traits.recursive) {
      memory.setU32(state + traits.count, memory.u32(state + traits.count) + 1);
      return 0;
    }
    return errno.EBUSY;
  }

  unlock(call: HostCall, address: number): number {
    const { traits } = this;
    const { errno } = this.system.traits;
    const { memory } = call;
    const state = this.places.state(traits, address);
    const kind = this.kindOf(memory, state, address);
    const mine = memory.u32(state + traits.lock) !== 0 && memory.u32(state + traits.owner) === posixThread(call.thread).tid;
    if (!mine && kind !== traits.normal) return errno.EPERM;
    const count = memory.u32(state + traits.count);
    if (kind === traits.recursive && count > 1) {
      memory.setU32(state + traits.count, count - 1);
      return 0;
    }
    memory.setU32(state + traits.owner, 0);
    memory.setU32(state + traits.count, 0);
    memory.setU32(state + traits.lock, 0);
    this.system.process.changed(state + traits.lock);
    return 0;
  }

  /** Let go of it whatever its recursion count, for a condition wait; the count, or an error number negated. */
  release(call: HostCall, address: number): number {
    const { traits } = this;
    const { memory } = call;
    const state = this.places.state(traits, address);
    const count = memory.u32(state + traits.count);
    if (this.kindOf(memory, state, address) === traits.recursive && count > 1) memory.setU32(state + traits.count, 1);
    const error = this.unlock(call, address);
    return error === 0 ? Math.max(1, count) : -error;
  }

  private init(call: HostCall, address: number, attributes: number): number {
    const { traits } = this;
    const { errno, pthread } = this.system.traits;
    const kind = attributes === 0 ? traits.defaultKind : call.memory.u32(this.places.state(pthread.mutexAttr, attributes));
    const state = this.places.fresh(traits, address);
    if (state === 0) return errno.ENOMEM;
    call.memory.setU32(state + traits.kind, kind);
    this.system.process.changed(state + traits.lock);
    return 0;
  }

  private destroy(call: HostCall, address: number): number {
    const { traits } = this;
    const state = this.places.state(traits, address);
    if (call.memory.u32(state + traits.lock) !== 0) return this.system.traits.errno.EBUSY;
    this.places.destroy(traits, address);
    return 0;
  }

  list(): HostFunction[] {
    const { traits, places } = this;
    const { errno, pthread } = this.system.traits;
    const kinds = [traits.normal, traits.recursive, traits.errorCheck, traits.defaultKind];
    return [
      hostFunction('pthread_mutex_init', 'i(pp)', (call, address, attributes) => this.init(call, address, attributes)),
      hostFunction('pthread_mutex_destroy', 'i(p)', (call, address) => this.destroy(call, address)),
      hostFunction('pthread_mutex_lock', 'i(p)', (call, address) => this.lock(call, address)),
      hostFunction('pthread_mutex_trylock', 'i(p)', (call, address) => this.tryLock(call, address)),
      hostFunction('pthread_mutex_timedlock', 'i(pp)', (call, address, time) => {
        const deadline = deadlineAt(call, time, true);
        return deadline === undefined ? errno.EINVAL : this.lock(call, address, 1, deadline);
      }),
      hostFunction('pthread_mutex_unlock', 'i(p)', (call, address) => this.unlock(call, address)),
      hostFunction('pthread_mutexattr_init', 'i(p)', (call, address) => {
        const state = places.fresh(pthread.mutexAttr, address);
        if (state === 0) return errno.ENOMEM;
        call.memory.setU32(state, traits.defaultKind);
        return 0;
      }),
      hostFunction('pthread_mutexattr_destroy', 'i(p)', (_call, address) => (places.destroy(pthread.mutexAttr, address), 0)),
      hostFunction('pthread_mutexattr_settype', 'i(pi)', (call, address, kind) => {
        if (!kinds.includes(kind)) return errno.EINVAL;
        call.memory.setU32(places.state(pthread.mutexAttr, address), kind);
        return 0;
      }),
      hostFunction('pthread_mutexattr_gettype', 'i(pp)', (call, address, result) => {
        call.memory.setU32(result, call.memory.u32(places.state(pthread.mutexAttr, address)));
        return 0;
      }),
    ];
  }
}
