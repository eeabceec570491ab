/** poll, ppoll, select, pselect. Source: sys/kern/sys_generic.c (sys_poll, kern_poll, pollscan, kern_select), sys_pipe.c (pipe_poll), vfs_default.c (13). */
import { descriptorWaits, Poll } from '../../posix/kernel/descriptor-waits.js';
import type { OpenFile } from '../../posix/kernel/descriptors.js';
import { Errno } from '../../posix/kernel/errno.js';
import { readTime, readTimeval, units, valid } from '../../posix/kernel/times.js';
import { int } from '../../posix/system-call-table.js';
import type { FreeBsdCalls, FreeBsdKernel } from './kernel.js';

const FD_SETSIZE = 1024;
const FOR_EVER = -1;
const READING = Poll.IN | Poll.RDNORM;
/** POLLWRNORM is POLLOUT. What files know, they always can. */
const STANDARD = READING | Poll.OUT | Poll.PRI | Poll.RDBAND | 0x100 | Poll.ERR | Poll.HUP | Poll.NVAL;

function events(file: OpenFile | undefined, wanted: number): number {
  if (!file) return Poll.NVAL;
  const ready = file.ready();
  if (file.kind !== 'pipe' && file.kind !== 'stream') return wanted & ~STANDARD ? Poll.NVAL : wanted & (READING | Poll.OUT);
  // Either end is at its end when the other is closed; then nothing is told of writing.
  const ended = ready.hungUp === true || ready.failed === true;
  const found = (ready.read || ended ? READING : 0) | (ready.write && !ended ? Poll.OUT : 0);
  return (found & wanted) | (ended ? Poll.HUP : 0);
}

export function pollCalls(kernel: FreeBsdKernel): FreeBsdCalls {
  const { user, system } = kernel;
  const { process } = system;
  const { poll, select, masked } = descriptorWaits(kernel, {
    events,
    fewestEntries: FD_SETSIZE,
    setBits: user.wordSize === 8 ? 64 : 32,
    hungUpWrites: true,
  });
  /** struct timespec at a place: when that is over, by the clock; undefined: never. */
  const deadline = (time: number): number | undefined | 'bad' => {
    if (time === 0) return undefined;
    const given = readTime(user, time);
    return valid(given) ? process.clock.now + units(given) : 'bad';
  };

  return {
    poll: (_thread, [address, count, word]) => {
      const timeout = int(word);
      if (timeout < 0 && timeout !== FOR_EVER) return -Errno.EINVAL;
      return poll(address, int(count) >>> 0, timeout === FOR_EVER ? undefined : process.clock.now + timeout * 1e6);
    },
    ppoll: (thread, [address, count, time, set]) => {
      const until = deadline(time);
      return until === 'bad' ? -Errno.EINVAL : masked(thread, set, () => poll(address, int(count) >>> 0, until));
    },
    select: (_thread, [count, read, write, other, time]) => {
      const given = time === 0 ? undefined : readTimeval(user, time);
      if (given && !valid(given)) return -Errno.EINVAL;
      return select(int(count), [read, write, other], given && process.clock.now + units(given));
    },
    pselect: (thread, [count, read, write, other, time, set]) => {
      const until = deadline(time);
      return until === 'bad' ? -Errno.EINVAL : masked(thread, set, () => select(int(count), [read, write, other], until));
    },
  };
}
