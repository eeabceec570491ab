/**
 * pthread mutexes: normal, recursive and error-checking, robust or not. State is in the guest's
 * bytes (lock word, owner, count, kind where that C library has them), so that
 * static initialisers and copies behave as they do there. A robust mutex whose owner has ended says so to who takes it
 * next, and can't be used any more if that one doesn't make it consistent. Source: POSIX.1-2017; the
 * layouts are those of glibc, libthr and libpthread; glibc 2.36's behaviour.
 */
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import { GuestFault } from '../../emulator/memory/memory-view.js';
import { deadlineAt } from './clock.js';
import type { ObjectPlaces } from './objects.js';
import { posixThread, type PosixThread } from './posix-thread.js';
import { kindWord } from './mutex-attributes.js';
import { Flag } from './mutex-kinds.js';
import { copyOut, type PosixSystem } from './system.js';

/** Polls never fault: what can't be read is tried again by the call itself, which then faults. */
export function peek(memory: MemoryView, address: number, value: (word: number) => boolean): boolean {
  try {
    return value(memory.u32(address));
  } catch (error) {
    if (error instanceof GuestFault) return true;
    throw error;
  }
}

/** As the kernel marks the lock word of a robust mutex whose owner has ended, and what glibc has for the owner afterwards. */
const OWNER_DIED = 0x40000000;
const INCONSISTENT = 0x7fffffff;
const NOT_RECOVERABLE = 0x7ffffffe;
const DESTROYED = 0xffffffff;

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

  /** What was destroyed has this kind with glibc. */
  private destroyed(memory: MemoryView, state: number): boolean {
    return this.system.traits.os === 'linux' && memory.u32(state + this.traits.kind) === DESTROYED;
  }

  private has(memory: MemoryView, state: number, flag: number): boolean {
    return (memory.u32(state + this.traits.kind) & flag) !== 0;
  }

  private isMine(call: HostCall, state: number): boolean {
    const { memory } = call;
    const { traits } = this;
    const { tid } = posixThread(call.thread);
    const lock = memory.u32(state + traits.lock);
    return this.has(memory, state, Flag.robust) ? lock === tid : lock !== 0 && memory.u32(state + traits.owner) === tid;
  }

  /**
   * 0 or an error number; blocks while another thread has it. `count`: recursion to take it with (condition variables).
   * `until` is asked for when it must wait; undefined: no valid time.
   */
  lock(call: HostCall, address: number, count = 1, until?: () => number | undefined): number {
    const { errno } = this.system.traits;
    const result = this.tryLock(call, address, count);
    if (result !== errno.EBUSY) return result;
    const { traits } = this;
    const { memory } = call;
    const state = this.places.state(traits, address);
    if (this.isMine(call, state) && this.kindOf(memory, state, address) === traits.errorCheck) return errno.EDEADLK;
    const deadline = until?.();
    if (until && deadline === undefined) return errno.EINVAL;
    if (deadline !== undefined && this.system.process.clock.now >= deadline) return errno.ETIMEDOUT;
    const owner = memory.u32(state + traits.owner);
    const ready = (): boolean => peek(call.supervisor, state + traits.lock, (word) => word === 0 || word === OWNER_DIED);
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
    if (this.destroyed(memory, state)) return errno.EINVAL;
    const posix = posixThread(call.thread);
    const robust = this.has(memory, state, Flag.robust);
    const lock = memory.u32(state + traits.lock);
    if (robust && memory.u32(state + traits.owner) === NOT_RECOVERABLE) return errno.ENOTRECOVERABLE;
    if (lock === 0 || (robust && lock === OWNER_DIED)) {
      memory.setU32(state + traits.owner, lock === 0 ? posix.tid : INCONSISTENT);
      memory.setU32(state + traits.count, count);
      memory.setU32(state + traits.lock, robust ? posix.tid : 1);
      if (robust) posix.robust.add(state);
      return lock === 0 ? 0 : errno.EOWNERDEAD;
    }
    if (this.isMine(call, state) && this.kindOf(memory, state, address) === traits.recursive) {
      memory.setU32(state + traits.count, memory.u32(state + traits.count) + 1);
      return 0;
    }
    return errno.EBUSY;
  }

  private tryLockOnly(call: HostCall, address: number): number {
    const { os, errno } = this.system.traits;
    const result = this.tryLock(call, address);
    if (result !== errno.EBUSY || os !== 'linux') return result;
    // glibc tells a deadlock here where it must look at the owner anyway.
    const state = this.places.state(this.traits, address);
    const deadlock =
      this.isMine(call, state) &&
      this.has(call.memory, state, Flag.robust | Flag.inherit) &&
      this.kindOf(call.memory, state, address) === this.traits.errorCheck;
    return deadlock ? errno.EDEADLK : result;
  }

  unlock(call: HostCall, address: number): number {
    const { traits } = this;
    const { errno, os } = this.system.traits;
    const { memory } = call;
    const state = this.places.state(traits, address);
    if (this.destroyed(memory, state)) return errno.EINVAL;
    const kind = this.kindOf(memory, state, address);
    const careless = kind !== traits.recursive && kind !== traits.errorCheck && os !== 'freebsd';
    if (!this.isMine(call, state) && !(careless && !this.has(memory, state, Flag.robust | Flag.inherit))) return errno.EPERM;
    const count = memory.u32(state + traits.count);
    const inconsistent = this.has(memory, state, Flag.robust) && memory.u32(state + traits.owner) === INCONSISTENT;
    if (kind === traits.recursive && count > 1) {
      memory.setU32(state + traits.count, count - 1);
      return inconsistent && os === 'linux' ? errno.ENOTRECOVERABLE : 0;
    }
    memory.setU32(state + traits.owner, inconsistent ? NOT_RECOVERABLE : 0);
    memory.setU32(state + traits.count, 0);
    memory.setU32(state + traits.lock, 0);
    posixThread(call.thread).robust.delete(state);
    this.system.process.changed(state + traits.lock);
    return 0;
  }

  /** pthread_mutex_consistent. */
  private consistent(call: HostCall, address: number): number {
    const { traits } = this;
    const { errno } = this.system.traits;
    const { memory } = call;
    const state = this.places.state(traits, address);
    if (!this.has(memory, state, Flag.robust) || memory.u32(state + traits.owner) !== INCONSISTENT) return errno.EINVAL;
    memory.setU32(state + traits.owner, posixThread(call.thread).tid);
    return 0;
  }

  /** A thread ends: the robust mutexes that it still has are marked, as the kernel marks those on its list. */
  ownerEnds(posix: PosixThread): void {
    const { traits } = this;
    const { process } = this.system;
    const { supervisor } = process;
    for (const state of posix.robust) {
      if (!peek(supervisor, state + traits.lock, (word) => word === posix.tid)) continue;
      copyOut(this.system, () => supervisor.setU32(state + traits.lock, OWNER_DIED));
      process.changed(state + traits.lock);
    }
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
    const kind =
      attributes === 0 ? traits.defaultKind : kindWord(this.system, call.memory.u32(this.places.state(pthread.mutexAttr, attributes)));
    if (kind < 0) return -kind;
    const state = this.places.fresh(traits, address);
    if (state === 0) return errno.ENOMEM;
    call.memory.setU32(state + traits.kind, kind);
    this.system.process.changed(state + traits.lock);
    return 0;
  }

  private destroy(call: HostCall, address: number): number {
    const { traits } = this;
    const { os, errno } = this.system.traits;
    const { memory } = call;
    const state = this.places.state(traits, address);
    // glibc doesn't know who uses a robust one.
    const used = memory.u32(state + traits.lock) !== 0 && !(os === 'linux' && this.has(memory, state, Flag.robust));
    if (used) return errno.EBUSY;
    if (os === 'linux') memory.setU32(state + traits.kind, DESTROYED);
    this.places.destroy(traits, address);
    return 0;
  }

  list(): HostFunction[] {
    const { os, errno, pthread } = this.system.traits;
    const until =
      (call: HostCall, time: number, realtime = true) =>
      (): number | undefined =>
        deadlineAt(call, time, realtime);
    return [
      hostFunction('pthread_mutex_init', 'i(pp)', (call, address, attributes) => this.init(call, address, attributes)),
      hostFunction('pthread_mutex_destroy', 'i(p)', (call, address) => this.destroy(call, address)),
      hostFunction('pthread_mutex_lock', 'i(p)', (call, address) => this.lock(call, address)),
      hostFunction('pthread_mutex_trylock', 'i(p)', (call, address) => this.tryLockOnly(call, address)),
      hostFunction('pthread_mutex_timedlock', 'i(pp)', (call, address, time) => this.lock(call, address, 1, until(call, time))),
      hostFunction('pthread_mutex_unlock', 'i(p)', (call, address) => this.unlock(call, address)),
      ...(os === 'linux'
        ? [
            hostFunction('pthread_mutex_clocklock', 'i(pip)', (call, address, clock, time) =>
              clock !== pthread.clockRealtime && clock !== pthread.clockMonotonic
                ? errno.EINVAL
                : this.lock(call, address, 1, until(call, time, clock === pthread.clockRealtime)),
            ),
          ]
        : []),
      ...(os === 'macos' ? [] : [hostFunction('pthread_mutex_consistent', 'i(p)', (call, address) => this.consistent(call, address))]),
    ];
  }
}
