/** The Win32 functions by the library that programs import them from. */
import type { HostLibrary } from '../../emulator/process/host-call.js';
import { addressWaitCalls } from './address-waits.js';
import { apcCalls, kernelApcCalls } from './apcs.js';
import { crtHeapCalls } from './crt-heap.js';
import { crtCalls } from './crt-calls.js';
import { exceptionCalls, kernelExceptionCalls } from './exception-calls.js';
import { heapCalls } from './heap-calls.js';
import { directoryCalls } from './directory-calls.js';
import { fileCalls } from './file-calls.js';
import { fileLockCalls } from './file-locks.js';
import { fileOpenCalls } from './file-open.js';
import { filePositionCalls } from './file-positions.js';
import { findCalls } from './find-calls.js';
import { interlockedCalls } from './interlocked.js';
import { handleCalls } from './handle-calls.js';
import { lockCalls } from './locks.js';
import { mappingCalls } from './mapping-calls.js';
import { memoryCalls } from './memory-calls.js';
import { moduleCalls } from './module-calls.js';
import { ntdllCalls } from './ntdll-calls.js';
import { objectCalls } from './object-calls.js';
import { kernelThreadCalls, threadCalls } from './thread-calls.js';
import { pageCalls } from './page-calls.js';
import { priorityCalls } from './priority-calls.js';
import { timeCalls } from './time-calls.js';
import { timerCalls } from './timer-calls.js';
import { waitCalls } from './waits.js';

/** What one of them or another needs. */
export type LibraryNeeds = Parameters<typeof apcCalls>[0] &
  Parameters<typeof crtHeapCalls>[0] &
  Parameters<typeof exceptionCalls>[0] &
  Parameters<typeof fileCalls>[0] &
  Parameters<typeof heapCalls>[0] &
  Parameters<typeof lockCalls>[0] &
  Parameters<typeof mappingCalls>[0] &
  Parameters<typeof memoryCalls>[0] &
  Parameters<typeof moduleCalls>[0] &
  Parameters<typeof ntdllCalls>[0] &
  Parameters<typeof objectCalls>[0] &
  Parameters<typeof pageCalls>[0] &
  Parameters<typeof threadCalls>[0] &
  Parameters<typeof timeCalls>[0] &
  Parameters<typeof timerCalls>[0] &
  Parameters<typeof waitCalls>[0];

export function libraries(os: LibraryNeeds): HostLibrary[] {
  return [
    {
      name: 'kernel32.dll',
      functions: [
        ...memoryCalls(os),
        ...heapCalls(os),
        ...pageCalls(os),
        ...mappingCalls(os),
        ...exceptionCalls(os),
        ...threadCalls(os),
        ...priorityCalls(os),
        ...objectCalls(os),
        ...handleCalls(os),
        ...timerCalls(os),
        ...waitCalls(os),
        ...apcCalls(os),
        ...lockCalls(os),
        ...addressWaitCalls(os),
        ...timeCalls(os),
        ...moduleCalls(os),
        ...fileCalls(os),
        ...fileOpenCalls(os),
        ...filePositionCalls(os),
        ...fileLockCalls(os),
        ...directoryCalls(os),
        ...findCalls(os),
        ...(os.layout.wordSize === 4 ? interlockedCalls : []),
      ],
    },
    { name: 'ntoskrnl.exe', functions: [...kernelExceptionCalls(os), ...kernelThreadCalls(os), ...kernelApcCalls(os), ...ntdllCalls(os)] },
    { name: 'ucrtbase.dll', functions: [...crtCalls(os), ...crtHeapCalls(os), ...os.invalidParameter.functions()] },
  ];
}
