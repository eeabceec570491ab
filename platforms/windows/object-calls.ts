/** Events, mutexes, semaphores, and what all handles share (CloseHandle, DuplicateHandle). */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { FALSE, TRUE, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import { CURRENT_PROCESS, CURRENT_THREAD, HANDLE_FLAG_INHERIT, HANDLE_FLAG_PROTECT_FROM_CLOSE } from './handles.js';
import { FileObject, fileRights } from './file-objects.js';
import type { HandleTable } from './handles.js';
import type { LastError } from './last-error.js';
import { EventObject, MutexObject, SemaphoreObject, type KernelObject } from './objects.js';
import type { StackGuards } from './stack-guards.js';

interface Needs extends Pick<Core, 'memory'> {
  readonly lastError: LastError;
  readonly guards: StackGuards;
  readonly handles: HandleTable;
}

const ALL_ACCESS = 0x1fffff;
const DUPLICATE_CLOSE_SOURCE = 1;
const DUPLICATE_SAME_ACCESS = 2;
/** Generic rights as the object kinds map them; for our purposes any generic right is all of them. */
const GENERIC = 0xf0000000;

export function readName(call: HostCall, address: number, wide: boolean): string | undefined {
  if (address === 0) return undefined;
  if (!wide) return call.memory.cString(address);
  let text = '';
  for (let unit = call.memory.u16(address); unit !== 0; unit = call.memory.u16(address + 2 * text.length))
    text += String.fromCharCode(unit);
  return text;
}

export function objectCalls(os: Needs): HostFunction[] {
  const failed = (call: HostCall, error: number): 0 => {
    os.lastError.set(call.thread, error);
    return FALSE;
  };
  const { named } = os.handles;
  /** A new object, or the one of that name and kind. */
  const create = (call: HostCall, name: string | undefined, make: () => KernelObject): number => {
    const object = make();
    const existing = name !== undefined ? named.get(name) : undefined;
    if (existing && existing.kind !== object.kind) return failed(call, ErrorCode.INVALID_HANDLE);
    os.lastError.set(call.thread, existing ? ErrorCode.ALREADY_EXISTS : ErrorCode.SUCCESS);
    if (!existing && name !== undefined) {
      object.name = name;
      object.closed = () => object.handles === 0 && named.delete(name);
      named.set(name, object);
    }
    return os.handles.open(existing ?? object, ALL_ACCESS);
  };
  const get = <T extends KernelObject>(call: HostCall, handle: number, kind: abstract new (...args: never[]) => T): T | undefined => {
    const object = os.handles.resolve(call.thread, handle)?.object;
    return object instanceof kind ? object : void failed(call, ErrorCode.INVALID_HANDLE);
  };
  const event = (call: HostCall, handle: number, set: boolean): number => {
    const found = get(call, handle, EventObject);
    if (!found) return FALSE;
    found.set = set;
    call.process.changed(found);
    return TRUE;
  };
  const namedKinds = (suffix: 'A' | 'W'): HostFunction[] => [
    win32(`CreateEvent${suffix}`, 'p(piip)', (call, _security, manual, initial, name) =>
      create(call, readName(call, name, suffix === 'W'), () => new EventObject(manual !== 0, initial !== 0)),
    ),
    win32(`CreateMutex${suffix}`, 'p(pip)', (call, _security, owned, name) =>
      create(call, readName(call, name, suffix === 'W'), () => {
        const mutex = new MutexObject();
        if (owned) mutex.acquire(call.thread);
        return mutex;
      }),
    ),
    win32(`CreateSemaphore${suffix}`, 'p(piip)', (call, _security, initial, maximum, name) => {
      if (maximum <= 0 || initial < 0 || initial > maximum) return failed(call, ErrorCode.INVALID_PARAMETER);
      return create(call, readName(call, name, suffix === 'W'), () => new SemaphoreObject(initial, maximum));
    }),
  ];
  return [
    ...namedKinds('A'),
    ...namedKinds('W'),
    win32('SetEvent', 'i(i)', (call, handle) => event(call, handle, true)),
    win32('ResetEvent', 'i(i)', (call, handle) => event(call, handle, false)),
    win32('ReleaseMutex', 'i(i)', (call, handle) => {
      const mutex = get(call, handle, MutexObject);
      if (!mutex) return FALSE;
      if (mutex.owner?.thread !== call.thread) return failed(call, ErrorCode.NOT_OWNER);
      mutex.release();
      call.process.changed(mutex);
      return TRUE;
    }),
    win32('ReleaseSemaphore', 'i(iip)', (call, handle, count, previous) => {
      const semaphore = get(call, handle, SemaphoreObject);
      if (!semaphore) return FALSE;
      if (count <= 0) return failed(call, ErrorCode.INVALID_PARAMETER);
      if (semaphore.count + count > semaphore.maximum) return failed(call, ErrorCode.TOO_MANY_POSTS);
      if (previous !== 0) {
        const written = os.guards.kernelAccess(call.thread, () => {
          call.memory.setU32(previous, semaphore.count);
          return true;
        });
        if (!written) return failed(call, os.guards.error);
      }
      semaphore.count += count;
      call.process.changed(semaphore);
      return TRUE;
    }),
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
      const asked = object instanceof FileObject ? fileRights(access) : access & GENERIC ? ALL_ACCESS : access;
      const rights = options & DUPLICATE_SAME_ACCESS ? entry.access : asked;
      // What a file was opened for is all that can be had of it.
      if (object instanceof FileObject && rights & ~entry.access) return failed(call, ErrorCode.ACCESS_DENIED);
      const probed = os.guards.kernelAccess(call.thread, () => {
        if (place !== 0) call.memory.setU32(place, call.memory.u32(place));
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
