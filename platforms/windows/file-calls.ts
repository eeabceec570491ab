/** The standard streams through their handles. Files are the C library's, which has the granted directories. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { FALSE, TRUE, win32 } from './call.js';
import type { Console } from './console.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { HandleTable } from './handles.js';
import type { LastError } from './last-error.js';
import { StreamObject } from './objects.js';
import type { StackGuards } from './stack-guards.js';

interface Needs extends Pick<Core, 'memory'> {
  readonly lastError: LastError;
  readonly guards: StackGuards;
  readonly handles: HandleTable;
  readonly console: Console;
  /** Handles of the standard streams. */
  readonly standard: readonly number[];
}

const FILE_TYPE_CHAR = 2;
/** STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE. */
const STANDARD = new Map([
  [-10, 0],
  [-11, 1],
  [-12, 2],
]);

export function fileCalls(os: Needs): HostFunction[] {
  const failed = (call: HostCall, error: number): 0 => {
    os.lastError.set(call.thread, error);
    return FALSE;
  };
  const stream = (call: HostCall, handle: number): StreamObject | undefined => {
    const object = os.handles.resolve(call.thread, handle)?.object;
    return object instanceof StreamObject ? object : void failed(call, ErrorCode.INVALID_HANDLE);
  };
  return [
    win32('GetStdHandle', 'q(i)', (call, which) => {
      const index = STANDARD.get(which);
      if (index !== undefined) return BigInt(os.standard[index]);
      failed(call, ErrorCode.INVALID_HANDLE);
      return -1n;
    }),
    win32('GetFileType', 'u(i)', (call, handle) => (stream(call, handle) ? FILE_TYPE_CHAR : 0)),
    // NtReadFile and NtWriteFile are services: a buffer that the caller may not touch is an error, not a fault (no barrier
    // is hit). The count is stored by the library's own code around them.
    win32('WriteFile', 'i(ipupp)', (call, handle, buffer, length, written, _overlapped) => {
      const to = stream(call, handle);
      if (!to) return FALSE;
      if (to.stream === 0) return failed(call, ErrorCode.ACCESS_DENIED);
      if (written !== 0) call.memory.setU32(written, 0);
      const bytes = os.guards.kernelAccess(call.thread, () => call.memory.bytes(buffer, length));
      if (!bytes) return failed(call, os.guards.error);
      os.console.write(to.stream, bytes);
      if (written !== 0) os.memory.setU32(written, length);
      return TRUE;
    }),
    win32('ReadFile', 'i(ipupp)', (call, handle, buffer, length, read, _overlapped) => {
      const from = stream(call, handle);
      if (!from) return FALSE;
      if (from.stream !== 0) return failed(call, ErrorCode.ACCESS_DENIED);
      if (read !== 0) call.memory.setU32(read, 0);
      const probed = os.guards.kernelAccess(call.thread, () => {
        call.memory.write(buffer, call.memory.bytes(buffer, length));
        return true;
      });
      if (!probed) return failed(call, os.guards.error);
      const bytes = os.console.read(length);
      os.memory.write(buffer, bytes);
      if (read !== 0) os.memory.setU32(read, bytes.length);
      return TRUE;
    }),
    win32('FlushFileBuffers', 'i(i)', (call, handle) => (stream(call, handle) ? TRUE : FALSE)),
  ];
}
