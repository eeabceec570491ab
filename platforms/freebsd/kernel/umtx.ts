/**
 * _umtx_op: what libthr's locks wait by. Simple words, mutexes without priorities, condition variables, counting semaphores.
 * Source: sys/kern/kern_umtx.c, sys/sys/umtx.h and sys/_umtx.h (13 and 14).
 */
import { Access } from '../../../emulator/engine.js';
import type { Thread } from '../../../emulator/process/thread.js';
import { Errno } from '../../posix/kernel/errno.js';
import { Futexes, type FutexWaiter } from '../../posix/kernel/futexes.js';
import { moment, readTime, units, valid, writeTime, type Time } from '../../posix/kernel/times.js';
import { posixThread } from '../../posix/posix-thread.js';
import { REALTIME_EPOCH } from '../../posix/clock.js';
import { int } from '../../posix/system-call-table.js';
import type { Progress } from '../../posix/waiting.js';
import type { FreeBsdCalls, FreeBsdKernel } from './kernel.js';

// prettier-ignore
const Op = {
  WAIT: 2, WAKE: 3, MUTEX_TRYLOCK: 4, MUTEX_LOCK: 5, MUTEX_UNLOCK: 6, CV_WAIT: 8, CV_SIGNAL: 9, CV_BROADCAST: 10, WAIT_UINT: 11,
  WAIT_UINT_PRIVATE: 15, WAKE_PRIVATE: 16, MUTEX_WAIT: 17, MUTEX_WAKE: 18, NWAKE_PRIVATE: 21, MUTEX_WAKE2: 22, SEM2_WAIT: 23, SEM2_WAKE: 24,
} as const;
/** Lock and unlock of old mutexes, and numbers beyond the table. */
const UNSUPPORTED: readonly number[] = [0, 1];
const LAST_OP = 28;
const OP_MASK = 0xffff;

/** struct umutex {owner, flags}: the owner's word. */
const CONTESTED = 0x80000000;
const OWNER_DEAD = 0x80000010;
const NOT_RECOVERABLE = 0x80000011;
const PRIORITY_PROTOCOLS = 4 | 8;
/** struct ucond {has_waiters, flags, clockid}, and what CV_WAIT may be told. */
const Wait = { ABSTIME: 2, CLOCKID: 4 } as const;
/** struct _umtx_time {timespec, flags, clockid}. */
const ABSTIME = 1;
const REALTIME = 0;
const THREAD_CPUTIME = 14;
/** struct _usem2 {count and flag, flags}. */
const HAS_WAITERS = 0x80000000;
const BATCH = 128;

interface Deadline {
  at: number;
  /** Relative ones can't be restarted. */
  relative: boolean;
}

