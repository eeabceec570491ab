/** How events, mutexes and semaphores become signalled, for the calls that do one of these things: errors as the system's. */
import type { Thread } from '../../emulator/process/thread.js';
import { ErrorCode } from './error-codes.js';
import type { HandleEntry } from './handles.js';
import { MODIFY_STATE } from './object-rights.js';
import { EventObject, MutexObject, SemaphoreObject } from './objects.js';
import type { Waiters } from './waiters.js';

export function setEvent(waiters: Waiters, event: EventObject): void {
  event.set = true;
  waiters.signal(event);
}

export function releaseMutex(waiters: Waiters, thread: Thread, mutex: MutexObject): number {
  if (mutex.owner?.thread !== thread) return ErrorCode.NOT_OWNER;
  mutex.release();
  waiters.signal(mutex);
  return ErrorCode.SUCCESS;
}

/** The count is greater than zero. */
export function releaseSemaphore(waiters: Waiters, semaphore: SemaphoreObject, count: number): number {
  if (semaphore.count + count > semaphore.maximum) return ErrorCode.TOO_MANY_POSTS;
  semaphore.count += count;
  waiters.signal(semaphore);
  return ErrorCode.SUCCESS;
}

/** SignalObjectAndWait's first half. */
export function signalObject(waiters: Waiters, thread: Thread, { object, access }: HandleEntry): number {
  if (object instanceof MutexObject) return releaseMutex(waiters, thread, object);
  const semaphore = object instanceof SemaphoreObject;
  if (!semaphore && !(object instanceof EventObject)) return ErrorCode.INVALID_HANDLE;
  if (!(access & MODIFY_STATE)) return ErrorCode.ACCESS_DENIED;
  if (semaphore) return releaseSemaphore(waiters, object, 1);
  setEvent(waiters, object);
  return ErrorCode.SUCCESS;
}
