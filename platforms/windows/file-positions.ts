/** Positions and sizes of open files, and what a handle tells of its file. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { FALSE, TRUE, win32 } from './call.js';
import { ErrorCode } from './error-codes.js';
import { ATTRIBUTES, putTimes } from './file-attributes.js';
import { FileTransfers } from './file-calls.js';
import { attempt, fail } from './file-needs.js';
import { FileRight, type FileObject } from './file-objects.js';

const HIGH = 2 ** 32;
const FILE_BEGIN = 0;
const FILE_CURRENT = 1;
const FILE_END = 2;
const INVALID_SET_FILE_POINTER = 0xffffffff;
const INVALID_FILE_SIZE = 0xffffffff;
const LARGEST = 2 ** 44 - 65536;
/** What no position can be: it is a LONGLONG. */
const BEYOND = 2 ** 63;

function seek(file: FileObject, distance: number, method: number): number {
  const origin = method === FILE_BEGIN ? 0 : method === FILE_CURRENT ? file.position : method === FILE_END ? file.size : undefined;
  if (origin === undefined) return fail(ErrorCode.INVALID_PARAMETER);
  const position = origin + distance;
  if (position < 0) fail(ErrorCode.NEGATIVE_SEEK);
  if (position >= BEYOND) fail(ErrorCode.INVALID_PARAMETER);
  return position;
}

export function filePositionCalls(os: ConstructorParameters<typeof FileTransfers>[0]): HostFunction[] {
  const transfers = new FileTransfers(os);
  const on = <T>(call: HostCall, otherwise: T, action: () => T): T => attempt(os, call, '', otherwise, action);
  return [
    win32('SetFilePointer', 'u(iipu)', (call, handle, low, highPlace, method) =>
      on(call, INVALID_SET_FILE_POINTER, () => {
        const file = transfers.file(call, handle);
        // The high half is signed, and the low half then is not.
        const distance = highPlace === 0 ? low : call.memory.i32(highPlace) * HIGH + (low >>> 0);
        const position = seek(file, distance, method);
        if (highPlace === 0 && position >= HIGH) fail(ErrorCode.INVALID_PARAMETER);
        if (highPlace !== 0) call.memory.setU32(highPlace, Math.floor(position / HIGH));
        file.position = position;
        if (position % HIGH === INVALID_SET_FILE_POINTER) os.lastError.set(call.thread, ErrorCode.SUCCESS);
        return position % HIGH;
      }),
    ),
    win32('SetFilePointerEx', 'i(iqpu)', (call, handle, distance, place, method) =>
      on(call, FALSE, () => {
        const file = transfers.file(call, handle);
        const position = seek(file, Number(distance), method);
        if (place !== 0) call.memory.setU64(place, BigInt(position));
        file.position = position;
        return TRUE;
      }),
    ),
    win32('SetEndOfFile', 'i(i)', (call, handle) =>
      on(call, FALSE, () => {
        const file = transfers.file(call, handle, FileRight.WRITE);
        if (file.position > LARGEST) fail(ErrorCode.DISK_FULL);
        if (file.node.mapped && file.position < file.node.mapped.size) fail(ErrorCode.USER_MAPPED_FILE);
        file.contents?.truncate(file.position);
        return TRUE;
      }),
    ),
    win32('GetFileSize', 'u(ip)', (call, handle, highPlace) =>
      on(call, INVALID_FILE_SIZE, () => {
        const { size } = transfers.file(call, handle);
        if (highPlace !== 0) call.memory.setU32(highPlace, Math.floor(size / HIGH));
        if (size % HIGH === INVALID_FILE_SIZE) os.lastError.set(call.thread, ErrorCode.SUCCESS);
        return size % HIGH;
      }),
    ),
    win32('GetFileSizeEx', 'i(ip)', (call, handle, place) =>
      on(call, FALSE, () => {
        call.memory.setU64(place, BigInt(transfers.file(call, handle).size));
        return TRUE;
      }),
    ),
    win32('GetFileInformationByHandle', 'i(ip)', (call, handle, place) =>
      on(call, FALSE, () => {
        const file = transfers.file(call, handle);
        const { memory } = call;
        const number = os.openFiles.numberOf(file.node.identity);
        memory.fill(place, 52, 0);
        memory.setU32(place, file.contents ? ATTRIBUTES.ARCHIVE : ATTRIBUTES.DIRECTORY);
        putTimes(memory, place + 4);
        memory.setU32(place + 32, Math.floor(file.size / HIGH));
        memory.setU32(place + 36, file.size % HIGH);
        memory.setU32(place + 40, 1);
        memory.setU32(place + 48, number);
        return TRUE;
      }),
    ),
  ];
}
