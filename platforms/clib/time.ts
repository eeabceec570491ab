/** time.h over virtual time: the run begins at a fixed date, one unit is a nanosecond, the time zone is UTC. */
import { UNITS_PER_SECOND } from '../../emulator/process/clock.js';
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { latin1, fromLatin1 } from './byte-builder.js';
import { asctimeText, fromSeconds, strftimeText, toSeconds, type BrokenTime } from './calendar.js';
import type { CLibrary } from './library.js';

/** 2024-01-01 00:00:00 UTC, as the operating systems' own clocks start. */
export const EPOCH = 1_704_067_200;

const fields = ['sec', 'min', 'hour', 'mday', 'mon', 'year', 'wday', 'yday', 'isdst'] as const;

export function timeFunctions(library: CLibrary): HostFunction[] {
  const { traits, process } = library;
  const windows = traits.os === 'windows';
  /** time_t of 8 bytes. */
  const wide = windows || (traits.wordSize === 8 && traits.timeType !== 'i');
  const tmBytes = traits.tmZone ? (traits.wordSize === 8 ? 56 : 44) : 36;
  const now = (): number => EPOCH + Math.floor(process.clock.now / UNITS_PER_SECOND);
  let zone = 0;
  let shared = 0;
  let text = 0;

  const readTime = (memory: MemoryView, at: number): number => (wide ? Number(BigInt.asIntN(64, memory.u64(at))) : memory.i32(at));
  const readBroken = (memory: MemoryView, at: number): BrokenTime => {
    const time = {} as BrokenTime;
    fields.forEach((field, i) => (time[field] = memory.i32(at + 4 * i)));
    return time;
  };
  const writeBroken = (call: HostCall, at: number, time: BrokenTime): void => {
    library.probeWrite(call, at, tmBytes);
    fields.forEach((field, i) => call.memory.setU32(at + 4 * i, time[field]));
    if (!traits.tmZone) return;
    zone ||= library.ownText('UTC');
    const word = traits.wordSize;
    call.memory.setWord(at + (word === 8 ? 40 : 36), 0);
    call.memory.setWord(at + (word === 8 ? 48 : 40), zone);
  };
  const writeTime = (call: HostCall, at: number, seconds: number, bytes: number): void => {
    if (bytes === 8) call.memory.setU64(at, BigInt.asUintN(64, BigInt(seconds)));
    else call.memory.setU32(at, seconds);
  };
  const toResult = (signature: string, seconds: number): number | bigint => (signature[0] === 'q' ? BigInt(seconds) : seconds);
  const broken = (call: HostCall, place: number, seconds: number): number => {
    writeBroken(call, place, fromSeconds(seconds));
    return place;
  };
  const sharedTm = (): number => (shared ||= library.own(tmBytes));
  const textBuffer = (): number => (text ||= library.own(64));
  const asctime = (call: HostCall, place: number, time: BrokenTime): number => {
    call.memory.write(place, fromLatin1(`${asctimeText(time)}\0`));
    return place;
  };
  const makeTime = (call: HostCall, at: number): number => {
    const seconds = toSeconds(readBroken(call.memory, at));
    writeBroken(call, at, fromSeconds(seconds));
    return seconds;
  };
  const time =
    (bytes: number): HostFunction['run'] =>
    (call, place: number) => {
      if (place !== 0) writeTime(call, place, now(), bytes);
      return toResult(call.fn.signature, now());
    };
  const t = traits.timeType;
  const fn = (name: string, signature: string, run: HostFunction['run']): HostFunction => ({ name, signature, run });

  const functions = [
    fn('time', `${t}(p)`, time(wide ? 8 : 4)),
    fn('clock', `${traits.clockType}()`, () => Math.floor(process.clock.now / (UNITS_PER_SECOND / traits.clocksPerSecond))),
    fn('difftime', `d(${t}${t})`, (_call, end: number | bigint, start: number | bigint) => Number(end) - Number(start)),
    fn('mktime', `${t}(p)`, (call, at: number) => toResult(call.fn.signature, makeTime(call, at))),
    fn('gmtime', 'p(p)', (call, at: number) => broken(call, sharedTm(), readTime(call.memory, at))),
    fn('localtime', 'p(p)', (call, at: number) => broken(call, sharedTm(), readTime(call.memory, at))),
    fn('asctime', 'p(p)', (call, at: number) => asctime(call, textBuffer(), readBroken(call.memory, at))),
    fn('ctime', 'p(p)', (call, at: number) => asctime(call, textBuffer(), fromSeconds(readTime(call.memory, at)))),
    fn('strftime', 'z(pzpp)', (call, buffer: number, size: number, format: number, at: number) => {
      const result = strftimeText(latin1(call.memory.cBytes(format)), readBroken(call.memory, at), windows);
      if (result.length + 1 > size) return 0;
      call.memory.write(buffer, fromLatin1(`${result}\0`));
      return result.length;
    }),
  ];
  if (windows) {
    functions.push(
      fn('_time64', 'q(p)', time(8)),
      fn('_time32', 'i(p)', time(4)),
      fn('_mktime64', 'q(p)', (call, at: number) => BigInt(makeTime(call, at))),
      fn('_difftime64', 'd(qq)', (_call, end: bigint, start: bigint) => Number(end - start)),
      fn('_gmtime64', 'p(p)', (call, at: number) => broken(call, sharedTm(), readTime(call.memory, at))),
      fn('_localtime64', 'p(p)', (call, at: number) => broken(call, sharedTm(), readTime(call.memory, at))),
      fn('_gmtime64_s', 'i(pp)', (call, place: number, at: number) => (broken(call, place, readTime(call.memory, at)), 0)),
      fn('_localtime64_s', 'i(pp)', (call, place: number, at: number) => (broken(call, place, readTime(call.memory, at)), 0)),
      fn('_ctime64', 'p(p)', (call, at: number) => asctime(call, textBuffer(), fromSeconds(readTime(call.memory, at)))),
    );
  } else {
    functions.push(
      fn('timegm', `${t}(p)`, (call, at: number) => makeTime(call, at)),
      fn('gmtime_r', 'p(pp)', (call, at: number, place: number) => broken(call, place, readTime(call.memory, at))),
      fn('localtime_r', 'p(pp)', (call, at: number, place: number) => broken(call, place, readTime(call.memory, at))),
      fn('asctime_r', 'p(pp)', (call, at: number, place: number) => asctime(call, place, readBroken(call.memory, at))),
      fn('ctime_r', 'p(pp)', (call, at: number, place: number) => asctime(call, place, fromSeconds(readTime(call.memory, at)))),
      fn('tzset', 'v()', () => undefined),
    );
  }
  return functions;
}
