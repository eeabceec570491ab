/** Locked parts of files (LockFile): nobody reads or writes them by another handle, and a part that is shared nobody writes. They go with their handle. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { FALSE, TRUE, win32 } from './call.js';
import { ErrorCode } from './error-codes.js';
import { FileTransfers } from './file-calls.js';
import { attempt, fail } from './file-needs.js';
import { FileRight, type FileLock, type FileObject } from './file-objects.js';

const HIGH = 2 ** 32;
const FAIL_IMMEDIATELY = 1;
const EXCLUSIVE = 2;

export function fileLockCalls(os: ConstructorParameters<typeof FileTransfers>[0]): HostFunction[] {
  const transfers = new FileTransfers(os);
  const on = (call: HostCall, action: () => void): number => attempt(os, call, '', FALSE, () => (action(), TRUE));
  const lock = (call: HostCall, handle: number, flags: number, start: number, length: number): void => {
    const file = transfers.file(call, handle, FileRight.READ | FileRight.WRITE);
    const wanted: FileLock = { owner: file, start, end: start + length, exclusive: (flags & EXCLUSIVE) !== 0 };
    const free = (): boolean => !file.node.locks.some((other) => meets(other, wanted));
    if (!free() && flags & FAIL_IMMEDIATELY) fail(ErrorCode.LOCK_VIOLATION);
    if (!free()) call.block({ what: `a part of ${file.path}`, on: [file.node], ready: free });
    file.node.locks.push(wanted);
  };
  const unlock = (call: HostCall, handle: number, start: number, length: number): void => {
    const file: FileObject = transfers.file(call, handle);
    const { locks } = file.node;
    const at = locks.findIndex((other) => other.owner === file && other.start === start && other.end === start + length);
    if (at < 0) fail(ErrorCode.NOT_LOCKED);
    locks.splice(at, 1);
    call.process.changed(file.node);
  };
  /** Where an OVERLAPPED says that the part begins. */
  const startOf = (call: HostCall, overlapped: number): number => {
    const at = overlapped + 2 * os.layout.wordSize;
    return call.memory.u32(at) + call.memory.u32(at + 4) * HIGH;
  };
  return [
    win32('LockFile', 'i(iuuuu)', (call, handle, low, high, count, more) =>
      on(call, () => lock(call, handle, EXCLUSIVE | FAIL_IMMEDIATELY, low + high * HIGH, count + more * HIGH)),
    ),
    win32('LockFileEx', 'i(iuuuup)', (call, handle, flags, reserved, count, more, overlapped) =>
      on(call, () => {
        if (reserved !== 0) fail(ErrorCode.INVALID_PARAMETER);
        lock(call, handle, flags, startOf(call, overlapped), count + more * HIGH);
      }),
    ),
    win32('UnlockFile', 'i(iuuuu)', (call, handle, low, high, count, more) =>
      on(call, () => unlock(call, handle, low + high * HIGH, count + more * HIGH)),
    ),
    win32('UnlockFileEx', 'i(iuuup)', (call, handle, reserved, count, more, overlapped) =>
      on(call, () => {
        if (reserved !== 0) fail(ErrorCode.INVALID_PARAMETER);
        unlock(call, handle, startOf(call, overlapped), count + more * HIGH);
      }),
    ),
  ];
}

/** Two locks that can't be there together. */
function meets(one: FileLock, other: FileLock): boolean {
  return one.start < other.end && other.start < one.end && (one.exclusive || other.exclusive);
}
