/**
 * Reading, writing and what else is done by handle: of files, and of the standard streams. NtReadFile and NtWriteFile are services: a buffer that the caller may not touch
 * is an error, not a fault (no barrier is hit). The count is stored by the library's own code around them.
 */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { FALSE, TRUE, win32 } from './call.js';
import type { Console } from './console.js';
import { ErrorCode } from './error-codes.js';
import { attempt, fail, type FileNeeds } from './file-needs.js';
import { FileObject, FileRight } from './file-objects.js';
import type { HandleEntry } from './handles.js';
import { setEvent } from './object-state.js';
import { EventObject, StreamObject } from './objects.js';
import type { Waiters } from './waiters.js';

interface Needs extends FileNeeds {
  readonly console: Console;
  /** Handles of the standard streams. */
  readonly standard: readonly number[];
  readonly waiters: Waiters;
}

const FILE_TYPE_DISK = 1;
const FILE_TYPE_CHAR = 2;
/** STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE. */
const STANDARD = new Map([
  [-10, 0],
  [-11, 1],
  [-12, 2],
]);
const CHUNK = 1 << 20;
const BYTES_PER_UNIT = 8;
/** Of the largest file that NTFS has with clusters of 4 KiB. */
const LARGEST = 2 ** 44 - 65536;
const STATUS_END_OF_FILE = 0xc0000011;

export class FileTransfers {
  constructor(private readonly os: Needs) {}

  /** What a handle of a file or stream names, if it has that right. */
  entry(call: HostCall, handle: number, right = 0): HandleEntry {
    const entry = this.os.handles.resolve(call.thread, handle);
    const { object } = entry ?? {};
    if (!entry || !(object instanceof FileObject || object instanceof StreamObject)) return fail(ErrorCode.INVALID_HANDLE);
    if (object instanceof FileObject && right !== 0 && (entry.access & right) === 0) return fail(ErrorCode.ACCESS_DENIED);
    return entry;
  }

  file(call: HostCall, handle: number, right = 0): FileObject {
    const { object } = this.entry(call, handle, right);
    return object instanceof FileObject ? object : fail(ErrorCode.INVALID_FUNCTION);
  }

  /** Offset of an OVERLAPPED. */
  private offset(call: HostCall, overlapped: number): number {
    const { wordSize } = this.os.layout;
    return call.memory.u32(overlapped + 2 * wordSize) + call.memory.u32(overlapped + 2 * wordSize + 4) * 2 ** 32;
  }

  /** The transfer is over at once: its OVERLAPPED says so, and its event is set. */
  private complete(overlapped: number, status: number, bytes: number): void {
    const { memory, layout, handles } = this.os;
    if (overlapped === 0) return;
    memory.setWord(overlapped, status);
    memory.setWord(overlapped + layout.wordSize, bytes);
    const event = handles.get(memory.word(overlapped + 2 * layout.wordSize + 8))?.object;
    if (!(event instanceof EventObject)) return;
    setEvent(this.os.waiters, event);
  }

  /** User memory as the service copies it. */
  private copy<T>(call: HostCall, action: () => T): T {
    return this.os.guards.kernelAccess(call.thread, action) ?? fail(this.os.guards.error);
  }

  read(call: HostCall, handle: number, buffer: number, length: number, overlapped: number): number {
    const { object } = this.entry(call, handle, FileRight.READ);
    if (object instanceof StreamObject) {
      if (object.stream !== 0) fail(ErrorCode.ACCESS_DENIED);
      this.copy(call, () => (call.memory.write(buffer, call.memory.bytes(buffer, length)), true));
      const bytes = this.os.console.read(length);
      this.os.memory.write(buffer, bytes);
      return bytes.length;
    }
    if (!(object instanceof FileObject) || !object.contents) return fail(ErrorCode.INVALID_FUNCTION);
    const start = overlapped === 0 ? object.position : this.offset(call, overlapped);
    if (object.node.locked(object, start, length, false)) fail(ErrorCode.LOCK_VIOLATION);
    const count = Math.max(0, Math.min(length, object.size - start));
    for (let done = 0; done < count;) {
      const bytes = object.read(start + done, Math.min(CHUNK, count - done));
      if (bytes.length === 0) break;
      const at = buffer + done;
      this.copy(call, () => (call.memory.write(at, bytes), true));
      call.process.clock.advance(bytes.length / BYTES_PER_UNIT);
      done += bytes.length;
    }
    object.position = start + count;
    if (overlapped !== 0 && count === 0 && length > 0) {
      this.complete(overlapped, STATUS_END_OF_FILE, 0);
      fail(ErrorCode.HANDLE_EOF);
    }
    this.complete(overlapped, 0, count);
    return count;
  }

