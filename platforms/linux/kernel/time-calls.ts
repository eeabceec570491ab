/** Clocks, sleeping, and interval timers. Source: kernel/time/ (6.18), clock_gettime(2), nanosleep(2), setitimer(2). */
import type { Thread } from '../../../emulator/process/thread.js';
import { int } from '../../posix/system-call-table.js';
import type { Progress } from '../../posix/waiting.js';
import { REALTIME_EPOCH } from '../../posix/clock.js';
import { cpuClock, cpuTime, type CpuClock } from '../../posix/cpu-clocks.js';
import { UNITS_PER_SECOND } from '../../../emulator/process/clock.js';
import { Errno } from '../../posix/kernel/errno.js';
import type { Kernel, LinuxCall, LinuxCalls } from './kernel.js';
import type { TimerClock } from './posix-timers.js';
import { timerObjectCalls } from './timer-calls.js';
import { IntervalTimers, type IntervalSetting } from '../../posix/kernel/interval-timers.js';
import { moment, readTime, readTimeval, units, valid, writeTime, writeTimeval, type Time } from '../../posix/kernel/times.js';

// prettier-ignore
const Clock = {
  REALTIME: 0, MONOTONIC: 1, PROCESS_CPUTIME: 2, THREAD_CPUTIME: 3, MONOTONIC_RAW: 4, REALTIME_COARSE: 5, MONOTONIC_COARSE: 6, BOOTTIME: 7, TAI: 11,
} as const;
const KNOWN: readonly number[] = Object.values(Clock);
const REALTIMES: readonly number[] = [Clock.REALTIME, Clock.REALTIME_COARSE, Clock.TAI];
const COARSE: readonly number[] = [Clock.REALTIME_COARSE, Clock.MONOTONIC_COARSE];
/** Nobody can sleep by these. */
const SLEEPLESS: readonly number[] = [Clock.THREAD_CPUTIME, Clock.MONOTONIC_RAW, ...COARSE];
/** A tick of 250 a second. */
const TICK = 4_000_000;
const ABSOLUTE = 1;

/** What a clock reads in seconds when the program starts. */
const epochOf = (clock: number): number => (REALTIMES.includes(clock) ? REALTIME_EPOCH : 0);

