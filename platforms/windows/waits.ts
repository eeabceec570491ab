/** WaitForSingleObject and WaitForMultipleObjects: a wait is tried, and if it is not satisfied the thread blocks and tries again. */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import { INFINITE, UNITS_PER_MILLISECOND, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { HandleTable } from './handles.js';
import type { LastError } from './last-error.js';
import type { KernelObject } from './objects.js';
import type { StackGuards } from './stack-guards.js';

interface Needs extends Pick<Core, 'layout'> {
  readonly lastError: LastError;
  readonly guards: StackGuards;
  readonly handles: HandleTable;
}

const WAIT_OBJECT_0 = 0;
const WAIT_ABANDONED_0 = 0x80;
const WAIT_TIMEOUT = 258;
const WAIT_FAILED = 0xffffffff;
const MAXIMUM_WAIT_OBJECTS = 64;
const SYNCHRONIZE = 0x100000;

/** The time limit of this very call, kept over its retries. */
export function deadlineOf(call: HostCall, milliseconds: number): number | undefined {
  if (milliseconds === INFINITE) return undefined;
  return call.attempt(() => call.process.clock.now + milliseconds * UNITS_PER_MILLISECOND);
}

export function describe(object: KernelObject): string {
  return object.name ? `${object.kind} '${object.name}'` : `${/^[aeiou]/.test(object.kind) ? 'an' : 'a'} ${object.kind}`;
}

/** Wait until one of (or all) the objects are signalled; the result as the Win32 functions return it. */
export function wait(call: HostCall, objects: KernelObject[], all: boolean, milliseconds: number): number {
  const { thread } = call;
  const satisfied = (): boolean => (all ? objects.every((o) => o.signalled(thread)) : objects.some((o) => o.signalled(thread)));
  if (satisfied()) {
    if (!all) {
      const index = objects.findIndex((o) => o.signalled(thread));
      return (objects[index].acquire(thread) ? WAIT_ABANDONED_0 : WAIT_OBJECT_0) + index;
    }
    const abandoned = objects.map((o) => o.acquire(thread));
    return abandoned.includes(true) ? WAIT_ABANDONED_0 + abandoned.indexOf(true) : WAIT_OBJECT_0;
  }
  const deadline = deadlineOf(call, milliseconds);
  if (deadline !== undefined && call.process.clock.now >= deadline) return WAIT_TIMEOUT;
  return call.block({
    what: objects.map(describe).join(all ? ' and ' : ' or '),
    on: objects.map((object) => object.changesWith),
    ready: satisfied,
    ...(deadline !== undefined && { deadline }),
  });
}

export function waitCalls(os: Needs): HostFunction[] {
  const failed = (call: HostCall, error: number): number => {
    os.lastError.set(call.thread, error);
    return WAIT_FAILED;
  };
  const object = (call: HostCall, handle: number): KernelObject | number => {
    const entry = os.handles.resolve(call.thread, handle);
    if (!entry) return ErrorCode.INVALID_HANDLE;
    return entry.access & SYNCHRONIZE ? entry.object : ErrorCode.ACCESS_DENIED;
  };
  const single = (call: HostCall, handle: number, milliseconds: number): number => {
    const found = object(call, handle);
    return typeof found === 'number' ? failed(call, found) : wait(call, [found], false, milliseconds);
  };
  const multiple = (call: HostCall, count: number, handles: number, all: number, milliseconds: number): number => {
    if (count === 0 || count > MAXIMUM_WAIT_OBJECTS) return failed(call, ErrorCode.INVALID_PARAMETER);
    const values = os.guards.kernelAccess(call.thread, () =>
      Array.from({ length: count }, (_, i) => call.memory.i32(handles + i * os.layout.wordSize)),
    );
    if (!values) return failed(call, os.guards.error);
    const objects: KernelObject[] = [];
    for (const value of values) {
      const found = object(call, value);
      if (typeof found === 'number') return failed(call, found);
      if (all && objects.includes(found)) return failed(call, ErrorCode.INVALID_PARAMETER);
      objects.push(found);
    }
    return wait(call, objects, all !== 0, milliseconds);
  };
  // No asynchronous procedure calls are modelled, so an alertable wait is never woken by one.
  return [
    win32('WaitForSingleObject', 'u(iu)', single),
    win32('WaitForSingleObjectEx', 'u(iui)', single),
    win32('WaitForMultipleObjects', 'u(upiu)', multiple),
    win32('WaitForMultipleObjectsEx', 'u(upiui)', multiple),
  ];
}
