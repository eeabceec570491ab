/** WaitForSingleObject, WaitForMultipleObjects, SignalObjectAndWait: a wait that is not satisfied at once stands in line (waiters.ts). */
import type { HostCall, HostFunction, RegistersReplaced } from '../../emulator/process/host-call.js';
import { WAIT_IO_COMPLETION, type Apcs } from './apcs.js';
import { INFINITE, UNITS_PER_MILLISECOND, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { HandleEntry, HandleTable } from './handles.js';
import type { LastError } from './last-error.js';
import { signalObject } from './object-state.js';
import type { KernelObject } from './objects.js';
import type { StackGuards } from './stack-guards.js';
import { WaitBlock, type Waiters } from './waiters.js';

interface Needs extends Pick<Core, 'layout'> {
  readonly lastError: LastError;
  readonly guards: StackGuards;
  readonly handles: HandleTable;
  readonly apcs: Apcs;
  readonly waiters: Waiters;
}

const WAIT_TIMEOUT = 258;
const WAIT_FAILED = 0xffffffff;
const MAXIMUM_WAIT_OBJECTS = 64;
const SYNCHRONIZE = 0x100000;

/** When `milliseconds` from now are over; undefined: never. */
export function deadlineOf(call: HostCall, milliseconds: number): number | undefined {
  return milliseconds === INFINITE ? undefined : call.process.clock.now + milliseconds * UNITS_PER_MILLISECOND;
}

export function describe(object: KernelObject): string {
  return object.name ? `${object.kind} '${object.name}'` : `${/^[aeiou]/.test(object.kind) ? 'an' : 'a'} ${object.kind}`;
}

/** What a wait is for; `alertBytes`: of the arguments, where it may be ended by an asynchronous procedure call. */
interface Asked {
  objects: readonly KernelObject[];
  all: boolean;
  milliseconds: number;
  alertBytes: number | undefined;
}

/** A number: the wait fails with that error. */
type Question = () => Asked | number;

export function waitCalls(os: Needs): HostFunction[] {
  const failed = (call: HostCall, error: number): number => {
    os.lastError.set(call.thread, error);
    return WAIT_FAILED;
  };
  const stand = (call: HostCall, block: WaitBlock): never => {
    block.wait = {
      what: block.objects.map(describe).join(block.all ? ' and ' : ' or '),
      on: [block],
      ready: () => block.over,
      ...(block.deadline !== undefined && { deadline: block.deadline }),
    };
    os.waiters.enter(block);
    return call.block(block.wait);
  };
  /** What the functions return. Handles are looked at once, when the wait begins: closing one ends no wait. */
  const wait = (call: HostCall, ask: Question, alertBytes: number | undefined): number | RegistersReplaced => {
    const through = (): RegistersReplaced => os.apcs.returnThrough(call, WAIT_IO_COMPLETION, alertBytes ?? 0);
    const begun = call.attempted<WaitBlock>();
    if (begun) {
      os.waiters.leave(begun);
      if (begun.result !== undefined) return begun.result;
      if (begun.satisfy()) return begun.result ?? WAIT_FAILED;
      if (begun.alertable && os.apcs.pending(call.thread)) return through();
      if (begun.deadline !== undefined && call.process.clock.now >= begun.deadline) return WAIT_TIMEOUT;
      return stand(call, begun);
    }
    const asked = ask();
    if (typeof asked === 'number') return failed(call, asked);
    const block = new WaitBlock(call.thread, asked.objects, asked.all, alertBytes !== undefined);
    if (block.satisfy()) return block.result ?? WAIT_FAILED;
    if (block.alertable && os.apcs.pending(call.thread)) return through();
    if (asked.milliseconds === 0) return WAIT_TIMEOUT;
    block.deadline = deadlineOf(call, asked.milliseconds);
    return stand(
      call,
      call.attempt(() => block),
    );
  };
  const object = (call: HostCall, handle: number): KernelObject | number => {
    const entry = os.handles.resolve(call.thread, handle);
    if (!entry) return ErrorCode.INVALID_HANDLE;
    return entry.access & SYNCHRONIZE ? entry.object : ErrorCode.ACCESS_DENIED;
  };
  const single = (call: HostCall, handle: number, milliseconds: number, alertable = 0): number | RegistersReplaced => {
    const alertBytes = alertable ? 12 : undefined;
    const ask = (): Asked | number => {
      const found = object(call, handle);
      return typeof found === 'number' ? found : { objects: [found], all: false, milliseconds, alertBytes };
    };
    return wait(call, ask, alertBytes);
  };
  const multiple = (
    call: HostCall,
    count: number,
    handles: number,
    all: number,
    milliseconds: number,
    alertable = 0,
  ): number | RegistersReplaced => {
    const alertBytes = alertable ? 20 : undefined;
    const ask = (): Asked | number => {
      if (count === 0 || count > MAXIMUM_WAIT_OBJECTS) return ErrorCode.INVALID_PARAMETER;
      const values = os.guards.kernelAccess(call.thread, () =>
        Array.from({ length: count }, (_, i) => call.memory.i32(handles + i * os.layout.wordSize)),
      );
      if (!values) return os.guards.error;
      const objects: KernelObject[] = [];
      for (const value of values) {
        const found = object(call, value);
        if (typeof found === 'number') return found;
        if (all && objects.includes(found)) return ErrorCode.INVALID_PARAMETER;
        objects.push(found);
      }
      return { objects, all: all !== 0, milliseconds, alertBytes };
    };
    return wait(call, ask, alertBytes);
  };
  const signalAndWait = (
    call: HostCall,
    signalled: number,
    awaited: number,
    milliseconds: number,
    alertable: number,
  ): number | RegistersReplaced => {
    const alertBytes = alertable ? 16 : undefined;
    const ask = (): Asked | number => {
      const entry: HandleEntry | undefined = os.handles.resolve(call.thread, signalled);
      const found = object(call, awaited);
      if (typeof found === 'number') return found;
      const error = entry ? signalObject(os.waiters, call.thread, entry) : ErrorCode.INVALID_HANDLE;
      return error === ErrorCode.SUCCESS ? { objects: [found], all: false, milliseconds, alertBytes } : error;
    };
    return wait(call, ask, alertBytes);
  };
  return [
    win32('WaitForSingleObject', 'u(iu)', (call, handle, milliseconds) => single(call, handle, milliseconds)),
    win32('WaitForSingleObjectEx', 'u(iui)', single),
    win32('WaitForMultipleObjects', 'u(upiu)', (call, count, handles, all, milliseconds) =>
      multiple(call, count, handles, all, milliseconds),
    ),
    win32('WaitForMultipleObjectsEx', 'u(upiui)', multiple),
    win32('SignalObjectAndWait', 'u(iiui)', signalAndWait),
  ];
}
