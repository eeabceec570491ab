/** What all handles share: closing, duplicating, their flags. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { FALSE, TRUE, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import { FileObject } from './file-objects.js';
import { CURRENT_PROCESS, CURRENT_THREAD, HANDLE_FLAG_INHERIT, HANDLE_FLAG_PROTECT_FROM_CLOSE } from './handles.js';
import type { HandleTable } from './handles.js';
import type { LastError } from './last-error.js';
import { rightsFor } from './object-rights.js';
import type { StackGuards } from './stack-guards.js';

interface Needs extends Pick<Core, 'memory'> {
  readonly lastError: LastError;
  readonly guards: StackGuards;
  readonly handles: HandleTable;
}

const DUPLICATE_CLOSE_SOURCE = 1;
const DUPLICATE_SAME_ACCESS = 2;

export function handleCalls(os: Needs): HostFunction[] {
  const failed = (call: HostCall, error: number): 0 => {
    os.lastError.set(call.thread, error);
    return FALSE;
  };
  return [
    win32('GetHandleInformation', 'i(ip)', (call, handle, place) => {
      const entry = os.handles.resolve(call.thread, handle);
      if (!entry) return failed(call, ErrorCode.INVALID_HANDLE);
      call.memory.setU32(place, entry.flags);
      return TRUE;
    }),
    win32('SetHandleInformation', 'i(iuu)', (call, handle, mask, flags) => {
      const entry = os.handles.get(handle);
      if (!entry) return failed(call, ErrorCode.INVALID_HANDLE);
      const known = mask & (HANDLE_FLAG_INHERIT | HANDLE_FLAG_PROTECT_FROM_CLOSE);
      entry.flags = (entry.flags & ~known) | (flags & known);
      return TRUE;
    }),
    win32('CloseHandle', 'i(i)', (call, handle) => {
      if (handle === CURRENT_PROCESS || handle === CURRENT_THREAD) return TRUE;
      return os.handles.close(handle) ? TRUE : failed(call, ErrorCode.INVALID_HANDLE);
    }),
    win32('DuplicateHandle', 'i(iiipuiu)', (call, source, handle, target, place, access, inherit, options) => {
      for (const process of [source, target]) {
        if (os.handles.resolve(call.thread, process)?.object !== os.handles.process) return failed(call, ErrorCode.INVALID_HANDLE);
      }
      const entry = os.handles.resolve(call.thread, handle);
      if (!entry) return failed(call, ErrorCode.INVALID_HANDLE);
      const { object } = entry;
      const rights = options & DUPLICATE_SAME_ACCESS ? entry.access : rightsFor(object, access);
      // What a file was opened for is all that can be had of it.
      if (object instanceof FileObject && rights & ~entry.access) return failed(call, ErrorCode.ACCESS_DENIED);
      const probed = os.guards.kernelAccess(call.thread, () => {
        if (place !== 0) call.memory.setWord(place, call.memory.word(place));
        return true;
      });
      if (!probed) return failed(call, os.guards.error);
      const made = os.handles.open(object, rights, inherit !== 0);
      if (place !== 0) os.memory.setWord(place, made);
      if (options & DUPLICATE_CLOSE_SOURCE) os.handles.close(handle);
      return TRUE;
    }),
  ];
}
