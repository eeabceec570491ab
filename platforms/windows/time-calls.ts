/** Clocks, all of virtual time: one unit is a nanosecond, and the run begins at a fixed date. */
import type { HostFunction } from '../../emulator/process/host-call.js';
import { TRUE, UNITS_PER_MILLISECOND, win32 } from './call.js';
import type { Core } from './core.js';
import { START_TIME } from './process-block.js';

type Needs = Pick<Core, 'process'>;

/** The performance counter's rate on Windows 10: 10 MHz. */
const COUNTER_FREQUENCY = 10_000_000;
const UNITS_PER_COUNT = 1_000_000_000 / COUNTER_FREQUENCY;
const TICK = 15.625;

export function timeCalls(os: Needs): HostFunction[] {
  const { clock } = os.process;
  const fileTime = (): bigint => START_TIME + BigInt(Math.floor(clock.now / 100));
  const milliseconds = (): number => Math.floor(clock.now / UNITS_PER_MILLISECOND);
  /** Tick counts move with the clock interrupt. */
  const ticks = (): number => Math.floor(Math.floor(milliseconds() / TICK) * TICK);
  return [
    win32('QueryPerformanceCounter', 'i(p)', (call, place) => {
      call.memory.setU64(place, BigInt(Math.floor(clock.now / UNITS_PER_COUNT)));
      return TRUE;
    }),
    win32('QueryPerformanceFrequency', 'i(p)', (call, place) => {
      call.memory.setU64(place, BigInt(COUNTER_FREQUENCY));
      return TRUE;
    }),
    win32('GetTickCount', 'u()', () => ticks() >>> 0),
    win32('GetTickCount64', 'Q()', () => BigInt(ticks())),
    win32('GetSystemTimeAsFileTime', 'v(p)', (call, place) => call.memory.setU64(place, fileTime())),
    win32('GetSystemTimePreciseAsFileTime', 'v(p)', (call, place) => call.memory.setU64(place, fileTime())),
    win32('GetSystemTime', 'v(p)', (call, place) => {
      const date = new Date(Number((fileTime() - 116_444_736_000_000_000n) / 10_000n));
      const fields = [
        date.getUTCFullYear(),
        date.getUTCMonth() + 1,
        date.getUTCDay(),
        date.getUTCDate(),
        date.getUTCHours(),
        date.getUTCMinutes(),
        date.getUTCSeconds(),
        date.getUTCMilliseconds(),
      ];
      fields.forEach((field, i) => call.memory.setU16(place + 2 * i, field));
    }),
    win32('GetProcessTimes', 'i(ipppp)', (call, _process, created, ended, kernel, user) => {
      call.memory.setU64(created, START_TIME);
      call.memory.setU64(ended, 0n);
      call.memory.setU64(kernel, 0n);
      call.memory.setU64(user, BigInt(Math.floor(clock.now / 100)));
      return TRUE;
    }),
  ];
}
