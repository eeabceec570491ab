/** What Windows' run-times have of streams beside C's functions: where the standard ones are, and how many there may be (UCRT). */
import { hostFunction, type HostFunction } from '../../emulator/process/host-call.js';
import type { CLibrary } from './library.js';
import { STANDARD_STREAMS } from './stream-table.js';

const MOST_STREAMS = 8192;

export function windowsStreamFunctions(library: CLibrary): HostFunction[] {
  const { streams } = library;
  if (library.traits.os !== 'windows') return [];
  return [
    hostFunction('__acrt_iob_func', 'p(u)', (_call, number) => (number < STANDARD_STREAMS ? streams.standard(number) : 0)),
    // msvcrt's array of them.
    hostFunction('__iob_func', 'p()', () => streams.standard(0)),
    hostFunction('_getmaxstdio', 'i()', () => streams.most),
    hostFunction('_setmaxstdio', 'i(i)', (_call, most) => {
      if (library.refused(most < STANDARD_STREAMS || most > MOST_STREAMS)) return -1;
      return streams.limitTo(most) ? most : -1;
    }),
  ];
}