/** `wake`: those who wait for a word (UMTX_OP_WAIT), as the end of a thread does. */
export function umtxCalls(kernel: FreeBsdKernel): { calls: FreeBsdCalls; wake: (address: number) => void } {
  const { user, system } = kernel;
  const { process } = system;
  const changed = (cause: unknown): void => process.changed(cause);
  const simple = new Futexes(changed);
  const mutexes = new Futexes(changed);
  const conditions = new Futexes(changed);
  const semaphores = new Futexes(changed);

  const now = (): number => process.clock.now;
  const realtimes: readonly number[] = [REALTIME, 9, 10, 13];
  const toDeadline = (time: Time, absolute: boolean, clock: number): number =>
    absolute ? moment(time, realtimes.includes(clock) ? REALTIME_EPOCH : 0) : now() + units(time);

  /** struct _umtx_time, or a timespec where `size` says that it is no more. */
  const deadlineOf = (address: number, size: number): Deadline | undefined | number => {
    if (address === 0) return undefined;
    const word = user.wordSize;
    const time = readTime(user, address);
    const whole = size > 2 * word;
    const flags = whole ? user.u32(address + 2 * word) : 0;
    const clock = whole ? user.u32(address + 2 * word + 4) : REALTIME;
    if (!valid(time)) return -Errno.EINVAL;
    const absolute = (flags & ABSTIME) !== 0;
    return { at: toDeadline(time, absolute, clock), relative: !absolute };
  };

  /** Sleep in `queue` until somebody wakes this waiter; then `woken` says how it goes on. */
  const sleep = (
    queue: Futexes,
    key: number,
    deadline: Deadline | undefined,
    rules: { what: string; restarts: boolean; woken(): Progress; left?(waiter: FutexWaiter, deadline: Deadline | undefined): void },
  ): Progress => {
    const waiter = queue.wait(key, 0xffffffff);
    const leave = (): void => {
      queue.leave(waiter);
      rules.left?.(waiter, deadline);
    };
    const again = (): Progress => {
      if (waiter.woken) return rules.woken();
      if (deadline !== undefined && now() >= deadline.at) {
        leave();
        return -Errno.ETIMEDOUT;
      }
      return {
        wait: {
          what: `${rules.what} 0x${key.toString(16)}`,
          on: [waiter],
          ready: () => waiter.woken,
          ...(deadline !== undefined && { deadline: deadline.at }),
        },
        resume: again,
        restarts: rules.restarts,
        abandoned: leave,
        interrupted: () => {
          if (waiter.woken) return 0;
          leave();
          return -Errno.EINTR;
        },
      };
    };
    return again();
  };

  /** Memory that others may share is looked up, for writing; private words are just addresses. */
  const shared = (address: number): void => void user.physical(address, Access.Write);

  const wait = (address: number, value: number, deadline: Deadline | undefined, bytes: 4 | 8): Progress => {
    const found = bytes === 8 ? user.bits(address) : BigInt(user.u32(address));
    if (found !== BigInt.asUintN(8 * bytes, BigInt(value))) return 0;
    return sleep(simple, address, deadline, { what: 'umtx', restarts: false, woken: () => 0 });
  };

  const supported = (flags: number): void => {
    if (flags & PRIORITY_PROTOCOLS)
      process.end({ kind: 'unsupported', text: '_umtx_op on mutexes with priority protocols is not provided' });
  };

  const lock = (thread: Thread, address: number, mode: 'lock' | 'try' | 'wait', deadline: Deadline | undefined): Progress => {
    const { tid } = posixThread(thread);
    supported(user.u32(address + 4));
    const owner = user.u32(address);
    const free = owner === 0 || owner === CONTESTED;
    if (mode === 'wait' && (free || owner === OWNER_DEAD || owner === NOT_RECOVERABLE)) return 0;
    if (mode !== 'wait') {
      if (owner === NOT_RECOVERABLE) return -Errno.ENOTRECOVERABLE;
      if (free || owner === OWNER_DEAD) {
        user.setU32(address, (tid | (owner === 0 ? 0 : CONTESTED)) >>> 0);
        return owner === OWNER_DEAD ? -Errno.EOWNERDEAD : 0;
      }
      if (mode === 'try') return -Errno.EBUSY;
    }
    user.setU32(address, (owner | CONTESTED) >>> 0);
    return sleep(mutexes, address, deadline, {
      what: 'mutex',
      restarts: deadline === undefined && mode !== 'wait',
      woken: () => lock(thread, address, mode, deadline),
    });
  };

  const unlock = (thread: Thread, address: number): number => {
    supported(user.u32(address + 4));
    const owner = user.u32(address);
    if ((owner & ~CONTESTED) >>> 0 !== posixThread(thread).tid) return -Errno.EPERM;
    if ((owner & CONTESTED) === 0) {
      user.setU32(address, 0);
      return 0;
    }
    user.setU32(address, mutexes.count(address) > 1 ? CONTESTED : 0);
    mutexes.wake(address, 1);
    return 0;
  };

  const free = (owner: number): boolean => (owner & ~CONTESTED) === 0 || owner === OWNER_DEAD || owner === NOT_RECOVERABLE;
  const wakeMutex = (address: number): number => {
    const owner = user.u32(address);
    if (!free(owner)) return 0;
    user.u32(address + 4);
    const count = mutexes.count(address);
    if (count <= 1 && owner === CONTESTED) user.setU32(address, 0);
    if (count > 0) mutexes.wake(address, 1);
    return 0;
  };
  const wakeMutex2 = (address: number): number => {
    const count = mutexes.count(address);
    const owner = user.u32(address);
    if ((owner & CONTESTED) === 0 && (count > 1 || (count === 1 && owner !== 0))) user.setU32(address, (owner | CONTESTED) >>> 0);
    if (count > 0 && free(owner)) mutexes.wake(address, 1);
    return 0;
  };

  const waitCondition = (thread: Thread, address: number, how: number, mutex: number, time: number): Progress => {
    user.u32(address + 4);
    const clock = how & Wait.CLOCKID ? user.u32(address + 8) : REALTIME;
    if (clock >= THREAD_CPUTIME) return -Errno.EINVAL;
    let deadline: Deadline | undefined;
    if (time !== 0) {
      const timeout = readTime(user, time);
      if (!valid(timeout)) return -Errno.EINVAL;
      const absolute = (how & Wait.ABSTIME) !== 0;
      deadline = { at: toDeadline(timeout, absolute, clock), relative: !absolute };
    }
    if (user.u32(address) === 0) user.setU32(address, 1);
    const failed = unlock(thread, mutex);
    if (failed !== 0) return failed;
    return sleep(conditions, address, deadline, {
      what: 'condition variable',
      restarts: false,
      woken: () => 0,
      left: () => {
        if (!conditions.anyWaits(address)) user.setU32(address, 0);
      },
    });
  };
  const wakeCondition = (address: number, most: number): number => {
    user.u32(address + 4);
    conditions.wake(address, most);
    if (!conditions.anyWaits(address)) user.setU32(address, 0);
    return 0;
  };

  const waitSemaphore = (address: number, size: number, time: number): Progress => {
    const deadline = deadlineOf(time, size);
    if (typeof deadline === 'number') return deadline;
    const take = (): Progress => {
      user.u32(address + 4);
      const word = user.u32(address);
      const count = (word & ~HAS_WAITERS) >>> 0;
      if (count > 0) {
        user.setU32(address, word - 1);
        return 0;
      }
      user.setU32(address, HAS_WAITERS);
      return sleep(semaphores, address, deadline, {
        what: 'semaphore',
        restarts: deadline === undefined || !deadline.relative,
        woken: take,
        left: () => {
          // A relative time's rest is told behind it, where the program has room.
          if (deadline?.relative && size >= 4 * user.wordSize + 8)
            writeTime(user, time + 2 * user.wordSize + 8, Math.max(0, deadline.at - now()));
        },
      });
    };
    return take();
  };
  const wakeSemaphore = (address: number): number => {
    user.u32(address + 4);
    const count = semaphores.count(address);
    if (count === 0) return 0;
    if (count === 1) user.setU32(address, (user.u32(address) & ~HAS_WAITERS) >>> 0);
    semaphores.wake(address, 1);
    return 0;
  };

  const timed = (size: number, time: number, action: (deadline: Deadline | undefined) => Progress): Progress => {
    const deadline = deadlineOf(time, size);
    return typeof deadline === 'number' ? deadline : action(deadline);
  };

  /** Wake all waiters of `count` words whose addresses lie at `array`. */
  const wakeMany = (array: number, count: number): number => {
    for (let done = 0; done < count; done += BATCH)
      for (let i = done; i < Math.min(count, done + BATCH); i++) simple.wake(user.word(array + i * user.wordSize), Infinity);
    return 0;
  };

  const calls: FreeBsdCalls = {
    _umtx_op: (thread, [address, word, value, first, second]) => {
      const op = int(word) & OP_MASK;
      if (UNSUPPORTED.includes(op)) return -Errno.EOPNOTSUPP;
      if (op > LAST_OP) return -Errno.EINVAL;
      const size = first;
      switch (op) {
        case Op.WAIT:
          return timed(size, second, (deadline) => {
            shared(address);
            return wait(address, value, deadline, user.wordSize);
          });
        case Op.WAIT_UINT:
          return timed(size, second, (deadline) => {
            shared(address);
            return wait(address, int(value), deadline, 4);
          });
        case Op.WAIT_UINT_PRIVATE:
          return timed(size, second, (deadline) => wait(address, int(value), deadline, 4));
        case Op.WAKE:
          shared(address);
          simple.wake(address, int(value));
          return 0;
        case Op.WAKE_PRIVATE:
          simple.wake(address, int(value));
          return 0;
        case Op.NWAKE_PRIVATE:
          return wakeMany(address, value);
        case Op.MUTEX_TRYLOCK:
          return lock(thread, address, 'try', undefined);
        case Op.MUTEX_LOCK:
          return timed(size, second, (deadline) => lock(thread, address, 'lock', deadline));
        case Op.MUTEX_WAIT:
          return timed(size, second, (deadline) => lock(thread, address, 'wait', deadline));
        case Op.MUTEX_UNLOCK:
          return unlock(thread, address);
        case Op.MUTEX_WAKE:
          return wakeMutex(address);
        case Op.MUTEX_WAKE2:
          return wakeMutex2(address);
        case Op.CV_WAIT:
          return waitCondition(thread, address, int(value), first, second);
        case Op.CV_SIGNAL:
          return wakeCondition(address, 1);
        case Op.CV_BROADCAST:
          return wakeCondition(address, Infinity);
        case Op.SEM2_WAIT:
          return waitSemaphore(address, size, second);
        case Op.SEM2_WAKE:
          return wakeSemaphore(address);
        default:
          return process.end({ kind: 'unsupported', text: `_umtx_op with operation ${op} is not provided` });
      }
    },
  };
  return { calls, wake: (address) => void simple.wake(address, Infinity) };
}
