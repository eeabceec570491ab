/** Waiting for descriptors: poll, ppoll, select, pselect6. Source: fs/select.c (6.18), poll(2), select(2). */
import type { Thread } from '../../../emulator/process/thread.js';
import { descriptorWaits, Poll } from '../../posix/kernel/descriptor-waits.js';
import type { OpenFile } from '../../posix/kernel/descriptors.js';
import { Errno } from '../../posix/kernel/errno.js';
import { readTime, readTimeval, units, valid, writeTime, writeTimeval, type Time } from '../../posix/kernel/times.js';
import { int } from '../../posix/system-call-table.js';
import { systemCall } from '../../posix/system.js';
import { isWaiting, type Progress } from '../../posix/waiting.js';
import type { Kernel, LinuxCall, LinuxCalls } from './kernel.js';

const POLLWRNORM = 0x100;

function eventsOf(file: OpenFile | undefined, wanted: number): number {
  const ready = file?.ready();
  if (!ready) return Poll.NVAL;
  const events = (ready.read ? Poll.IN | Poll.RDNORM : 0) | (ready.write ? Poll.OUT | POLLWRNORM : 0);
  return (events & wanted) | (ready.hungUp ? Poll.HUP : 0) | (ready.failed ? Poll.ERR : 0);
}

export function pollCalls(kernel: Kernel): LinuxCalls {
  const { user, system } = kernel;
  const { process } = system;

  const { poll, select, masked } = descriptorWaits(kernel, {
    events: eventsOf,
    fewestEntries: 0,
    setBits: user.wordSize === 8 ? 64 : 32,
    hungUpWrites: false,
  });
  /** The set of signals has a size that the program gives. */
  const withMask = (thread: Thread, set: number, bytes: number, begin: () => Progress): Progress =>
    set !== 0 && bytes !== 8 ? -Errno.EINVAL : masked(thread, set, begin);

  const relative = (time: Time): number => process.clock.now + units(time);

  /** What is left of the time is told, however the call ends; nobody minds where it can't be. */
  const telling = (time: number, deadline: number | undefined, write: (left: number) => void, begin: () => Progress): Progress => {
    if (deadline === undefined || deadline === process.clock.now) return begin();
    const tell = (result: number): number => {
      systemCall(system, () => (write(Math.max(0, deadline - process.clock.now)), 0));
      return result;
    };
    const follow = (progress: Progress): Progress => {
      if (!isWaiting(progress)) return tell(progress);
      const { resume, interrupted } = progress;
      return { ...progress, resume: () => follow(resume()), interrupted: () => tell(interrupted?.() ?? -Errno.EINTR) };
    };
    return time === 0 ? begin() : follow(begin());
  };

  const ppoll =
    (bytes: 4 | 8): LinuxCall =>
    (thread, [address, count, time, set, size]) => {
      let deadline: number | undefined;
      if (time !== 0) {
        const given = readTime(user, time, bytes);
        if (!valid(given)) return -Errno.EINVAL;
        deadline = relative(given);
      }
      return telling(
        time,
        deadline,
        (left) => writeTime(user, time, left, bytes),
        () => withMask(thread, set, size, () => poll(address, count, deadline)),
      );
    };

  const pselect =
    (bytes: 4 | 8): LinuxCall =>
    (thread, [count, read, write, other, time, signals]) => {
      let deadline: number | undefined;
      if (time !== 0) {
        const given = readTime(user, time, bytes);
        if (!valid(given)) return -Errno.EINVAL;
        deadline = relative(given);
      }
      const [set, size] = signals === 0 ? [0, 8] : [user.word(signals), user.word(signals + user.wordSize)];
      return telling(
        time,
        deadline,
        (left) => writeTime(user, time, left, bytes),
        () => withMask(thread, set, size, () => select(int(count), [read, write, other], deadline)),
      );
    };
  const selectCall: LinuxCall = (_thread, [count, read, write, other, time]) => {
    let deadline: number | undefined;
    if (time !== 0) {
      const given = readTimeval(user, time);
      if (given.seconds < 0 || given.nanoseconds < 0) return -Errno.EINVAL;
      deadline = relative(given);
    }
    return telling(
      time,
      deadline,
      (left) => writeTimeval(user, time, left),
      () => select(int(count), [read, write, other], deadline),
    );
  };

  return {
    poll: (_thread, [address, count, timeout]) =>
      poll(address, count, int(timeout) < 0 ? undefined : process.clock.now + int(timeout) * 1e6),
    ppoll: ppoll(user.wordSize),
    ppoll_time64: ppoll(8),
    pselect6: pselect(user.wordSize),
    pselect6_time64: pselect(8),
    _newselect: selectCall,
    // The old call's arguments lie in memory.
    select:
      kernel.convention === 'ia32'
        ? (thread, [at]) =>
            selectCall(
              thread,
              [0, 1, 2, 3, 4].map((i) => user.u32(at + 4 * i)),
            )
        : selectCall,
  };
}
