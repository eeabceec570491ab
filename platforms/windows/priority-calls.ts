/**
 * Priorities of threads: of two that can run, the one with the higher runs (scheduler.ts). The class of the process,
 * which is the same for all of its threads, changes nothing in their order; boosts are not modelled.
 */
import type { HostCall, HostFunction } from '../../emulator/process/host-call.js';
import type { Process } from '../../emulator/process/process.js';
import { FALSE, TRUE, win32 } from './call.js';
import { ErrorCode } from './error-codes.js';
import { CURRENT_PROCESS } from './handles.js';
import type { HandleTable } from './handles.js';
import type { LastError } from './last-error.js';
import type { ThreadObject } from './objects.js';
import { ThreadRight, type Suspension } from './suspension.js';

interface Needs {
  readonly process: Process;
  readonly lastError: LastError;
  readonly handles: HandleTable;
  readonly suspension: Suspension;
}

const ERROR_RETURN = 0x7fffffff;
const PRIORITIES: ReadonlySet<number> = new Set([-15, -2, -1, 0, 1, 2, 15]);
const BACKGROUND = { BEGIN: 0x10000, END: 0x20000 } as const;
/** Base priorities of a normal process: 1 and 15 at the ends, 4 in the background, 8 in the middle. */
const NORMAL = 8;
const LEVELS = new Map([
  [-15, 1],
  [15, 15],
]);
const BACKGROUND_LEVEL = 4;

const NORMAL_PRIORITY_CLASS = 0x20;
const HIGH_PRIORITY_CLASS = 0x80;
const REALTIME_PRIORITY_CLASS = 0x100;
const CLASSES: ReadonlySet<number> = new Set([0x40, 0x4000, NORMAL_PRIORITY_CLASS, 0x8000, HIGH_PRIORITY_CLASS, REALTIME_PRIORITY_CLASS]);

export function priorityCalls(os: Needs): HostFunction[] {
  const background = new WeakSet<ThreadObject>();
  const given = new WeakMap<ThreadObject, number>();
  const unboosted = new WeakSet<ThreadObject>();
  let priorityClass = NORMAL_PRIORITY_CLASS;
  const failed = <T>(call: HostCall, error: number, result: T): T => {
    os.lastError.set(call.thread, error);
    return result;
  };
  const target = (call: HostCall, handle: number, right: number): ThreadObject | undefined =>
    os.suspension.target(call.thread, handle, right) ?? failed(call, os.suspension.error, undefined);
  const rank = (object: ThreadObject): void => {
    const priority = given.get(object) ?? 0;
    const level = background.has(object) ? BACKGROUND_LEVEL : (LEVELS.get(priority) ?? NORMAL + priority);
    if (!object.ended) os.process.scheduler.setPriority(object.thread, level - NORMAL);
  };
  /** The mode is the calling thread's own affair. */
  const mode = (call: HostCall, object: ThreadObject, begins: boolean): number => {
    if (object.thread !== call.thread) return failed(call, ErrorCode.INVALID_PARAMETER, FALSE);
    if (background.has(object) === begins) return failed(call, begins ? ErrorCode.ALREADY_BACKGROUND : ErrorCode.NOT_BACKGROUND, FALSE);
    if (begins) background.add(object);
    else background.delete(object);
    rank(object);
    return TRUE;
  };
  const process = (call: HostCall, handle: number): boolean =>
    handle === CURRENT_PROCESS || os.handles.resolve(call.thread, handle)?.object === os.handles.process;
  return [
    win32('GetThreadPriority', 'i(i)', (call, handle) => {
      const object = target(call, handle, ThreadRight.QUERY_LIMITED_INFORMATION);
      return object ? (given.get(object) ?? 0) : ERROR_RETURN;
    }),
    win32('SetThreadPriority', 'i(ii)', (call, handle, priority) => {
      const object = target(call, handle, ThreadRight.SET_LIMITED_INFORMATION);
      if (!object) return FALSE;
      if (priority === BACKGROUND.BEGIN || priority === BACKGROUND.END) return mode(call, object, priority === BACKGROUND.BEGIN);
      if (!PRIORITIES.has(priority)) return failed(call, ErrorCode.INVALID_PARAMETER, FALSE);
      given.set(object, priority);
      rank(object);
      return TRUE;
    }),
    win32('GetThreadPriorityBoost', 'i(ip)', (call, handle, place) => {
      const object = target(call, handle, ThreadRight.QUERY_LIMITED_INFORMATION);
      if (!object) return FALSE;
      call.memory.setU32(place, unboosted.has(object) ? TRUE : FALSE);
      return TRUE;
    }),
    win32('SetThreadPriorityBoost', 'i(ii)', (call, handle, disable) => {
      const object = target(call, handle, ThreadRight.SET_LIMITED_INFORMATION);
      if (!object) return FALSE;
      if (disable) unboosted.add(object);
      else unboosted.delete(object);
      return TRUE;
    }),
    win32('GetPriorityClass', 'u(i)', (call, handle) =>
      process(call, handle) ? priorityClass : failed(call, ErrorCode.INVALID_HANDLE, 0),
    ),
    win32('SetPriorityClass', 'i(iu)', (call, handle, wanted) => {
      if (!process(call, handle)) return failed(call, ErrorCode.INVALID_HANDLE, FALSE);
      if (!CLASSES.has(wanted)) return failed(call, ErrorCode.INVALID_PARAMETER, FALSE);
      // Without the privilege that real time takes.
      priorityClass = wanted === REALTIME_PRIORITY_CLASS ? HIGH_PRIORITY_CLASS : wanted;
      return TRUE;
    }),
  ];
}
