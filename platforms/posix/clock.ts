/** Virtual time as POSIX clocks, struct timespec, and sleeping. The clocks start at the same moment in every run. */
import { UNITS_PER_SECOND } from '../../emulator/process/clock.js';
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import type { InterruptibleWait } from './signals.js';
import { fail, type PosixSystem } from './system.js';

/** What CLOCK_REALTIME reads when a program starts: 2024-01-01 00:00:00 UTC. */
export const REALTIME_EPOCH = 1_704_067_200;

const UNITS_PER_NANOSECOND = UNITS_PER_SECOND / 1e9;

/** struct timespec: time_t and long, a word each. Undefined: nanoseconds out of range. */
export function readTimespec(call: HostCall, address: number): { seconds: number; nanoseconds: number } | undefined {
  const { memory } = call;
  const { wordSize } = memory;
  const seconds = wordSize === 4 ? memory.i32(address) : memory.u32(address) + memory.i32(address + 4) * 0x100000000;
  const nanoseconds = wordSize === 4 ? memory.i32(address + 4) : memory.u32(address + 8) + memory.i32(address + 12) * 0x100000000;
  if (nanoseconds < 0 || nanoseconds >= 1e9) return undefined;
  return { seconds, nanoseconds };
}

export function writeTimespec(call: HostCall, address: number, units: number, epoch = 0): void {
  const { memory } = call;
  const { wordSize } = memory;
  memory.setWord(address + wordSize, Math.floor((units % UNITS_PER_SECOND) / UNITS_PER_NANOSECOND));
  memory.setWord(address, Math.floor(units / UNITS_PER_SECOND) + epoch);
}

/** An absolute time of CLOCK_REALTIME or CLOCK_MONOTONIC as virtual time; undefined: invalid. */
export function deadlineAt(call: HostCall, address: number, realtime: boolean): number | undefined {
  const time = readTimespec(call, address);
  if (!time) return undefined;
  return (time.seconds - (realtime ? REALTIME_EPOCH : 0)) * UNITS_PER_SECOND + time.nanoseconds * UNITS_PER_NANOSECOND;
}

export function clockFunctions(system: PosixSystem): HostFunction[] {
  const { process, traits, signals } = system;
  const { clockRealtime, clockMonotonic } = traits.pthread;

  /** Units left when a handler ended the sleep; 0 = slept to its end. */
  const sleepFor = (call: HostCall, units: number): number => {
    const state = call.attempt(() => ({ until: process.clock.now + units }));
    const left = state.until - process.clock.now;
    if (left <= 0) return 0;
    if (signals.wasInterrupted(call)) return left;
    const wait: InterruptibleWait = { what: 'sleep', ready: () => false, deadline: state.until, interrupt: 'always' };
    return call.block(wait);
  };

  return [
    hostFunction('clock_gettime', 'i(ip)', (call, clock, address) => {
      const known = [clockRealtime, clockMonotonic, ...traits.pthread.otherClocks];
      if (!known.includes(clock)) return fail(system, 'EINVAL');
      writeTimespec(call, address, process.clock.now, clock === clockRealtime ? REALTIME_EPOCH : 0);
      return 0;
    }),
    hostFunction('clock_getres', 'i(ip)', (call, _clock, address) => {
      if (address !== 0) writeTimespec(call, address, 1);
      return 0;
    }),
    hostFunction('gettimeofday', 'i(pp)', (call, address) => {
      const { memory } = call;
      const { now } = process.clock;
      memory.setWord(address + memory.wordSize, Math.floor(((now % UNITS_PER_SECOND) / UNITS_PER_SECOND) * 1e6));
      memory.setWord(address, Math.floor(now / UNITS_PER_SECOND) + REALTIME_EPOCH);
      return 0;
    }),
    hostFunction('nanosleep', 'i(pp)', (call, wanted, remaining) => {
      const time = readTimespec(call, wanted);
      if (!time || time.seconds < 0) return fail(system, 'EINVAL');
      const left = sleepFor(call, time.seconds * UNITS_PER_SECOND + time.nanoseconds * UNITS_PER_NANOSECOND);
      if (left === 0) return 0;
      if (remaining !== 0) writeTimespec(call, remaining, left);
      return fail(system, 'EINTR');
    }),
    hostFunction('usleep', 'i(u)', (call, microseconds) =>
      sleepFor(call, (microseconds / 1e6) * UNITS_PER_SECOND) === 0 ? 0 : fail(system, 'EINTR'),
    ),
    hostFunction('sleep', 'u(u)', (call, seconds) => Math.ceil(sleepFor(call, seconds * UNITS_PER_SECOND) / UNITS_PER_SECOND)),
  ];
}
