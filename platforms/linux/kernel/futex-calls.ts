/** futex(2): waiting, waking, requeueing, and locks with an owner. Source: kernel/futex/ (Linux 6.18). */
import type { Thread } from '../../../emulator/process/thread.js';
import { posixThread } from '../../posix/posix-thread.js';
import { int } from '../../posix/system-call-table.js';
import type { Progress } from '../../posix/waiting.js';
import { Errno } from '../../posix/kernel/errno.js';
import { ANY } from '../../posix/kernel/futexes.js';
import type { Kernel, LinuxCall, LinuxCalls } from './kernel.js';
import { moment, readTime, units, valid } from '../../posix/kernel/times.js';
import { REALTIME_EPOCH } from '../../posix/clock.js';

// prettier-ignore
const Op = {
  WAIT: 0, WAKE: 1, FD: 2, REQUEUE: 3, CMP_REQUEUE: 4, WAKE_OP: 5, LOCK_PI: 6, UNLOCK_PI: 7, TRYLOCK_PI: 8, WAIT_BITSET: 9, WAKE_BITSET: 10,
  WAIT_REQUEUE_PI: 11, CMP_REQUEUE_PI: 12, LOCK_PI2: 13,
} as const;
const CLOCK_REALTIME = 256;
const COMMAND = ~(128 | CLOCK_REALTIME);
const TIMED: readonly number[] = [Op.WAIT, Op.LOCK_PI, Op.LOCK_PI2, Op.WAIT_BITSET, Op.WAIT_REQUEUE_PI];
const CLOCKED: readonly number[] = [Op.WAIT_BITSET, Op.WAIT_REQUEUE_PI, Op.LOCK_PI2];

/** A lock's word: owner's number, and two flags. */
export const Lock = { owner: 0x3fffffff, died: 0x40000000, waiters: 0x80000000 } as const;

