/** What Windows' run-times have of streams beside C's functions: where the standard ones are, and how many there may be (UCRT). */
import { hostFunction, type HostFunction } from '../../emulator/process/host-call.js';
import type { CLibrary } from './library.js';
import { FILE_BYTES } from './stream-table.js';

const STANDARD_STREAMS = 3;
const MOST_STREAMS = 8192;

export function windowsStreamFunctions(library: CLibrary): HostFunction[] {
  const { streams } = library;
  if (library.traits.os !== 'windows') return [];
  return [
    hostFunction('__acrt_iob_func', 'p(u)', (_call, number) => (number < STANDARD_STREAMS ? streams.standard(number) : 0)),
    hostFunction('__iob_func', 'p()', () => standardArray(library)),
    hostFunction('_getmaxstdio', 'i()', () => streams.most),
    hostFunction('_setmaxstdio', 'i(i)', (_call, most) => {
      if (library.refused(most < STANDARD_STREAMS || most > MOST_STREAMS)) return -1;
      return streams.limitTo(most) ? most : -1;
    }),
  ];
}

/** msvcrt's _iob: three FILEs in a row. */
function standardArray({ streams }: CLibrary): number {
  const first = streams.standard(0);
  if (streams.standard(1) !== first + FILE_BYTES || streams.standard(2) !== first + 2 * FILE_BYTES) {
    throw new Error('__iob_func: the standard streams are not in a row');
  }
  return first;
}
