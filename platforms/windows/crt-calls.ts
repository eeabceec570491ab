/** What ucrtbase.dll has of the OS: the C run-time's way to start threads, and errno's place. C calling convention. */
import type { Word } from '../../emulator/abi/abi.js';
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { ThreadObject } from './objects.js';
import { createThread, type ThreadNeeds } from './thread-calls.js';
import { windowsThread } from './windows-thread.js';

const EAGAIN = 11;
const EINVAL = 22;

export function crtCalls(os: ThreadNeeds): HostFunction[] {
  /** 0 with errno set if it failed. */
  const begin = (call: HostCall, stack: number, start: number, argument: Word, flags: number, id: number): number => {
    if (start === 0) {
      os.lastError.setErrno(call.thread, EINVAL);
      return 0;
    }
    const handle = createThread(os, call, stack, start, argument, flags, id);
    if (!handle) os.lastError.setErrno(call.thread, EAGAIN);
    return handle;
  };
  return [
    hostFunction('_beginthreadex', 'p(pupwup)', (call, _security, stack, start, argument, flags, id) =>
      begin(call, stack, start, argument, flags, id),
    ),
    hostFunction('_beginthread', 'q(puw)', (call, start, stack, argument) => {
      const handle = begin(call, stack, start, argument, 0, 0);
      if (!handle) return -1n;
      const object = os.handles.get(handle)?.object;
      if (object instanceof ThreadObject) windowsThread(object.thread).closeAtEnd = handle;
      return BigInt(handle);
    }),
    hostFunction('_errno', 'p()', (call) => os.lastError.errnoAddress(call.thread)),
    hostFunction('__doserrno', 'p()', (call) => os.lastError.errnoAddress(call.thread) + 4),
  ];
}