  write(call: HostCall, handle: number, buffer: number, length: number, overlapped: number): number {
    const { object, access } = this.entry(call, handle, FileRight.WRITE | FileRight.APPEND);
    if (object instanceof StreamObject) {
      if (object.stream === 0) return fail(ErrorCode.ACCESS_DENIED);
      this.os.console.write(
        object.stream,
        this.copy(call, () => call.memory.bytes(buffer, length)),
      );
      return length;
    }
    if (!(object instanceof FileObject) || !object.contents) return fail(ErrorCode.INVALID_FUNCTION);
    const appends = (access & FileRight.WRITE) === 0;
    const given = overlapped === 0 ? object.position : this.offset(call, overlapped);
    // An offset of all ones stands for the end, as for a handle that may only append.
    const start = appends || given === 2 ** 64 - 1 || given >= 2 ** 64 - 2048 ? object.size : given;
    if (start + length > LARGEST) fail(ErrorCode.DISK_FULL);
    if (object.node.locked(object, start, length, true)) fail(ErrorCode.LOCK_VIOLATION);
    for (let done = 0; done < length;) {
      const at = buffer + done;
      const count = Math.min(CHUNK, length - done);
      const bytes = this.os.guards.kernelAccess(call.thread, () => call.memory.bytes(at, count));
      if (!bytes) return fail(this.os.guards.error === ErrorCode.NO_ACCESS ? ErrorCode.INVALID_USER_BUFFER : this.os.guards.error);
      object.write(start + done, bytes);
      call.process.clock.advance(count / BYTES_PER_UNIT);
      done += count;
    }
    object.position = start + length;
    this.complete(overlapped, 0, length);
    return length;
  }
}

export function fileCalls(os: Needs): HostFunction[] {
  const transfers = new FileTransfers(os);
  type Transfer = (call: HostCall, handle: number, buffer: number, length: number, overlapped: number) => number;
  const transfer =
    (move: Transfer) => (call: HostCall, handle: number, buffer: number, length: number, count: number, overlapped: number) =>
      attempt(os, call, '', FALSE, () => {
        transfers.entry(call, handle);
        if (count !== 0) call.memory.setU32(count, 0);
        const moved = move(call, handle, buffer, length, overlapped);
        if (count !== 0) os.memory.setU32(count, moved);
        return TRUE;
      });
  return [
    win32('GetStdHandle', 'q(i)', (call, which) => {
      const index = STANDARD.get(which);
      if (index !== undefined) return BigInt(os.standard[index]);
      os.lastError.set(call.thread, ErrorCode.INVALID_HANDLE);
      return -1n;
    }),
    win32('GetFileType', 'u(i)', (call, handle) =>
      attempt(os, call, '', 0, () => {
        const { object } = transfers.entry(call, handle);
        os.lastError.set(call.thread, ErrorCode.SUCCESS);
        return object instanceof FileObject ? FILE_TYPE_DISK : FILE_TYPE_CHAR;
      }),
    ),
    win32('ReadFile', 'i(ipupp)', transfer(transfers.read.bind(transfers))),
    win32('WriteFile', 'i(ipupp)', transfer(transfers.write.bind(transfers))),
    win32('FlushFileBuffers', 'i(i)', (call, handle) =>
      attempt(os, call, '', FALSE, () => {
        const { object } = transfers.entry(call, handle, FileRight.WRITE | FileRight.APPEND);
        if (object instanceof FileObject) object.node.writeBack();
        return TRUE;
      }),
    ),
  ];
}
