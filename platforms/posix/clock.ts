/** Virtual time as POSIX clocks, struct timespec, and sleeping. The clocks start at the same moment in every run. */
import { UNITS_PER_SECOND } from '../../emulator/process/clock.js';
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import { cpuClock, cpuTime } from './cpu-clocks.js';
import { calledDirectly, copyOut, fail, libraryResult, systemCall, type PosixSystem } from './system.js';

/** What CLOCK_REALTIME reads when a program starts: 2024-01-01 00:00:00 UTC. */
export const REALTIME_EPOCH = 1_704_067_200;

/** The one base that C11's timespec_get knows. */
const TIME_UTC = 1;
/** struct timezone: two ints. */
const TIMEZONE_BYTES = 8;
const UNITS_PER_NANOSECOND = UNITS_PER_SECOND / 1e9;

interface Timespec {
  seconds: number;
  nanoseconds: number;
}

/** struct timespec: time_t and long, a word each. Undefined: nanoseconds out of range. */
function readTimespec(memory: MemoryView, address: number): Timespec | undefined {
  const { wordSize } = memory;
  const seconds = wordSize === 4 ? memory.i32(address) : memory.u32(address) + memory.i32(address + 4) * 0x100000000;
  const nanoseconds = wordSize === 4 ? memory.i32(address + 4) : memory.u32(address + 8) + memory.i32(address + 12) * 0x100000000;
  if (nanoseconds < 0 || nanoseconds >= 1e9) return undefined;
  return { seconds, nanoseconds };
}

function writeTimespec(memory: MemoryView, address: number, units: number, epoch = 0): void {
  const { wordSize } = memory;
  memory.setWord(address + wordSize, Math.floor((units % UNITS_PER_SECOND) / UNITS_PER_NANOSECOND));
  memory.setWord(address, Math.floor(units / UNITS_PER_SECOND) + epoch);
}

/** An absolute time of CLOCK_REALTIME or CLOCK_MONOTONIC as virtual time; undefined: invalid. */
export function deadlineAt(call: HostCall, address: number, realtime: boolean): number | undefined {
  const time = readTimespec(call.memory, address);
  if (!time) return undefined;
  return (time.seconds - (realtime ? REALTIME_EPOCH : 0)) * UNITS_PER_SECOND + time.nanoseconds * UNITS_PER_NANOSECOND;
}

/** The clocks as the kernels tell them: 0 or an errno number negated. */
export function clockCalls(system: PosixSystem) {
  const { process, traits } = system;
  const { user } = process;
  const { clockRealtime, otherRealtimeClocks, clockMonotonic, otherClocks } = traits.pthread;
  const realtime = new Set([clockRealtime, ...otherRealtimeClocks]);
  const known = new Set([...realtime, clockMonotonic, ...otherClocks]);
  return {
    gettime(clock: number, address: number): number {
      const used = cpuClock(system, clock);
      if (!used && !known.has(clock)) return -traits.errno.EINVAL;
      writeTimespec(user, address, used ? cpuTime(system, used) : process.clock.now, realtime.has(clock) ? REALTIME_EPOCH : 0);
      return 0;
    },
    getres(clock: number, address: number): number {
      if (!cpuClock(system, clock) && !known.has(clock)) return -traits.errno.EINVAL;
      if (address !== 0) writeTimespec(user, address, 1);
      return 0;
    },
    /** struct timeval, and a time zone of zeros; either address may be 0. */
    timeofday(address: number, zone: number): number {
      const { now } = process.clock;
      if (address !== 0) {
        user.setWord(address + user.wordSize, Math.floor(((now % UNITS_PER_SECOND) / UNITS_PER_SECOND) * 1e6));
        user.setWord(address, Math.floor(now / UNITS_PER_SECOND) + REALTIME_EPOCH);
      }
      if (zone !== 0) user.fill(zone, TIMEZONE_BYTES, 0);
      return 0;
    },
  };
}

export function clockFunctions(system: PosixSystem): HostFunction[] {
  const { process, signals, traits } = system;
  const calls = clockCalls(system);

  /** Units left when a handler ended the sleep; 0 = slept to its end. */
  const sleepFor = (call: HostCall, units: number): number => {
    const state = call.attempt(() => ({ until: process.clock.now + units }));
    const left = state.until - process.clock.now;
    // Before its end: the handler's own time may have led beyond.
    if (signals.wasInterrupted(call)) return Math.max(1, left);
    if (left <= 0) return 0;
    return call.block({ kind: 'interruptible', by: 'any', what: 'sleep', on: [], ready: () => false, deadline: state.until });
  };

  // The libraries read the clocks without the kernel (vdso, shared page, commpage): their stores are the program's, and can fault.
  return [
    hostFunction('clock_gettime', 'i(ip)', (_call, clock, address) => libraryResult(system, calls.gettime(clock, address))),
    // FreeBSD's shared page has neither resolutions nor time zones: the kernel is asked.
    hostFunction('clock_getres', 'i(ip)', (_call, clock, address) =>
      traits.os === 'freebsd'
        ? calledDirectly(system, () => calls.getres(clock, address))
        : libraryResult(system, calls.getres(clock, address)),
    ),
    hostFunction('timespec_get', 'i(pi)', (_call, address, base) =>
      base === TIME_UTC && calls.gettime(traits.pthread.clockRealtime, address) === 0 ? base : 0,
    ),
    hostFunction('gettimeofday', 'i(pp)', (_call, address, zone) =>
      traits.os === 'freebsd' && zone !== 0
        ? calledDirectly(system, () => calls.timeofday(address, zone))
        : libraryResult(system, calls.timeofday(address, zone)),
    ),
    hostFunction('nanosleep', 'i(pp)', (call, wanted, remaining) => {
      if (wanted === 0 && traits.os === 'macos') return fail(system, 'EINVAL');
      const read = (): Timespec | undefined => readTimespec(call.memory, wanted);
      const time = traits.copiesTimes ? read() : systemCall(system, read);
      if (typeof time === 'number') return libraryResult(system, time);
      if (!time) return fail(system, 'EINVAL');
      // On FreeBSD a time that is over is no time to sleep.
      if (time.seconds < 0) return traits.os === 'freebsd' ? 0 : fail(system, 'EINVAL');
      const left = sleepFor(call, time.seconds * UNITS_PER_SECOND + time.nanoseconds * UNITS_PER_NANOSECOND);
      if (left === 0) return 0;
      const give = (): void => writeTimespec(call.memory, remaining, left);
      // Libc's own code works out what is left.
      if (remaining !== 0 && traits.os === 'macos') give();
      else if (remaining !== 0 && copyOut(system, give) !== 0) return fail(system, 'EFAULT');
      return fail(system, 'EINTR');
    }),
    hostFunction('usleep', 'i(u)', (call, microseconds) =>
      sleepFor(call, (microseconds / 1e6) * UNITS_PER_SECOND) === 0 ? 0 : fail(system, 'EINTR'),
    ),
    hostFunction('sleep', 'u(u)', (call, seconds) => {
      const left = sleepFor(call, seconds * UNITS_PER_SECOND) / UNITS_PER_SECOND;
      if (left > 0) fail(system, 'EINTR');
      return traits.sleepRounds === 'up' ? Math.ceil(left) : Math.floor(left);
    }),
  ];
}
