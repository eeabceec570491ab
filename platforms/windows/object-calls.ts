/** Events, mutexes, semaphores: making them, finding them by name, changing their state. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { FALSE, TRUE, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { HandleTable } from './handles.js';
import type { LastError } from './last-error.js';
import { NamedObjects } from './named-objects.js';
import { allRights, MODIFY_STATE } from './object-rights.js';
import { releaseMutex, releaseSemaphore, setEvent } from './object-state.js';
import { EventObject, MutexObject, SemaphoreObject, type KernelObject } from './objects.js';
import type { StackGuards } from './stack-guards.js';
import type { Waiters } from './waiters.js';

interface Needs extends Pick<Core, 'memory' | 'layout'> {
  readonly lastError: LastError;
  readonly guards: StackGuards;
  readonly handles: HandleTable;
  readonly waiters: Waiters;
}

const CREATE_EVENT = { MANUAL_RESET: 1, INITIAL_SET: 2 } as const;
const CREATE_MUTEX_INITIAL_OWNER = 1;

/** Those that make and find one of these by name, for both kinds of text. */
function namedCalls(os: Needs, suffix: 'A' | 'W'): HostFunction[] {
  const names = new NamedObjects(os);
  const wide = suffix === 'W';
  const refused = (call: HostCall): 0 => {
    os.lastError.set(call.thread, ErrorCode.INVALID_PARAMETER);
    return FALSE;
  };
  const event = (call: HostCall, security: number, name: number, manual: boolean, initial: boolean, access: number): number =>
    names.create(call, { kind: 'event', security, name, wide, access, make: () => new EventObject(manual, initial) });
  const mutex = (call: HostCall, security: number, name: number, owned: boolean, access: number): number => {
    const make = (): MutexObject => {
      const made = new MutexObject();
      if (owned) made.acquire(call.thread);
      return made;
    };
    return names.create(call, { kind: 'mutex', security, name, wide, access, make });
  };
  const semaphore = (call: HostCall, security: number, name: number, initial: number, maximum: number, access: number): number => {
    if (maximum <= 0 || initial < 0 || initial > maximum) return refused(call);
    return names.create(call, { kind: 'semaphore', security, name, wide, access, make: () => new SemaphoreObject(initial, maximum) });
  };
  const open = (kind: string) => (call: HostCall, access: number, inherit: number, name: number) =>
    names.open(call, { kind, access, inherit, name, wide });
  return [
    win32(`CreateEvent${suffix}`, 'p(piip)', (call, security, manual, initial, name) =>
      event(call, security, name, manual !== 0, initial !== 0, allRights('event')),
    ),
    win32(`CreateEventEx${suffix}`, 'p(ppuu)', (call, security, name, flags, access) => {
      if (flags & ~(CREATE_EVENT.MANUAL_RESET | CREATE_EVENT.INITIAL_SET)) return refused(call);
      return event(call, security, name, (flags & CREATE_EVENT.MANUAL_RESET) !== 0, (flags & CREATE_EVENT.INITIAL_SET) !== 0, access);
    }),
    win32(`OpenEvent${suffix}`, 'p(uip)', open('event')),
    win32(`CreateMutex${suffix}`, 'p(pip)', (call, security, owned, name) => mutex(call, security, name, owned !== 0, allRights('mutex'))),
    win32(`CreateMutexEx${suffix}`, 'p(ppuu)', (call, security, name, flags, access) => {
      if (flags & ~CREATE_MUTEX_INITIAL_OWNER) return refused(call);
      return mutex(call, security, name, flags !== 0, access);
    }),
    win32(`OpenMutex${suffix}`, 'p(uip)', open('mutex')),
    win32(`CreateSemaphore${suffix}`, 'p(piip)', (call, security, initial, maximum, name) =>
      semaphore(call, security, name, initial, maximum, allRights('semaphore')),
    ),
    win32(`CreateSemaphoreEx${suffix}`, 'p(piipuu)', (call, security, initial, maximum, name, flags, access) =>
      flags === 0 ? semaphore(call, security, name, initial, maximum, access) : refused(call),
    ),
    win32(`OpenSemaphore${suffix}`, 'p(uip)', open('semaphore')),
  ];
}

export function objectCalls(os: Needs): HostFunction[] {
  const { waiters } = os;
  const failed = (call: HostCall, error: number): 0 => {
    os.lastError.set(call.thread, error);
    return FALSE;
  };
  const done = (call: HostCall, error: number): number => (error === ErrorCode.SUCCESS ? TRUE : failed(call, error));
  const get = <T extends KernelObject>(
    call: HostCall,
    handle: number,
    kind: abstract new (...args: never[]) => T,
    right: number,
  ): T | undefined => {
    const entry = os.handles.resolve(call.thread, handle);
    if (!(entry?.object instanceof kind)) return void failed(call, ErrorCode.INVALID_HANDLE);
    return (entry.access & right) === right ? entry.object : void failed(call, ErrorCode.ACCESS_DENIED);
  };
  const onEvent = (change: (event: EventObject) => void) => (call: HostCall, handle: number) => {
    const event = get(call, handle, EventObject, MODIFY_STATE);
    if (!event) return FALSE;
    change(event);
    return TRUE;
  };
  return [
    ...namedCalls(os, 'A'),
    ...namedCalls(os, 'W'),
    win32(
      'SetEvent',
      'i(i)',
      onEvent((event) => setEvent(waiters, event)),
    ),
    win32(
      'ResetEvent',
      'i(i)',
      onEvent((event) => void (event.set = false)),
    ),
    // Whoever waits now gets it, and nobody later.
    win32(
      'PulseEvent',
      'i(i)',
      onEvent((event) => {
        setEvent(waiters, event);
        event.set = false;
      }),
    ),
    win32('ReleaseMutex', 'i(i)', (call, handle) => {
      const mutex = get(call, handle, MutexObject, 0);
      return mutex ? done(call, releaseMutex(waiters, call.thread, mutex)) : FALSE;
    }),
    win32('ReleaseSemaphore', 'i(iip)', (call, handle, count, previous) => {
      // The kernel probes the place of the count before it does anything.
      const probed = os.guards.kernelAccess(call.thread, () => {
        if (previous !== 0) call.memory.setU32(previous, call.memory.u32(previous));
        return true;
      });
      if (!probed) return failed(call, os.guards.error);
      if (count <= 0) return failed(call, ErrorCode.INVALID_PARAMETER);
      const semaphore = get(call, handle, SemaphoreObject, MODIFY_STATE);
      if (!semaphore) return FALSE;
      const before = semaphore.count;
      const error = releaseSemaphore(waiters, semaphore, count);
      if (error === ErrorCode.SUCCESS && previous !== 0) os.memory.setU32(previous, before);
      return done(call, error);
    }),
  ];
}
