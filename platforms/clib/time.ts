/** time.h over virtual time: the run begins at a fixed date, one unit is a nanosecond, the time zone is UTC. */
import { UNITS_PER_SECOND } from '../../emulator/process/clock.js';
import type { MemoryView } from '../../emulator/memory/memory-view.js';
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { latin1, fromLatin1 } from './byte-builder.js';
import { asctimeText, fromSeconds, strftimeText, toSeconds, type BrokenTime } from './calendar.js';
import type { CLibrary } from './library.js';

/** 2024-01-01 00:00:00 UTC, as the operating systems' own clocks start. */
const EPOCH = 1_704_067_200;

const TIME_UTC = 1;

const fields = ['sec', 'min', 'hour', 'mday', 'mon', 'year', 'wday', 'yday', 'isdst'] as const;

export function timeFunctions(library: CLibrary): HostFunction[] {
  const { traits, process } = library;
  const windows = traits.os === 'windows';
  /** time_t of 8 bytes. */
  const wide = windows || (traits.wordSize === 8 && traits.timeType !== 'i');
  const tmBytes = traits.tmZone ? (traits.wordSize === 8 ? 56 : 44) : 36;
  /** Windows counts from the start of the process, others count the CPU's time. */
  const used = (): number => (traits.os === 'windows' ? process.clock.now : process.clock.busy);
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
  const time = (call: HostCall, place: number, bytes: number): number => {
    if (place !== 0) writeTime(call, place, now(), bytes);
    return now();
  };
  /** timespec_get: TIME_UTC is the one base. */
  const timespec = (call: HostCall, place: number, base: number): number => {
    if (base !== TIME_UTC) return 0;
    const seconds = wide ? 8 : 4;
    library.probeWrite(call, place, seconds + traits.longSize);
    writeTime(call, place, now(), seconds);
    writeTime(call, place + seconds, Math.floor((process.clock.now % UNITS_PER_SECOND) / (UNITS_PER_SECOND / 1e9)), traits.longSize);
    return base;
  };
  const t = traits.timeType;

  const functions = [
    hostFunction('time', `${t}(p)`, (call, place) => toResult(call.fn.signature, time(call, place, wide ? 8 : 4))),
    hostFunction('clock', `${traits.clockType}()`, () => Math.floor(used() / (UNITS_PER_SECOND / traits.clocksPerSecond))),
    hostFunction('difftime', `d(${t}${t})`, (_call, end, start) => Number(end) - Number(start)),
    hostFunction('mktime', `${t}(p)`, (call, at) => toResult(call.fn.signature, makeTime(call, at))),
    hostFunction('gmtime', 'p(p)', (call, at) => broken(call, sharedTm(), readTime(call.memory, at))),
    hostFunction('localtime', 'p(p)', (call, at) => broken(call, sharedTm(), readTime(call.memory, at))),
    hostFunction('asctime', 'p(p)', (call, at) => asctime(call, textBuffer(), readBroken(call.memory, at))),
    hostFunction('ctime', 'p(p)', (call, at) => asctime(call, textBuffer(), fromSeconds(readTime(call.memory, at)))),
    hostFunction('strftime', 'z(pzpp)', (call, buffer, size, format, at) => {
      const result = strftimeText(latin1(call.memory.cBytes(format)), readBroken(call.memory, at), windows);
      if (result.length + 1 > size) return 0;
      call.memory.write(buffer, fromLatin1(`${result}\0`));
      return result.length;
    }),
  ];
  if (windows) {
    functions.push(
      hostFunction('_time64', 'q(p)', (call, place) => BigInt(time(call, place, 8))),
      hostFunction('_timespec64_get', 'i(pi)', timespec),
      hostFunction('_time32', 'i(p)', (call, place) => time(call, place, 4)),
      hostFunction('_mktime64', 'q(p)', (call, at) => BigInt(makeTime(call, at))),
      hostFunction('_difftime64', 'd(qq)', (_call, end, start) => Number(end - start)),
      hostFunction('_gmtime64', 'p(p)', (call, at) => broken(call, sharedTm(), readTime(call.memory, at))),
      hostFunction('_localtime64', 'p(p)', (call, at) => broken(call, sharedTm(), readTime(call.memory, at))),
      hostFunction('_gmtime64_s', 'i(pp)', (call, place, at) => (broken(call, place, readTime(call.memory, at)), 0)),
      hostFunction('_localtime64_s', 'i(pp)', (call, place, at) => (broken(call, place, readTime(call.memory, at)), 0)),
      hostFunction('_ctime64', 'p(p)', (call, at) => asctime(call, textBuffer(), fromSeconds(readTime(call.memory, at)))),
    );
  } else {
    functions.push(
      hostFunction('timegm', `${t}(p)`, (call, at) => makeTime(call, at)),
      hostFunction('gmtime_r', 'p(pp)', (call, at, place) => broken(call, place, readTime(call.memory, at))),
      hostFunction('localtime_r', 'p(pp)', (call, at, place) => broken(call, place, readTime(call.memory, at))),
      hostFunction('asctime_r', 'p(pp)', (call, at, place) => asctime(call, place, readBroken(call.memory, at))),
      hostFunction('ctime_r', 'p(pp)', (call, at, place) => asctime(call, place, fromSeconds(readTime(call.memory, at)))),
      hostFunction('tzset', 'v()', () => undefined),
    );
  }
  return functions;
}
