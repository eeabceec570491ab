/** The host half of the C library, by the names under which each OS's programs load it. */
import type { HostLibrary } from '../../emulator/process/host-call.js';
import { allocationFunctions } from './allocation.js';
import { conversionFunctions } from './conversions.js';
import { environmentFunctions } from './environment.js';
import { fileNameFunctions } from './file-names.js';
import { CLibrary, type CLibraryContext } from './library.js';
import { localeFunctions } from './locale.js';
import { mathFunctions } from './mathematics.js';
import { printfFunctions } from './printf.js';
import { endFunctions } from './process-end.js';
import { programArgumentFunctions } from './program-arguments.js';
import { randomFunctions } from './random.js';
import { scanfFunctions } from './scanf.js';
import { stdioFunctions } from './stdio.js';
import { windowsStreamFunctions } from './windows-streams.js';
import { temporaryNameFunctions } from './temporary-name.js';
import { timeFunctions } from './time.js';

export { GuestFiles } from './files.js';
export { CLibrary, type CLibraryContext } from './library.js';
export { FILE_BYTES, FILE_MAGIC } from './stream-table.js';

export function cLibrary(context: CLibraryContext): HostLibrary[] {
  const library = new CLibrary(context);
  const { c, math, others } = library.traits.libraries;
  return [
    {
      name: c,
      functions: [
        ...printfFunctions(library),
        ...scanfFunctions(library),
        ...stdioFunctions(library),
        ...fileNameFunctions(library),
        ...allocationFunctions(library),
        ...windowsStreamFunctions(library),
        ...conversionFunctions(library),
        ...endFunctions(library),
        ...environmentFunctions(library),
        ...programArgumentFunctions(library),
        ...randomFunctions(library),
        ...temporaryNameFunctions(library),
        ...timeFunctions(library),
        ...localeFunctions(library),
      ],
    },
    { name: math, functions: mathFunctions(library) },
    // Names under which parts of the same library are also loaded.
    ...others.map((name) => ({ name, functions: [] })),
  ];
}
