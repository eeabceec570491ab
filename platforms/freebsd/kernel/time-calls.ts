/** Clocks, sleeping and interval timers. Source: sys/kern/kern_time.c (13). */
import { REALTIME_EPOCH, type clockCalls } from '../../posix/clock.js';
import { Errno } from '../../posix/kernel/errno.js';
import { IntervalTimers, type IntervalSetting } from '../../posix/kernel/interval-timers.js';
import { moment, readTime, readTimeval, units, writeTime, writeTimeval, type Time } from '../../posix/kernel/times.js';
import { systemCall } from '../../posix/system.js';
import { bsdProgress } from '../../posix/kernel/bsd-errno.js';
import { int } from '../../posix/system-call-table.js';
import type { Progress } from '../../posix/waiting.js';
import { isWaiting } from '../../posix/waiting.js';
import type { FreeBsdCalls, FreeBsdKernel } from './kernel.js';

const ABSOLUTE = 1;
/** Clocks to sleep by: those of the time of day, and those since the start. CPU time is known, and nobody sleeps by it. */
const REALTIMES: readonly number[] = [0, 9, 10, 13];
const MONOTONICS: readonly number[] = [4, 5, 7, 8, 11, 12];
const CPU_TIMES: readonly number[] = [1, 2, 15];
/** Longer intervals are refused. */
const LONGEST = 0x3fffffff;

export function timeCalls(kernel: FreeBsdKernel, clocks: ReturnType<typeof clockCalls>): FreeBsdCalls {
  const { user, system } = kernel;
  const { process } = system;
  const timers = new IntervalTimers(system);

  const sleep = (deadline: number, left: ((units: number) => void) | undefined): Progress => {
    const again = (): Progress =>
      process.clock.now >= deadline
        ? 0
        : {
            wait: { what: 'sleep', on: [], ready: () => false, deadline },
            resume: again,
            restarts: false,
            interrupted: () => {
              left?.(Math.max(0, deadline - process.clock.now));
              return -Errno.EINTR;
            },
          };
    return again();
  };

  /** Negative times are over at once. */
  const sleepBy = (clock: number, flags: number, wanted: number, left: number): Progress => {
    const time = readTime(user, wanted);
    if (time.nanoseconds < 0 || time.nanoseconds >= 1e9 || flags & ~ABSOLUTE) return -Errno.EINVAL;
    if (CPU_TIMES.includes(clock)) return -Errno.EOPNOTSUPP;
    const realtime = REALTIMES.includes(clock);
    if (!realtime && !MONOTONICS.includes(clock)) return -Errno.EINVAL;
    if (flags & ABSOLUTE) return sleep(moment(time, realtime ? REALTIME_EPOCH : 0), undefined);
    if (time.seconds < 0) return 0;
    return sleep(process.clock.now + units(time), left === 0 ? undefined : (rest) => writeTime(user, left, rest));
  };
  /** clock_nanosleep's errors are its result. */
  const positive = (progress: Progress): Progress => {
    if (!isWaiting(progress)) return Math.abs(progress);
    const { interrupted } = progress;
    return {
      ...progress,
      resume: () => positive(progress.resume()),
      ...(interrupted && { interrupted: () => Math.abs(interrupted()) }),
    };
  };

  const tell = (address: number, { left, interval }: IntervalSetting): void => {
    writeTimeval(user, address, interval);
    writeTimeval(user, address + 2 * user.wordSize, left);
  };
  const good = ({ seconds, nanoseconds }: Time): boolean => seconds >= 0 && seconds <= LONGEST && nanoseconds >= 0 && nanoseconds < 1e9;
  const getTimer = (which: number, address: number): number => {
    if (!IntervalTimers.known(which)) return -Errno.EINVAL;
    tell(address, timers.left(which));
    return 0;
  };

  return {
    clock_gettime: (_thread, [clock, address]) => clocks.gettime(int(clock), address),
    clock_getres: (_thread, [clock, address]) => clocks.getres(int(clock), address),
    gettimeofday: (_thread, [address, zone]) => clocks.timeofday(address, zone),
    nanosleep: (_thread, [wanted, left]) => sleepBy(0, 0, wanted, left),
    clock_nanosleep: (_thread, [clock, flags, wanted, left]) =>
      positive(bsdProgress(systemCall(system, () => sleepBy(int(clock), int(flags), wanted, left)))),
    getitimer: (_thread, [which, address]) => getTimer(int(which), address),
    setitimer: (_thread, [which, wanted, old]) => {
      if (wanted === 0) return getTimer(int(which), old);
      const interval = readTimeval(user, wanted);
      const value = readTimeval(user, wanted + 2 * user.wordSize);
      if (!IntervalTimers.known(int(which)) || !good(value)) return -Errno.EINVAL;
      if (units(value) > 0 && !good(interval)) return -Errno.EINVAL;
      const before = timers.left(int(which));
      timers.set(int(which), units(value), units(interval));
      if (old !== 0) tell(old, before);
      return 0;
    },
  };
}
