/**
 * Where threads run: on the one processor that there is. Source: sys/kern/kern_cpuset.c (cpuset_which, kern_cpuset_getaffinity, _setaffinity, _getid) of 13.
 * That sets of any size are taken which hold what there is, is remembered of 14's.
 */
import type { Thread } from '../../../emulator/process/thread.js';
import { Errno } from '../../posix/kernel/errno.js';
import { posixThread } from '../../posix/posix-thread.js';
import { int, unsigned } from '../../posix/system-call-table.js';
import type { FreeBsdCalls, FreeBsdKernel } from './kernel.js';

const Which = { TID: 1, PID: 2, CPUSET: 3, IRQ: 4, JAIL: 5, DOMAIN: 6 } as const;
const LEVELS: readonly number[] = [1, 2, 3];
const LEVEL_WHICH = 3;
/** The set that a process begins with. */
const FIRST_SET = 1;
/** CPU_MAXSIZE bytes of bits. */
const MOST = 128;
const SELF = -1;

export function processorCalls({ user, system }: FreeBsdKernel): FreeBsdCalls {
  const { process, pid } = system;
  const wide = user.wordSize === 8;

  /** Who is meant; an errno number negated where nobody is. */
  const found = (which: number, id: number): number => {
    switch (which) {
      case Which.TID: {
        const alive = (thread: Thread): boolean => thread.state !== 'ended' && posixThread(thread).tid === id;
        return id === SELF || process.threads.some(alive) ? 0 : -Errno.ESRCH;
      }
      case Which.PID:
        return id === SELF || id === pid ? 0 : -Errno.ESRCH;
      case Which.CPUSET:
      case Which.JAIL:
        return id === SELF || id === FIRST_SET || id === 0 ? 0 : -Errno.ESRCH;
      default:
        return -Errno.EINVAL;
    }
  };
  /** level, which, id (64 bits), and what follows. */
  const split = ([level, which, ...rest]: number[]): { level: number; which: number; id: number; rest: number[] } => ({
    level: int(level),
    which: int(which),
    id: int(rest[0]),
    rest: rest.slice(wide ? 1 : 2),
  });

  return {
    sched_getcpu: () => 0,
    cpuset_getid: (_thread, args) => {
      const { level, which, id, rest } = split(args);
      if (level === LEVEL_WHICH && which !== Which.CPUSET) return -Errno.EINVAL;
      const wrong = found(which, id);
      if (wrong !== 0) return wrong;
      if (!LEVELS.includes(level)) return -Errno.EINVAL;
      user.setU32(rest[0], level === 1 ? 0 : FIRST_SET);
      return 0;
    },
    cpuset_getaffinity: (_thread, args) => {
      const { level, which, id, rest } = split(args);
      const [size, mask] = rest;
      if (unsigned(size) < 1 || unsigned(size) > MOST) return -Errno.ERANGE;
      const wrong = found(which, id);
      if (wrong !== 0) return wrong;
      if (!LEVELS.includes(level)) return -Errno.EINVAL;
      user.fill(mask, size, 0);
      user.setU8(mask, 1);
      return 0;
    },
    cpuset_setaffinity: (_thread, args) => {
      const { level, which, id, rest } = split(args);
      const [size, mask] = rest;
      if (unsigned(size) < 1 || unsigned(size) > MOST) return -Errno.ERANGE;
      const wanted = user.bytes(mask, size);
      const wrong = found(which, id);
      if (wrong !== 0) return wrong;
      if (!LEVELS.includes(level)) return -Errno.EINVAL;
      // The only processor must be among them.
      return (wanted[0] & 1) === 0 ? -Errno.EDEADLK : 0;
    },
  };
}