export function futexCalls(kernel: Kernel): LinuxCalls {
  const { system, user, futexes } = kernel;
  const { process } = system;

  const wait = (address: number, value: number, bits: number, deadline: number | undefined): Progress => {
    if (bits === 0) return -Errno.EINVAL;
    if (user.u32(address) !== value >>> 0) return -Errno.EAGAIN;
    const waiter = futexes.wait(address, bits >>> 0);
    const again = (): Progress => {
      if (waiter.woken) return 0;
      if (deadline !== undefined && process.clock.now >= deadline) {
        futexes.leave(waiter);
        return -Errno.ETIMEDOUT;
      }
      return {
        wait: {
          what: `futex 0x${address.toString(16)}`,
          on: [waiter],
          ready: () => waiter.woken,
          ...(deadline !== undefined && { deadline }),
        },
        resume: again,
        restarts: deadline === undefined,
        abandoned: () => futexes.leave(waiter),
        interrupted: () => {
          futexes.leave(waiter);
          return waiter.woken ? 0 : -Errno.EINTR;
        },
      };
    };
    return again();
  };

  /** The second operand of FUTEX_WAKE_OP: what to store, and how to compare what was. */
  const wakeOp = (address: number, code: number): boolean | number => {
    const op = (code >>> 28) & 7;
    const compare = (code >>> 24) & 15;
    const signed = (bits: number): number => (bits << 20) >> 20;
    let operand = signed((code >>> 12) & 0xfff);
    const compared = signed(code & 0xfff);
    if (code & 0x80000000) operand = 1 << (operand & 31);
    const old = user.u32(address) | 0;
    const next = [operand, old + operand, old | operand, old & ~operand, old ^ operand][op];
    if (next === undefined || compare > 5) return -Errno.ENOSYS;
    user.setU32(address, next >>> 0);
    return [old === compared, old !== compared, old < compared, old <= compared, old > compared, old >= compared][compare];
  };

  const lock = (thread: Thread, address: number, deadline: number | undefined, mayWait: boolean): Progress => {
    const { tid } = posixThread(thread);
    const word = user.u32(address);
    const owner = word & Lock.owner;
    if (owner === tid) return -Errno.EDEADLK;
    if (owner === 0) {
      user.setU32(address, (tid | (futexes.anyWaits(address) ? Lock.waiters : 0) | (word & Lock.died)) >>> 0);
      return 0;
    }
    if (!process.threads.some((other) => other.state !== 'ended' && posixThread(other).tid === owner)) return -Errno.ESRCH;
    if (!mayWait) return -Errno.EAGAIN;
    if (deadline !== undefined && process.clock.now >= deadline) return -Errno.ETIMEDOUT;
    user.setU32(address, (word | Lock.waiters) >>> 0);
    const waiter = futexes.wait(address, ANY);
    return {
      wait: {
        what: `lock 0x${address.toString(16)}`,
        on: [waiter],
        ready: () => waiter.woken,
        ...(deadline !== undefined && { deadline }),
      },
      resume: () => {
        futexes.leave(waiter);
        return lock(thread, address, deadline, true);
      },
      restarts: 'always',
      abandoned: () => futexes.leave(waiter),
    };
  };

  const unlock = (thread: Thread, address: number): number => {
    const word = user.u32(address);
    if ((word & Lock.owner) !== posixThread(thread).tid) return -Errno.EPERM;
    user.setU32(address, 0);
    futexes.wake(address, 1);
    return 0;
  };

  /** A place in the argument that only some operations have. */
  const deadlineOf = (op: number, clocked: boolean, time: number, bytes: 4 | 8): number | undefined => {
    const at = readTime(user, time, bytes);
    if (!valid(at)) return NaN;
    if (op === Op.WAIT) return process.clock.now + units(at);
    return moment(at, clocked || op === Op.LOCK_PI ? REALTIME_EPOCH : 0);
  };

  const futex =
    (bytes: 4 | 8): LinuxCall =>
    (thread, [address, word, value, time, other, third]) => {
      const op = int(word) & COMMAND;
      const clocked = (int(word) & CLOCK_REALTIME) !== 0;
      let deadline: number | undefined;
      if (time !== 0 && TIMED.includes(op)) {
        deadline = deadlineOf(op, clocked, time, bytes);
        if (Number.isNaN(deadline)) return -Errno.EINVAL;
      }
      if (clocked && !CLOCKED.includes(op)) return -Errno.ENOSYS;
      if (!Object.values<number>(Op).includes(op) || op === Op.FD) return -Errno.ENOSYS;
      if (address % 4 !== 0 || address < 0) return address % 4 !== 0 ? -Errno.EINVAL : -Errno.EFAULT;
      if (address >= kernel.layout.userLimit) return -Errno.EFAULT;
      const val = int(value);
      switch (op) {
        case Op.WAIT:
          return wait(address, val, ANY, deadline);
        case Op.WAIT_BITSET:
          return wait(address, val, int(third), deadline);
        case Op.WAKE:
          return futexes.wake(address, Math.max(1, val));
        case Op.WAKE_BITSET:
          return int(third) === 0 ? -Errno.EINVAL : futexes.wake(address, Math.max(1, val), int(third) >>> 0);
        case Op.REQUEUE:
        case Op.CMP_REQUEUE: {
          if (val < 0 || int(time) < 0) return -Errno.EINVAL;
          if (other % 4 !== 0) return -Errno.EINVAL;
          if (op === Op.CMP_REQUEUE && user.u32(address) !== int(third) >>> 0) return -Errno.EAGAIN;
          const woken = futexes.wake(address, val);
          const moved = futexes.requeue(address, other, int(time));
          return woken + moved;
        }
        case Op.WAKE_OP: {
          if (other % 4 !== 0) return -Errno.EINVAL;
          const second = wakeOp(other, int(third));
          if (typeof second === 'number') return second;
          return futexes.wake(address, Math.max(1, val)) + (second ? futexes.wake(other, Math.max(1, int(time))) : 0);
        }
        case Op.LOCK_PI:
        case Op.LOCK_PI2:
          return lock(thread, address, deadline, true);
        case Op.TRYLOCK_PI:
          return lock(thread, address, undefined, false);
        case Op.UNLOCK_PI:
          return unlock(thread, address);
        default:
          return process.end({ kind: 'unsupported', text: `futex operation ${op} (requeueing to a lock with an owner) is not provided` });
      }
    };
  return { futex: futex(user.wordSize), futex_time64: futex(8) };
}
