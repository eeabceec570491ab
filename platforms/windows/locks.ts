/**
 * Locks that live in the program's memory: critical sections at their true layout
 * (the scheme since Windows Vista: bit 0 of LockCount clear = locked, the waiters
 * counted above it), slim reader/writer locks, condition variables, one-time
 * initialisation. Each function is atomic; what blocks tries again.
 */
import type { Word } from '../../emulator/abi/abi.js';
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import type { Wait } from '../../emulator/process/wait.js';
import { FALSE, INFINITE, TRUE, UNITS_PER_MILLISECOND, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { LastError } from './last-error.js';
import { windowsThread } from './windows-thread.js';

interface Needs extends Pick<Core, 'process' | 'memory' | 'layout'> {
  readonly lastError: LastError;
}

const FREE = -1;
const LOCKED = -2;
const WAITER = 4;

/** SRWLOCK word: 0 free, 1 exclusive, else shared holders counted from bit 4 with bit 0 set. */
const SRW_LOCKED = 1;
const SRW_SHARE = 0x10;

const CONDITION_VARIABLE_LOCKMODE_SHARED = 1;
const INIT_ONCE_CHECK_ONLY = 1;
const INIT_ONCE_ASYNC = 2;
const INIT_ONCE_INIT_FAILED = 4;
/** INIT_ONCE word: low two bits 0 not begun, 1 under way by one thread, 2 done (context above them), 3 under way by any. */
const ONCE_RUNNING = 1;
const ONCE_DONE = 2;
const ONCE_ASYNC = 3;

/** A thread asleep on a condition variable. */
interface Sleeper {
  variable: number;
  woken: boolean;
}

class Locks {
  private readonly sleepers: Sleeper[] = [];

  constructor(private readonly os: Needs) {}

  // Critical sections

  /** Nobody spins for a lock on a machine with one processor: the count is 0, whatever is asked for. */
  initialize(call: HostCall, section: number): number {
    const { criticalSection: at, wordSize } = this.os.layout;
    const { memory } = call;
    // DebugInfo of -1: none, as for sections made without it.
    memory.setU32(section, 0xffffffff);
    if (wordSize === 8) memory.setU32(section + 4, 0xffffffff);
    memory.setU32(section + at.lockCount, 0xffffffff);
    memory.setU32(section + at.recursion, 0);
    memory.setWord(section + at.owner, 0);
    memory.setWord(section + at.semaphore, 0);
    memory.setWord(section + at.spin, 0);
    call.process.changed(section);
    return TRUE;
  }

  enter(call: HostCall, section: number): void {
    const at = this.os.layout.criticalSection;
    const state = call.attempt(() => ({ counted: false }));
    if (this.tryEnter(call, section, state.counted)) return;
    if (!state.counted) {
      call.memory.setU32(section + at.lockCount, call.memory.i32(section + at.lockCount) - WAITER);
      state.counted = true;
    }
    call.block(this.sectionWait(section));
  }

  sectionWait(section: number): Wait {
    return {
      what: `critical section 0x${section.toString(16)}`,
      on: [section],
      ready: () => (this.os.memory.i32(section + this.os.layout.criticalSection.lockCount) & 1) !== 0,
    };
  }

  lockWait(lock: number, shared: boolean): Wait {
    return {
      what: `reader/writer lock 0x${lock.toString(16)}`,
      on: [lock],
      ready: () => (shared ? this.os.memory.word(lock) !== SRW_LOCKED : this.os.memory.word(lock) === 0),
    };
  }

  /** `counted`: this thread is among the waiters of LockCount. */
  tryEnter(call: HostCall, section: number, counted = false): boolean {
    const at = this.os.layout.criticalSection;
    const { memory } = call;
    const count = memory.i32(section + at.lockCount);
    const { id } = windowsThread(call.thread);
    if ((count & 1) === 0) {
      if (memory.word(section + at.owner) !== id) return false;
      memory.setU32(section + at.recursion, memory.u32(section + at.recursion) + 1);
      return true;
    }
    this.probe(call, section);
    memory.setU32(section + at.lockCount, count + (LOCKED - FREE) + (counted ? WAITER : 0));
    memory.setWord(section + at.owner, id);
    memory.setU32(section + at.recursion, 1);
    return true;
  }

  leave(call: HostCall, section: number): void {
    const at = this.os.layout.criticalSection;
    const { memory } = call;
    const depth = memory.u32(section + at.recursion) - 1;
    this.probe(call, section);
    memory.setU32(section + at.recursion, depth);
    if (depth !== 0) return;
    memory.setWord(section + at.owner, 0);
    memory.setU32(section + at.lockCount, memory.i32(section + at.lockCount) | 1);
    call.process.changed(section);
  }

  /** All of the section's words can be written, or the first fault comes before anything has changed. */
  private probe({ memory }: HostCall, section: number): void {
    const { lockCount, recursion, owner } = this.os.layout.criticalSection;
    for (const field of [lockCount, recursion, owner]) memory.setU32(section + field, memory.u32(section + field));
  }

  // Slim reader/writer locks

  tryExclusive(call: HostCall, lock: number): boolean {
    if (call.memory.word(lock) !== 0) return false;
    call.memory.setWord(lock, SRW_LOCKED);
    return true;
  }

  tryShared(call: HostCall, lock: number): boolean {
    const word = call.memory.word(lock);
    if (word === SRW_LOCKED) return false;
    call.memory.setWord(lock, (word === 0 ? SRW_LOCKED : word) + SRW_SHARE);
    return true;
  }

  exclusive(call: HostCall, lock: number): void {
    if (this.tryExclusive(call, lock)) return;
    call.block(this.lockWait(lock, false));
  }

  shared(call: HostCall, lock: number): void {
    if (this.tryShared(call, lock)) return;
    call.block(this.lockWait(lock, true));
  }

  releaseExclusive(call: HostCall, lock: number): void {
    call.memory.setWord(lock, 0);
    call.process.changed(lock);
  }

  releaseShared(call: HostCall, lock: number): void {
    const word = call.memory.word(lock) - SRW_SHARE;
    call.memory.setWord(lock, word === SRW_LOCKED ? 0 : word);
    call.process.changed(lock);
  }

  // Condition variables

  /** Release, sleep until woken or out of time, take the lock again. */
  sleep(call: HostCall, variable: number, milliseconds: number, release: () => void, acquire: () => boolean, wait: Wait): number {
    const state = call.attempt(() => ({
      sleeper: { variable, woken: false },
      entered: false,
      timedOut: false,
      deadline: undefined as number | undefined,
    }));
    const { clock } = call.process;
    if (!state.entered) {
      release();
      state.entered = true;
      if (milliseconds !== INFINITE) state.deadline = clock.now + milliseconds * UNITS_PER_MILLISECOND;
      this.sleepers.push(state.sleeper);
    }
    if (!state.sleeper.woken && !state.timedOut) {
      if (state.deadline === undefined || clock.now < state.deadline) {
        call.block({
          what: `condition variable 0x${variable.toString(16)}`,
          on: [state.sleeper],
          ready: () => state.sleeper.woken,
          ...(state.deadline !== undefined && { deadline: state.deadline }),
        });
      }
      state.timedOut = true;
      this.sleepers.splice(this.sleepers.indexOf(state.sleeper), 1);
    }
    if (!acquire()) call.block(wait);
    if (!state.timedOut) return TRUE;
    this.os.lastError.set(call.thread, ErrorCode.TIMEOUT);
    return FALSE;
  }

  wake(variable: number, all: boolean): void {
    for (let i = 0; i < this.sleepers.length;) {
      if (this.sleepers[i].variable !== variable) {
        i++;
        continue;
      }
      this.sleepers[i].woken = true;
      this.os.process.changed(this.sleepers[i]);
      this.sleepers.splice(i, 1);
      if (!all) return;
    }
  }

  // One-time initialisation

  onceBegin(call: HostCall, once: number, flags: number, pending: number, place: number): number {
    const { memory } = call;
    const word = memory.bits(once);
    const state = Number(word % 4n);
    const async = (flags & INIT_ONCE_ASYNC) !== 0;
    const check = (flags & INIT_ONCE_CHECK_ONLY) !== 0;
    if (flags & ~(INIT_ONCE_ASYNC | INIT_ONCE_CHECK_ONLY) || (async && check)) return this.refused(call, ErrorCode.INVALID_PARAMETER);
    if (state === ONCE_DONE) {
      if (pending) memory.setU32(pending, FALSE);
      if (place) memory.setBits(place, word - BigInt(ONCE_DONE));
      return TRUE;
    }
    if (check) return this.refused(call, ErrorCode.GEN_FAILURE);
    // Whoever has begun has said how.
    if (state === (async ? ONCE_RUNNING : ONCE_ASYNC)) return this.refused(call, ErrorCode.INVALID_PARAMETER);
    if (state === ONCE_RUNNING) {
      call.block({
        what: `one-time initialisation 0x${once.toString(16)}`,
        on: [once],
        ready: () => this.os.memory.u32(once) % 4 !== ONCE_RUNNING,
      });
    }
    // The last thing to happen: should a place fault, the call is made again.
    if (pending) memory.setU32(pending, TRUE);
    memory.setWord(once, async ? ONCE_ASYNC : ONCE_RUNNING);
    return TRUE;
  }

  private refused(call: HostCall, error: number): number {
    this.os.lastError.set(call.thread, error);
    return FALSE;
  }

  onceComplete(call: HostCall, once: number, flags: number, context: Word): number {
    const async = (flags & INIT_ONCE_ASYNC) !== 0;
    const abandoned = (flags & INIT_ONCE_INIT_FAILED) !== 0;
    const bad = context % 4n !== 0n || flags & ~(INIT_ONCE_ASYNC | INIT_ONCE_INIT_FAILED) || (abandoned && (context !== 0n || async));
    if (bad) return this.refused(call, ErrorCode.INVALID_PARAMETER);
    const state = call.memory.u32(once) % 4;
    if (state === ONCE_ASYNC && !async) return this.refused(call, ErrorCode.INVALID_PARAMETER);
    if (state !== ONCE_RUNNING && state !== ONCE_ASYNC) return this.refused(call, ErrorCode.GEN_FAILURE);
    call.memory.setBits(once, abandoned ? 0n : context + BigInt(ONCE_DONE));
    call.process.changed(once);
    return TRUE;
  }
}

export function lockCalls(os: Needs): HostFunction[] {
  const locks = new Locks(os);
  const zero = (call: HostCall, word: number): void => {
    call.memory.setWord(word, 0);
    call.process.changed(word);
  };
  return [
    win32('InitializeCriticalSection', 'v(p)', (call, section) => void locks.initialize(call, section)),
    win32('InitializeCriticalSectionAndSpinCount', 'i(pu)', (call, section) => locks.initialize(call, section)),
    win32('InitializeCriticalSectionEx', 'i(puu)', (call, section) => locks.initialize(call, section)),
    win32('SetCriticalSectionSpinCount', 'u(pu)', (call, section) => {
      const place = section + os.layout.criticalSection.spin;
      const before = call.memory.word(place);
      call.memory.setWord(place, 0);
      return before;
    }),
    win32('EnterCriticalSection', 'v(p)', (call, section) => locks.enter(call, section)),
    win32('TryEnterCriticalSection', 'i(p)', (call, section) => (locks.tryEnter(call, section) ? TRUE : FALSE)),
    win32('LeaveCriticalSection', 'v(p)', (call, section) => locks.leave(call, section)),
    win32('DeleteCriticalSection', 'v(p)', (call, section) => call.memory.fill(section, os.layout.criticalSection.bytes, 0)),
    win32('InitializeSRWLock', 'v(p)', zero),
    win32('AcquireSRWLockExclusive', 'v(p)', (call, lock) => locks.exclusive(call, lock)),
    win32('AcquireSRWLockShared', 'v(p)', (call, lock) => locks.shared(call, lock)),
    win32('TryAcquireSRWLockExclusive', 'i(p)', (call, lock) => (locks.tryExclusive(call, lock) ? TRUE : FALSE)),
    win32('TryAcquireSRWLockShared', 'i(p)', (call, lock) => (locks.tryShared(call, lock) ? TRUE : FALSE)),
    win32('ReleaseSRWLockExclusive', 'v(p)', (call, lock) => locks.releaseExclusive(call, lock)),
    win32('ReleaseSRWLockShared', 'v(p)', (call, lock) => locks.releaseShared(call, lock)),
    win32('InitializeConditionVariable', 'v(p)', zero),
    win32('SleepConditionVariableCS', 'i(ppu)', (call, variable, section, milliseconds) =>
      locks.sleep(
        call,
        variable,
        milliseconds,
        () => locks.leave(call, section),
        () => locks.tryEnter(call, section),
        locks.sectionWait(section),
      ),
    ),
    win32('SleepConditionVariableSRW', 'i(ppuu)', (call, variable, lock, milliseconds, flags) => {
      const shared = (flags & CONDITION_VARIABLE_LOCKMODE_SHARED) !== 0;
      const release = (): void => (shared ? locks.releaseShared(call, lock) : locks.releaseExclusive(call, lock));
      const acquire = (): boolean => (shared ? locks.tryShared(call, lock) : locks.tryExclusive(call, lock));
      return locks.sleep(call, variable, milliseconds, release, acquire, locks.lockWait(lock, shared));
    }),
    win32('WakeConditionVariable', 'v(p)', (_call, variable) => locks.wake(variable, false)),
    win32('WakeAllConditionVariable', 'v(p)', (_call, variable) => locks.wake(variable, true)),
    win32('InitOnceInitialize', 'v(p)', zero),
    win32('InitOnceBeginInitialize', 'i(pupp)', (call, once, flags, pending, place) => locks.onceBegin(call, once, flags, pending, place)),
    win32('InitOnceComplete', 'i(puw)', (call, once, flags, context) => locks.onceComplete(call, once, flags, context)),
  ];
}
