/**
 * Clocks of CPU time: the process's, the calling thread's, and (on Linux) those of any of its threads, by negative numbers.
 * Time in which nobody could run is nobody's. Source: clock_getres(2), pthread_getcpuclockid(3), kernel/time/posix-cpu-timers.c (6.18).
 */
import type { Thread } from '../../emulator/process/thread.js';
import { posixThread } from './posix-thread.js';
import type { PosixCore } from './system.js';

/** Whose time it is: a thread's, or the whole process's. */
export type CpuClock = { thread: Thread } | { thread?: undefined };

/** In the lowest bits of a negative number: what is measured, and whether the rest is a thread's number. */
const KIND = 3;
const OF_THREAD = 4;

/** Undefined: that is no clock of CPU time. */
export function cpuClock({ process, traits, pid }: PosixCore, clock: number): CpuClock | undefined {
  const caller = process.hostCalls.running.at(-1)?.thread ?? process.current;
  const { processClocks, threadClocks } = traits.pthread;
  if (processClocks.includes(clock)) return {};
  if (threadClocks.includes(clock)) return caller && { thread: caller };
  if (traits.os !== 'linux' || clock >= 0 || (clock & KIND) === KIND) return undefined;
  const number = ~(clock >> 3);
  if (!(clock & OF_THREAD)) return number === 0 || number === pid || (caller && number === posixThread(caller).tid) ? {} : undefined;
  const thread = number === 0 ? caller : process.threads.find((other) => other.state !== 'ended' && posixThread(other).tid === number);
  return thread && { thread };
}

export function cpuTime({ process }: PosixCore, { thread }: CpuClock): number {
  return thread ? process.turns.busyTime(thread) : process.clock.busy;
}
