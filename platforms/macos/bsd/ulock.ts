/** ulock_wait and ulock_wake: what libplatform's locks wait by. Source: bsd/kern/sys_ulock.c, bsd/sys/ulock.h. */
import type { Thread } from '../../../emulator/process/thread.js';
import { Errno } from '../../posix/kernel/errno.js';
import type { KernelCall } from '../../posix/kernel/kernel.js';
import { unsigned } from '../../posix/system-call-table.js';
import { isWaiting, type Progress } from '../../posix/waiting.js';
import { systemCall } from '../../posix/system.js';
import { bsdProgress } from '../../posix/kernel/bsd-errno.js';
import type { MacBsd } from './kernel.js';

const Op = {
  COMPARE_AND_WAIT: 1,
  UNFAIR_LOCK: 2,
  COMPARE_AND_WAIT_SHARED: 3,
  COMPARE_AND_WAIT64: 5,
  COMPARE_AND_WAIT64_SHARED: 6,
} as const;
const KNOWN: readonly number[] = Object.values(Op);
const WIDE: readonly number[] = [Op.COMPARE_AND_WAIT64, Op.COMPARE_AND_WAIT64_SHARED];
const SHARED: readonly number[] = [Op.COMPARE_AND_WAIT_SHARED, Op.COMPARE_AND_WAIT64_SHARED];
const Flag = { WAKE_ALL: 0x100, WAKE_THREAD: 0x200, ALLOW_NON_OWNER: 0x400, NO_ERRNO: 0x1000000, DEADLINE: 0x2000000 } as const;
const WAIT_FLAGS = Flag.NO_ERRNO | Flag.DEADLINE | 0x70000;
const WAKE_FLAGS = Flag.NO_ERRNO | Flag.WAKE_ALL | Flag.WAKE_THREAD | Flag.ALLOW_NON_OWNER;
const EALREADY = 37;
const EOWNERDEAD = 105;
const MICROSECOND = 1000;

interface Waiter {
  thread: Thread;
  woken: boolean;
}

interface Lock {
  op: number;
  /** Of an unfair lock. */
  owner: Thread | undefined;
  waiters: Waiter[];
}

export function ulockCalls({ user, system, mach }: MacBsd): Record<'ulock_wait' | 'ulock_wait2' | 'ulock_wake', KernelCall> {
  const { process } = system;
  const locks = new Map<number, Lock>();

  const leave = (address: number, waiter: Waiter): number => {
    const lock = locks.get(address);
    if (!lock) return 0;
    lock.waiters = lock.waiters.filter((other) => other !== waiter);
    if (lock.waiters.length === 0) locks.delete(address);
    return lock.waiters.length;
  };

  const wait = (thread: Thread, operation: number, address: number, value: number, timeout: number): Progress => {
    const op = operation & 0xff;
    const flags = operation & ~0xff;
    if (flags & ~WAIT_FLAGS || !KNOWN.includes(op)) return -Errno.EINVAL;
    const bytes = WIDE.includes(op) ? 8 : 4;
    if (address === 0 || address % bytes !== 0) return -Errno.EINVAL;
    if (SHARED.includes(op) && !system.memory.space.isMapped(address, bytes)) return -Errno.EINVAL;
    const lock = locks.get(address);
    const others = lock?.waiters.length ?? 0;
    if (lock && lock.op !== op) return -Errno.EDOM;
    const found = bytes === 8 ? user.u64(address) : BigInt(user.u32(address));
    if (found !== BigInt.asUintN(64, BigInt(value))) return others;
    let owner: Thread | undefined;
    if (op === Op.UNFAIR_LOCK) {
      // The lower two bits of a lock's value are flags; those of a port's name are set.
      const name = Number(found | 3n);
      owner = mach.ports.thread(name);
      if (!owner) return -EOWNERDEAD;
    }
    const waiter = { thread, woken: false };
    const mine = lock ?? { op, owner, waiters: [] };
    if (op === Op.UNFAIR_LOCK) mine.owner = owner;
    mine.waiters.push(waiter);
    locks.set(address, mine);
    const deadline = timeout === 0 ? undefined : flags & Flag.DEADLINE ? timeout : process.clock.now + timeout;
    const again = (): Progress => {
      if (waiter.woken) return locks.get(address)?.waiters.length ?? 0;
      if (deadline !== undefined && process.clock.now >= deadline) {
        leave(address, waiter);
        return -Errno.ETIMEDOUT;
      }
      return {
        wait: {
          what: `ulock 0x${address.toString(16)}`,
          on: [waiter],
          ready: () => waiter.woken,
          ...(deadline !== undefined && { deadline }),
        },
        resume: again,
        restarts: false,
        interrupted: () => {
          leave(address, waiter);
          return -Errno.EINTR;
        },
      };
    };
    return again();
  };

  const wake = (thread: Thread, operation: number, address: number, value: number): number => {
    const op = operation & 0xff;
    const flags = operation & ~0xff;
    const unfair = op === Op.UNFAIR_LOCK;
    if (!KNOWN.includes(op) || flags & ~WAKE_FLAGS) return -Errno.EINVAL;
    if (flags & Flag.WAKE_THREAD && (flags & Flag.WAKE_ALL || unfair)) return -Errno.EINVAL;
    if (flags & Flag.ALLOW_NON_OWNER && !unfair) return -Errno.EINVAL;
    if (address === 0) return -Errno.EINVAL;
    if (SHARED.includes(op) && !system.memory.space.isMapped(address, 4)) return -Errno.EINVAL;
    const target = flags & Flag.WAKE_THREAD ? mach.ports.thread(value) : undefined;
    if (flags & Flag.WAKE_THREAD && (!target || target === thread)) return -Errno.ESRCH;
    const lock = locks.get(address);
    if (!lock) return -Errno.ENOENT;
    if (lock.op !== op) return -Errno.EDOM;
    // Late: the kernel knows already who has the lock.
    if (unfair && lock.owner !== thread && !(flags & Flag.ALLOW_NON_OWNER)) return 0;
    const chosen = lock.waiters.filter((waiter) => !target || waiter.thread === target).slice(0, flags & Flag.WAKE_ALL ? undefined : 1);
    if (chosen.length === 0) return -EALREADY;
    for (const waiter of chosen) {
      waiter.woken = true;
      leave(address, waiter);
      process.changed(waiter);
    }
    if (unfair) lock.owner = chosen[0].thread;
    return 0;
  };

  /** ULF_NO_ERRNO: an error is the result, negated, and no error. */
  const plain = (progress: Progress, operation: number): Progress => {
    if (!(operation & Flag.NO_ERRNO)) return progress;
    if (!isWaiting(progress)) return progress < 0 ? 2 ** 32 + progress : progress;
    const { interrupted, ...rest } = progress;
    return {
      ...rest,
      resume: () =>
        plain(
          systemCall(system, () => progress.resume()),
          operation,
        ),
      ...(interrupted && { interrupted: () => plain(interrupted(), operation) as number }),
    };
  };
  const guarded = (operation: number, action: () => Progress): Progress => plain(bsdProgress(systemCall(system, action)), operation);

  return {
    ulock_wait: (thread, [operation, address, value, timeout]) =>
      guarded(operation, () => wait(thread, operation, address, unsigned(value), (timeout % 2 ** 32) * MICROSECOND)),
    ulock_wait2: (thread, [operation, address, value, timeout]) =>
      guarded(operation, () => wait(thread, operation, address, unsigned(value), unsigned(timeout))),
    ulock_wake: (thread, [operation, address, value]) => guarded(operation, () => wake(thread, operation, address, value)),
  };
}
