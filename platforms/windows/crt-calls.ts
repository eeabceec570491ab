/** What ucrtbase.dll has of the OS: the C run-time's way to start threads, and errno's place. C calling convention. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { ThreadObject } from './objects.js';
import { createThread } from './thread-calls.js';
import { windowsThread } from './windows-thread.js';
import type { Windows } from './windows.js';

const EAGAIN = 11;
const EINVAL = 22;

export function crtCalls(os: Windows): HostFunction[] {
  /** 0 with errno set if it failed. */
  const begin = (call: HostCall, stack: number, start: number, argument: number, flags: number, id: number): number => {
    if (start === 0) {
      os.setErrno(EINVAL);
      return 0;
    }
    const handle = createThread(os, call, stack, start, argument, flags, id);
    if (!handle) os.setErrno(EAGAIN);
    return handle;
  };
  return [
    {
      name: '_beginthreadex',
      signature: 'p(puppup)',
      run: (call, _security: number, stack: number, start: number, argument: number, flags: number, id: number) =>
        begin(call, stack, start, argument, flags, id),
    },
    {
      name: '_beginthread',
      // Its handle is the run-time's, which closes it when the thread ends; -1 means that it failed.
      signature: 'q(pup)',
      run: (call, start: number, stack: number, argument: number) => {
        const handle = begin(call, stack, start, argument, 0, 0);
        if (!handle) return -1n;
        const { object } = os.handles.get(handle)!;
        if (object instanceof ThreadObject) windowsThread(object.thread).closeAtEnd = handle;
        return BigInt(handle);
      },
    },
    { name: '_errno', signature: 'p()', run: (call) => os.errnoAddress(call.thread) },
    { name: '__doserrno', signature: 'p()', run: (call) => os.errnoAddress(call.thread) + 4 },
  ];
}
