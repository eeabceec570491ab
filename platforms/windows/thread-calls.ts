/** Threads as programs make, end, stop and look at them; thread-local slots. */
import type { Word } from '../../emulator/abi/abi.js';
import type { HostCall, HostFunction, RegistersReplaced } from '../../emulator/process/host-call.js';
import type { Thread } from '../../emulator/process/thread.js';
import { WAIT_IO_COMPLETION, type Apcs } from './apcs.js';
import { FALSE, TRUE, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { Exceptions } from './exceptions.js';
import { CURRENT_PROCESS, CURRENT_THREAD } from './handles.js';
import type { HandleTable } from './handles.js';
import { Group } from './layout.js';
import type { LastError } from './last-error.js';
import { PAGE_SIZE } from './memory-constants.js';
import type { Modules } from './modules.js';
import { rightsFor } from './object-rights.js';
import { ThreadObject } from './objects.js';
import { PROCESS_ID } from './process-block.js';
import type { StackGuards } from './stack-guards.js';
import { ThreadRight } from './suspension.js';
import type { Suspension } from './suspension.js';
import type { Threads } from './threads.js';
import type { Tls } from './tls.js';
import { deadlineOf } from './waits.js';
import { windowsThread } from './windows-thread.js';

export interface ThreadNeeds extends Pick<Core, 'process' | 'memory' | 'layout' | 'codec'> {
  readonly lastError: LastError;
  readonly guards: StackGuards;
  readonly modules: Modules;
  readonly exceptions: Exceptions;
  readonly handles: HandleTable;
  readonly suspension: Suspension;
  readonly tls: Tls;
  readonly threads: Threads;
  readonly apcs: Apcs;
}

const ALL_ACCESS = 0x1fffff;
const CREATE_SUSPENDED = 4;
const STACK_SIZE_PARAM_IS_A_RESERVATION = 0x10000;
const TLS_OUT_OF_INDEXES = 0xffffffff;
const DEFAULT_RESERVE = 0x100000;

/** CreateThread: the new thread's handle; 0 with LastError set if it failed. */
export function createThread(
  os: ThreadNeeds,
  call: HostCall,
  stackSize: number,
  routine: number,
  parameter: Word,
  flags: number,
  idPlace: number,
): number {
  const image = os.modules.program.image;
  let reserve = image.stackReserve ?? DEFAULT_RESERVE;
  let commit = image.stackCommit ?? PAGE_SIZE;
  if (stackSize !== 0) {
    if (flags & STACK_SIZE_PARAM_IS_A_RESERVATION) reserve = stackSize;
    else commit = stackSize;
  }
  if (idPlace !== 0) call.memory.setU32(idPlace, call.memory.u32(idPlace));
  const thread = os.threads.create(`thread ${os.process.threadTable.made + 1}`, routine, parameter, { reserve, commit });
  if (!thread) {
    os.lastError.set(call.thread, ErrorCode.NOT_ENOUGH_MEMORY);
    return 0;
  }
  if (flags & CREATE_SUSPENDED) thread.suspendCount = 1;
  if (idPlace !== 0) os.memory.setU32(idPlace, windowsThread(thread).id);
  return os.handles.open(windowsThread(thread).object, ALL_ACCESS);
}

/** NtTerminateThread: at once, with nothing run on the thread. True if it was the calling thread. */
function terminate(os: ThreadNeeds, call: HostCall, object: ThreadObject, code: number): boolean {
  if (!object.ended) os.threads.end(object.thread, code);
  return object.thread === call.thread;
}

export function threadCalls(os: ThreadNeeds): HostFunction[] {
  const failed = <T>(call: HostCall, error: number, result: T): T => {
    os.lastError.set(call.thread, error);
    return result;
  };
  const thread = (call: HostCall, handle: number, right: number): ThreadObject | undefined => {
    const found = os.suspension.target(call.thread, handle, right);
    return found ?? failed(call, os.suspension.error, undefined);
  };
  const context = (call: HostCall, handle: number, address: number, set: boolean): number | RegistersReplaced => {
    const { codec, layout, suspension } = os;
    if (layout.wordSize === 8 && address % 16 !== 0) return failed(call, ErrorCode.NO_ACCESS, FALSE);
    const bytes = os.guards.kernelAccess(call.thread, () => call.memory.bytes(address, codec.bytes));
    if (!bytes) return failed(call, os.guards.error, FALSE);
    if (!(set ? suspension.set(call.thread, handle, bytes) : suspension.get(call.thread, handle, bytes)))
      return failed(call, suspension.error, FALSE);
    // Of the thread itself: it goes on where its new context says.
    const control = new DataView(bytes.buffer, bytes.byteOffset).getUint32(layout.context.flags, true) & Group.CONTROL;
    if (set && control && os.handles.resolve(call.thread, handle)?.object === windowsThread(call.thread).object)
      return os.exceptions.leave();
    const written =
      set ||
      os.guards.kernelAccess(call.thread, () => {
        call.memory.write(address, bytes);
        return true;
      });
    return written ? TRUE : failed(call, os.guards.error, FALSE);
  };
  const sleep = (call: HostCall, milliseconds: number, alertable = false): void => {
    if (milliseconds === 0) {
      call.process.reschedule = true;
      return;
    }
    const { deadline } = call.attempt(() => ({ deadline: deadlineOf(call, milliseconds) }));
    if (deadline !== undefined && call.process.clock.now >= deadline) return;
    call.block({
      what: 'Sleep',
      on: alertable ? [windowsThread(call.thread).apcs] : [],
      ready: () => alertable && os.apcs.pending(call.thread),
      ...(deadline !== undefined && { deadline }),
    });
  };
  const slot = (call: HostCall, index: number, make: boolean): number => {
    if (!os.tls.valid(index)) return failed(call, ErrorCode.INVALID_PARAMETER, -1);
    return os.tls.slot(call.thread, index, make);
  };
  return [
    win32('CreateThread', 'p(pzpwup)', (call, _security, stackSize, routine, parameter, flags, idPlace) =>
      createThread(os, call, stackSize, routine, parameter, flags, idPlace),
    ),
    win32('TerminateThread', 'i(iu)', (call, handle, code) => {
      const object = thread(call, handle, ThreadRight.TERMINATE);
      if (!object) return FALSE;
      if (object.ended) return failed(call, ErrorCode.ACCESS_DENIED, FALSE);
      if (terminate(os, call, object, code)) return os.exceptions.leave();
      return TRUE;
    }),
    win32('GetExitCodeThread', 'i(ip)', (call, handle, place) => {
      const object = thread(call, handle, ThreadRight.QUERY_LIMITED_INFORMATION);
      if (!object) return FALSE;
      // NtQueryInformationThread fills a structure of the library's, whose code then stores the one word.
      call.memory.setU32(place, object.exitCode);
      return TRUE;
    }),
    win32('GetCurrentThread', 'q()', () => BigInt(CURRENT_THREAD)),
    win32('GetCurrentProcess', 'q()', () => BigInt(CURRENT_PROCESS)),
    win32('GetCurrentThreadId', 'u()', (call) => windowsThread(call.thread).id),
    win32('GetCurrentProcessId', 'u()', () => PROCESS_ID),
    win32('GetThreadId', 'u(i)', (call, handle) => {
      const object = thread(call, handle, ThreadRight.QUERY_LIMITED_INFORMATION);
      return object ? windowsThread(object.thread).id : 0;
    }),
    win32('SuspendThread', 'i(i)', (call, handle) => {
      const before = os.suspension.suspend(call.thread, handle);
      return before < 0 ? failed(call, os.suspension.error, -1) : before;
    }),
    win32('ResumeThread', 'i(i)', (call, handle) => {
      const before = os.suspension.resume(call.thread, handle);
      return before < 0 ? failed(call, os.suspension.error, -1) : before;
    }),
    win32('GetThreadContext', 'i(ip)', (call, handle, address) => context(call, handle, address, false)),
    win32('SetThreadContext', 'i(ip)', (call, handle, address) => context(call, handle, address, true)),
    win32('Sleep', 'v(u)', (call, milliseconds) => sleep(call, milliseconds)),
    win32('SleepEx', 'u(ui)', (call, milliseconds, alertable) => {
      if (alertable && os.apcs.pending(call.thread)) return os.apcs.returnThrough(call, WAIT_IO_COMPLETION, 8);
      sleep(call, milliseconds, alertable !== 0);
      return 0;
    }),
    win32('OpenThread', 'p(uiu)', (call, access, inherit, id) => {
      // The lowest two bits of identifiers are not looked at.
      const found = os.threads.withId((id & ~3) >>> 0);
      return found ? os.handles.open(found, rightsFor(found, access), inherit !== 0) : failed(call, ErrorCode.INVALID_PARAMETER, 0);
    }),
    win32('SwitchToThread', 'i()', (call) => {
      const others = os.process.threads.some((t: Thread) => t !== call.thread && t.runnable);
      os.process.scheduler.yield(call.thread);
      return others ? TRUE : FALSE;
    }),
    win32('TlsAlloc', 'u()', (call) => os.tls.allocate() ?? failed(call, ErrorCode.NOT_ENOUGH_MEMORY, TLS_OUT_OF_INDEXES)),
    win32('TlsFree', 'i(u)', (call, index) => (os.tls.release(index) ? TRUE : failed(call, ErrorCode.INVALID_PARAMETER, FALSE))),
    win32('TlsGetValue', 'w(u)', (call, index) => {
      const address = slot(call, index, false);
      if (address < 0) return 0n;
      os.lastError.set(call.thread, ErrorCode.SUCCESS);
      return address === 0 ? 0n : os.memory.bits(address);
    }),
    win32('TlsSetValue', 'i(uw)', (call, index, value) => {
      const address = slot(call, index, true);
      if (address < 0) return FALSE;
      if (address === 0) return failed(call, ErrorCode.NOT_ENOUGH_MEMORY, FALSE);
      os.memory.setBits(address, value);
      return TRUE;
    }),
  ];
}

/** What the thread code in ntdll.dll asks of the kernel. */
export function kernelThreadCalls(os: ThreadNeeds): HostFunction[] {
  return [
    win32('NtTerminateThread', 'i(iu)', (call, handle, code) => {
      const object = os.suspension.target(call.thread, handle, ThreadRight.TERMINATE);
      if (object && terminate(os, call, object, code)) return os.exceptions.leave();
      return 0;
    }),
    win32('NtTerminateProcess', 'i(iu)', (call, handle, code) => {
      if (handle !== 0) os.process.end({ kind: 'exit', code });
      for (const thread of [...os.process.threads]) {
        if (thread !== call.thread && thread.state !== 'ended') os.threads.end(thread, code);
      }
      return 0;
    }),
    win32('TerminateProcess', 'i(iu)', (call, handle, code) => {
      if (os.handles.resolve(call.thread, handle)?.object !== os.handles.process) {
        os.lastError.set(call.thread, ErrorCode.INVALID_HANDLE);
        return FALSE;
      }
      return os.process.end({ kind: 'exit', code });
    }),
  ];
}
