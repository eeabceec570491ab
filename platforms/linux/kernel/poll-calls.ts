/** Waiting for descriptors: poll, ppoll, select, pselect6. Source: fs/select.c (6.18), poll(2), select(2). */
import type { Thread } from '../../../emulator/process/thread.js';
import { posixThread } from '../../posix/posix-thread.js';
import { readSet } from '../../posix/signal-set.js';
import { int } from '../../posix/system-call-table.js';
import type { Progress, Waiting } from '../../posix/waiting.js';
import { isWaiting } from '../../posix/waiting.js';
import { Errno } from '../../posix/kernel/errno.js';
import type { Kernel, LinuxCall, LinuxCalls } from './kernel.js';
import { readTime, readTimeval, units, valid, type Time } from '../../posix/kernel/times.js';

const Poll = { IN: 1, OUT: 4, ERR: 8, HUP: 16, NVAL: 32, RDNORM: 0x40, WRNORM: 0x100 } as const;
const ENTRY = 8;

export function pollCalls(kernel: Kernel): LinuxCalls {
  const { user, descriptors, system } = kernel;
  const { process } = system;

  /** Look until something is ready; `deadline` undefined: for ever. */
  const until = (deadline: number | undefined, what: string, look: () => number): Progress => {
    const again = (): Progress => {
      const found = look();
      if (found !== 0 || (deadline !== undefined && process.clock.now >= deadline)) return found;
      return { wait: { what, ready: () => look() !== 0, ...(deadline !== undefined && { deadline }) }, resume: again, restarts: false };
    };
    return again();
  };

  const poll = (address: number, count: number, deadline: number | undefined): Progress => {
    if (count > descriptors.limit) return -Errno.EINVAL;
    // They are read once, and told of at the end.
    const entries = Array.from({ length: count }, (_, i) => ({
      fd: user.i32(address + i * ENTRY),
      wanted: user.u16(address + i * ENTRY + 4),
    }));
    const look = (): number[] => entries.map(({ fd, wanted }) => (fd < 0 ? 0 : eventsOf(fd, wanted)));
    const finish = (progress: Progress): Progress => {
      if (isWaiting(progress)) return { ...progress, resume: () => finish(progress.resume()) };
      look().forEach((events, i) => user.setU16(address + i * ENTRY + 6, events));
      return progress;
    };
    return finish(until(deadline, 'descriptors (poll)', () => look().filter((events) => events !== 0).length));
  };

  const eventsOf = (fd: number, wanted: number): number => {
    const ready = descriptors.get(fd)?.ready();
    if (!ready) return Poll.NVAL;
    const events = (ready.read ? Poll.IN | Poll.RDNORM : 0) | (ready.write ? Poll.OUT | Poll.WRNORM : 0);
    return (events & wanted) | (ready.hungUp ? Poll.HUP : 0) | (ready.failed ? Poll.ERR : 0);
  };

  /** With another mask while it waits. */
  const masked = (thread: Thread, set: number, bytes: number, begin: () => Progress): Progress => {
    if (set === 0) return begin();
    if (bytes !== 8) return -Errno.EINVAL;
    const state = posixThread(thread);
    const mask = readSet(user, set, 8);
    const before = state.mask.slice();
    const restore = (): void => system.signals.setMask(thread, before);
    system.signals.setMask(thread, mask);
    const follow = (step: () => Progress): Progress => {
      let progress: Progress;
      try {
        progress = step();
      } catch (error) {
        restore();
        throw error;
      }
      if (!isWaiting(progress)) {
        restore();
        return progress;
      }
      // What is ready beats a signal that waits already.
      if (system.signals.hasDeliverable(thread)) {
        state.suspendedMask = before;
        return -Errno.EINTR;
      }
      const inner: Waiting = progress;
      return {
        wait: inner.wait,
        restarts: false,
        resume: () => follow(() => inner.resume()),
        interrupted: () => {
          state.suspendedMask = before;
          return -Errno.EINTR;
        },
      };
    };
    return follow(begin);
  };

  const relative = (time: Time): number => process.clock.now + units(time);

  const ppoll =
    (bytes: 4 | 8): LinuxCall =>
    (thread, [address, count, time, set, size]) => {
      let deadline: number | undefined;
      if (time !== 0) {
        const given = readTime(user, time, bytes);
        if (!valid(given)) return -Errno.EINVAL;
        deadline = relative(given);
      }
      return masked(thread, set, size, () => poll(address, count, deadline));
    };

  /** Three sets of descriptors, each of which may be missing. */
  const select = (count: number, sets: number[], deadline: number | undefined): Progress => {
    if (count < 0) return -Errno.EINVAL;
    const most = Math.min(count, descriptors.limit);
    const words = Math.ceil(most / 32);
    const wanted = sets.map((set) => (set === 0 ? [] : Array.from({ length: words }, (_, i) => user.u32(set + 4 * i))));
    const has = (set: number[], fd: number): boolean => ((set[fd >>> 5] ?? 0) & (1 << (fd & 31))) !== 0;
    for (let fd = 0; fd < most; fd++) if (wanted.some((set) => has(set, fd)) && !descriptors.get(fd)) return -Errno.EBADF;
    const look = (): [number, number[][]] => {
      const found = wanted.map(() => new Array<number>(words).fill(0));
      let total = 0;
      for (let fd = 0; fd < most; fd++) {
        const ready = descriptors.get(fd)?.ready();
        if (!ready) continue;
        const is = [ready.read || ready.hungUp, ready.write || ready.failed, false];
        wanted.forEach((set, i) => {
          if (!is[i] || !has(set, fd)) return;
          found[i][fd >>> 5] |= 1 << (fd & 31);
          total++;
        });
      }
      return [total, found];
    };
    const finish = (progress: Progress): Progress => {
      if (isWaiting(progress)) return { ...progress, resume: () => finish(progress.resume()) };
      if (progress < 0) return progress;
      const [, found] = look();
      sets.forEach((set, i) => {
        if (set !== 0) found[i].forEach((word, at) => user.setU32(set + 4 * at, word >>> 0));
      });
      return progress;
    };
    return finish(until(deadline, 'descriptors (select)', () => look()[0]));
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
      return masked(thread, set, size, () => select(int(count), [read, write, other], deadline));
    };
  const selectCall: LinuxCall = (_thread, [count, read, write, other, time]) => {
    let deadline: number | undefined;
    if (time !== 0) {
      const given = readTimeval(user, time);
      if (given.seconds < 0 || given.nanoseconds < 0) return -Errno.EINVAL;
      deadline = relative(given);
    }
    return select(int(count), [read, write, other], deadline);
  };

  return {
    poll: (_thread, [address, count, timeout]) =>
      poll(address, count, int(timeout) < 0 ? undefined : process.clock.now + int(timeout) * 1e6),
    ppoll: ppoll(user.wordSize),
    ppoll_time64: ppoll(8),
    pselect6: pselect(user.wordSize),
    pselect6_time64: pselect(8),
    ...(kernel.convention === 'ia32' ? { _newselect: selectCall } : { select: selectCall }),
  };
}