export function timeCalls(kernel: Kernel): LinuxCalls {
  const { system, user } = kernel;
  const { process } = system;
  /** What it reads, but for its epoch; undefined: there is no such clock. */
  const now = (clock: number): number | undefined => {
    const used = cpuClock(system, clock);
    if (used) return cpuTime(system, used);
    return KNOWN.includes(clock) ? process.clock.now : undefined;
  };

  const gettime =
    (bytes: 4 | 8): LinuxCall =>
    (_thread, [word, address]) => {
      const clock = int(word);
      const at = now(clock);
      if (at === undefined) return -Errno.EINVAL;
      writeTime(user, address, COARSE.includes(clock) ? at - (at % TICK) : at, bytes, epochOf(clock));
      return 0;
    };
  const getres =
    (bytes: 4 | 8): LinuxCall =>
    (_thread, [clock, address]) => {
      if (now(int(clock)) === undefined) return -Errno.EINVAL;
      if (address !== 0) writeTime(user, address, COARSE.includes(int(clock)) ? TICK : 1, bytes);
      return 0;
    };

  /** Until `deadline` of virtual time; a handler that runs meanwhile ends it, and `left` hears how much was left. */
  const sleep = (deadline: number, left: ((units: number) => void) | undefined): Progress => {
    const again = (): Progress =>
      process.clock.now >= deadline
        ? 0
        : {
            wait: { what: 'sleep', on: [], ready: () => false, deadline },
            resume: again,
            restarts: false,
            interrupted: () => {
              left?.(deadline - process.clock.now);
              return -Errno.EINTR;
            },
          };
    return again();
  };
  const remaining = (address: number, bytes: 4 | 8): ((left: number) => void) | undefined =>
    address === 0 ? undefined : (left) => writeTime(user, address, left, bytes);

  /** Until the clock of CPU time has advanced: somebody else must run. */
  const sleepOfCpu = (clock: TimerClock, until: number, left: ((units: number) => void) | undefined): Progress => {
    const sleeper = {};
    const over = (): boolean => clock.read() >= until;
    const set = (): void =>
      clock.alarms.set(sleeper, clock.alarmTime() + Math.max(1, until - clock.read()), () => (over() ? process.changed(sleeper) : set()));
    const again = (): Progress => {
      if (over()) return 0;
      set();
      return {
        wait: { what: 'sleep by CPU time', on: [sleeper], ready: over },
        resume: again,
        restarts: false,
        interrupted: () => {
          clock.alarms.cancel(sleeper);
          left?.(until - clock.read());
          return -Errno.EINTR;
        },
      };
    };
    return again();
  };

  const clockSleep =
    (bytes: 4 | 8): LinuxCall =>
    (thread, [word, flags, wanted, left]) => {
      const clock = int(word);
      const start = now(clock);
      if (start === undefined) return -Errno.EINVAL;
      if (SLEEPLESS.includes(clock)) return -Errno.EOPNOTSUPP;
      const time = readTime(user, wanted, bytes);
      if (!valid(time)) return -Errno.EINVAL;
      const absolute = (int(flags) & ABSOLUTE) !== 0;
      const rest = absolute ? undefined : remaining(left, bytes);
      const used = cpuClock(system, clock);
      // Nobody waits for time of one's own.
      if (used?.thread === thread) return -Errno.EINVAL;
      if (used) return sleepOfCpu(cpuTimerClock(used), units(time) + (absolute ? 0 : start), rest);
      return sleep(absolute ? moment(time, epochOf(clock)) : start + units(time), rest);
    };

  const cpuTimerClock = (used: CpuClock): TimerClock => ({
    read: () => cpuTime(system, used),
    epoch: 0,
    alarms: process.agenda.busyAlarms,
    alarmTime: () => process.clock.busy,
  });
  const timerClock = (clock: number): TimerClock | number => {
    const used = cpuClock(system, clock);
    if (used) return cpuTimerClock(used);
    if (!KNOWN.includes(clock)) return -Errno.EINVAL;
    if (SLEEPLESS.includes(clock)) return -Errno.EOPNOTSUPP;
    return { read: () => process.clock.now, epoch: epochOf(clock), alarms: process.agenda.alarms, alarmTime: () => process.clock.now };
  };

  return {
    clock_gettime: gettime(user.wordSize),
    clock_gettime64: gettime(8),
    clock_getres: getres(user.wordSize),
    clock_getres_time64: getres(8),
    clock_settime: (_thread, [clock]) => (int(clock) === Clock.REALTIME ? -Errno.EPERM : -Errno.EINVAL),
    clock_nanosleep: clockSleep(user.wordSize),
    clock_nanosleep_time64: clockSleep(8),
    nanosleep: (_thread, [wanted, left]) => {
      const time = readTime(user, wanted);
      return valid(time) ? sleep(process.clock.now + units(time), remaining(left, user.wordSize)) : -Errno.EINVAL;
    },
    gettimeofday: (_thread, [address, zone]) => {
      if (address !== 0) writeTimeval(user, address, process.clock.now, REALTIME_EPOCH);
      if (zone !== 0) user.fill(zone, 8, 0);
      return 0;
    },
    time: (_thread, [address]) => {
      const seconds = Math.floor(process.clock.now / UNITS_PER_SECOND) + REALTIME_EPOCH;
      if (address !== 0) user.setWord(address, seconds);
      return seconds;
    },
    ...timerCalls(kernel),
    ...timerObjectCalls(kernel, timerClock),
  };
}

const ITIMER_REAL = 0;
function timerCalls(kernel: Kernel): LinuxCalls {
  const { user, state } = kernel;
  const { intervals } = state;

  const tell = (address: number, what: IntervalSetting): void => {
    writeTimeval(user, address, what.interval);
    writeTimeval(user, address + 2 * user.wordSize, what.left);
  };
  const validInterval = ({ seconds, nanoseconds }: Time): boolean => seconds >= 0 && nanoseconds >= 0 && nanoseconds < 1e9;

  return {
    setitimer: (_thread: Thread, [word, wanted, old]: number[]) => {
      const which = int(word);
      let next: { interval: Time; value: Time } | undefined;
      if (wanted !== 0) {
        next = { interval: readTimeval(user, wanted), value: readTimeval(user, wanted + 2 * user.wordSize) };
        if (!validInterval(next.interval) || !validInterval(next.value)) return -Errno.EINVAL;
      }
      if (!IntervalTimers.known(which)) return -Errno.EINVAL;
      const before = intervals.left(which);
      intervals.set(which, next ? units(next.value) : 0, next ? units(next.interval) : 0);
      if (old !== 0) tell(old, before);
      return 0;
    },
    getitimer: (_thread, [word, address]) => {
      const which = int(word);
      if (!IntervalTimers.known(which)) return -Errno.EINVAL;
      tell(address, intervals.left(which));
      return 0;
    },
    alarm: (_thread, [seconds]) => {
      const before = intervals.left(ITIMER_REAL);
      intervals.set(ITIMER_REAL, seconds * UNITS_PER_SECOND, 0);
      return before.left === 0 ? 0 : Math.max(1, Math.round(before.left / UNITS_PER_SECOND));
    },
  };
}
