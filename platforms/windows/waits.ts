/** WaitForSingleObject and WaitForMultipleObjects: a wait is tried, and if it is not satisfied the thread blocks and tries again. */
import type { HostCall, HostFunction, RegistersReplaced } from '../../emulator/process/host-call.js';
import { WAIT_IO_COMPLETION, type Apcs } from './apcs.js';
import { INFINITE, UNITS_PER_MILLISECOND, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { HandleTable } from './handles.js';
import type { LastError } from './last-error.js';
import type { KernelObject } from './objects.js';
import type { StackGuards } from './stack-guards.js';
import { windowsThread } from './windows-thread.js';

interface Needs extends Pick<Core, 'layout'> {
  readonly lastError: LastError;
  readonly guards: StackGuards;
  readonly handles: HandleTable;
  readonly apcs: Apcs;
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
export function wait(
  call: HostCall,
  objects: KernelObject[],
  all: boolean,
  milliseconds: number,
  alert?: { apcs: Apcs; bytes: number },
): number | RegistersReplaced {
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
  if (alert?.apcs.pending(thread)) return alert.apcs.returnThrough(call, WAIT_IO_COMPLETION, alert.bytes);
  const deadline = deadlineOf(call, milliseconds);
  if (deadline !== undefined && call.process.clock.now >= deadline) return WAIT_TIMEOUT;
  return call.block({
    what: objects.map(describe).join(all ? ' and ' : ' or '),
    on: [...objects.map((object) => object.changesWith), ...(alert ? [windowsThread(thread).apcs] : [])],
    ready: () => satisfied() || alert?.apcs.pending(thread) === true,
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
  const single = (call: HostCall, handle: number, milliseconds: number, alertable = 0): number | RegistersReplaced => {
    const found = object(call, handle);
    if (typeof found === 'number') return failed(call, found);
    return wait(call, [found], false, milliseconds, alertable ? { apcs: os.apcs, bytes: 12 } : undefined);
  };
  const multiple = (
    call: HostCall,
    count: number,
    handles: number,
    all: number,
    milliseconds: number,
    alertable = 0,
  ): number | RegistersReplaced => {
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
    return wait(call, objects, all !== 0, milliseconds, alertable ? { apcs: os.apcs, bytes: 20 } : undefined);
  };
  return [
    win32('WaitForSingleObject', 'u(iu)', (call, handle, milliseconds) => single(call, handle, milliseconds)),
    win32('WaitForSingleObjectEx', 'u(iui)', single),
    win32('WaitForMultipleObjects', 'u(upiu)', (call, count, handles, all, milliseconds) =>
      multiple(call, count, handles, all, milliseconds),
    ),
    win32('WaitForMultipleObjectsEx', 'u(upiui)', multiple),
  ];
}
