/** getrusage: what a process has used (POSIX.1-2017, sys/resource.h; the members beyond times as in 4.2BSD's struct rusage). */
import { UNITS_PER_SECOND } from '../../emulator/process/clock.js';
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { calledDirectly, libraryResult, type PosixSystem } from './system.js';

const SELF = 0;
const CHILDREN = -1;
/** Linux and FreeBSD only. */
const THREAD = 1;
/** After two struct timeval: fourteen longs, of which the first is the largest resident set. */
const LONGS = 14;

export function resourceFunctions(system: PosixSystem): HostFunction[] {
  const { process, traits } = system;
  return [
    hostFunction('getrusage', 'i(ip)', (call, who, place) => {
      // Where the library converts times it writes them itself.
      if (traits.copiesTimes && traits.os === 'linux') return libraryResult(system, getrusage(call, who, place));
      return calledDirectly(system, () => getrusage(call, who, place));
    }),
  ];

  function getrusage(call: HostCall, who: number, place: number): number {
    if (who !== SELF && who !== CHILDREN && !(who === THREAD && traits.os !== 'macos')) return -traits.errno.EINVAL;
    const { memory } = call;
    const word = memory.wordSize;
    memory.write(place, new Uint8Array((4 + LONGS) * word));
    if (who === CHILDREN) return 0;
    // All of it is the user's: the models of system calls take none.
    const used = who === THREAD ? process.turns.busyTime(call.thread) : process.clock.busy;
    memory.setWord(place, Math.floor(used / UNITS_PER_SECOND));
    memory.setWord(place + word, Math.floor(((used % UNITS_PER_SECOND) / UNITS_PER_SECOND) * 1e6));
    // Kilobytes, but bytes on macOS.
    memory.setWord(place + 4 * word, Math.floor(process.space.peakCommittedBytes / (traits.os === 'macos' ? 1 : 1024)));
    return 0;
  }
}
