/** seccomp: what may be asked of it is answered; a filter that would be put in force is not provided. Source: seccomp(2), kernel/seccomp.c (6.18). */
import { Errno } from '../../posix/kernel/errno.js';
import type { Kernel } from './kernel.js';

const Operation = { STRICT: 0, FILTER: 1, ACTION_AVAILABLE: 2, NOTIFICATION_SIZES: 3 } as const;
const FILTER_FLAGS = 0x3f;
/** BPF_MAXINSNS. */
const LONGEST = 4096;
/** SECCOMP_RET_: kill the process, kill the thread, trap, errno, notify, trace, log, allow. */
const ACTIONS: readonly number[] = [0x80000000, 0, 0x30000, 0x50000, 0x7fc00000, 0x7ff00000, 0x7ffc0000, 0x7fff0000];
/** Of struct seccomp_notif, seccomp_notif_resp and seccomp_data. */
const SIZES = [80, 24, 64] as const;

export function seccomp({ user, system }: Kernel, operation: number, flags: number, argument: number): number {
  const missing = (what: string): never => system.process.end({ kind: 'unsupported', text: `${what} of seccomp is not provided` });
  switch (operation) {
    case Operation.STRICT:
      return flags !== 0 || argument !== 0 ? -Errno.EINVAL : missing('the strict mode');
    case Operation.FILTER: {
      if (flags & ~FILTER_FLAGS) return -Errno.EINVAL;
      const length = user.u16(argument);
      return length === 0 || length > LONGEST ? -Errno.EINVAL : missing('a filter');
    }
    case Operation.ACTION_AVAILABLE:
      if (flags !== 0) return -Errno.EINVAL;
      return ACTIONS.includes(user.u32(argument)) ? 0 : -Errno.EOPNOTSUPP;
    case Operation.NOTIFICATION_SIZES:
      if (flags !== 0) return -Errno.EINVAL;
      SIZES.forEach((size, i) => user.setU16(argument + 2 * i, size));
      return 0;
    default:
      return -Errno.EINVAL;
  }
}
