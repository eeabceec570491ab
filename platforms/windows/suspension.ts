/**
 * SuspendThread, ResumeThread, GetThreadContext and SetThreadContext on thread
 * objects, with their counts, limits and errors; used by programs through
 * handles and by the MPS's port in the same way.
 */
import type { Thread } from '../../emulator/process/thread.js';
import { X86 } from '../../emulator/cpu/registers.js';
import { ContextBuffer, noBreakpoints } from './context.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { HandleTable } from './handles.js';
import { Group } from './layout.js';
import { ThreadObject } from './objects.js';
import type { Waiters } from './waiters.js';

interface Needs extends Pick<Core, 'process' | 'layout' | 'codec'> {
  readonly handles: HandleTable;
  readonly waiters: Waiters;
}

export const ThreadRight = {
  TERMINATE: 1,
  SUSPEND_RESUME: 2,
  GET_CONTEXT: 8,
  SET_CONTEXT: 16,
  SET_INFORMATION: 0x20,
  QUERY_INFORMATION: 0x40,
  SET_LIMITED_INFORMATION: 0x400,
  QUERY_LIMITED_INFORMATION: 0x800,
} as const;
const MAXIMUM_SUSPEND_COUNT = 127;
const EXCEPTION_REQUEST = 0x40000000;
const EXCEPTION_REPORTING = 0x80000000;
const SERVICE_ACTIVE = 0x10000000;

export class Suspension {
  /** Win32 code of the last call that failed. */
  error = 0;

  constructor(private readonly os: Needs) {}

  private fail<T>(error: number, result: T): T {
    this.error = error;
    return result;
  }

  /** The thread that `handle` names, if it has the right. */
  target(caller: Thread, handle: number, right: number): ThreadObject | undefined {
    const entry = this.os.handles.resolve(caller, handle);
    if (!entry || !(entry.object instanceof ThreadObject)) return this.fail(ErrorCode.INVALID_HANDLE, undefined);
    // The right to ask for everything is one to ask for a part.
    let { access } = entry;
    if (access & ThreadRight.QUERY_INFORMATION) access |= ThreadRight.QUERY_LIMITED_INFORMATION;
    if (access & ThreadRight.SET_INFORMATION) access |= ThreadRight.SET_LIMITED_INFORMATION;
    if ((access & right) !== right) return this.fail(ErrorCode.ACCESS_DENIED, undefined);
    return entry.object;
  }

  /** The previous count; -1 = failed. */
  suspend(caller: Thread, handle: number): number {
    const object = this.target(caller, handle, ThreadRight.SUSPEND_RESUME);
    if (!object) return -1;
    if (object.ended) return this.fail(ErrorCode.ACCESS_DENIED, -1);
    const { thread } = object;
    if (thread.suspendCount >= MAXIMUM_SUSPEND_COUNT) return this.fail(ErrorCode.SIGNAL_REFUSED, -1);
    this.os.process.reschedule = true;
    return thread.suspendCount++;
  }

  resume(caller: Thread, handle: number): number {
    const object = this.target(caller, handle, ThreadRight.SUSPEND_RESUME);
    if (!object) return -1;
    const { thread } = object;
    if (object.ended || thread.suspendCount === 0) return 0;
    this.os.process.reschedule = true;
    const before = thread.suspendCount--;
    if (before === 1) this.os.waiters.resumed(thread);
    return before;
  }

  /** The groups that ContextFlags asks for. Undefined: it lacks the CPU's bit, or wants what this CPU has not. */
  private groups(flags: number): number | undefined {
    const { base } = this.os.layout.context;
    if ((flags & base) !== base) return this.fail(ErrorCode.INVALID_PARAMETER, undefined);
    return flags & Group.XSTATE ? this.fail(ErrorCode.NOT_SUPPORTED, undefined) : flags & 0xff;
  }

  /** Fill the CONTEXT in `bytes`, which holds what the caller's buffer held: only the groups asked for change. */
  get(caller: Thread, handle: number, bytes: Uint8Array): boolean {
    const object = this.target(caller, handle, ThreadRight.GET_CONTEXT);
    if (!object) return false;
    if (object.ended) return this.fail(ErrorCode.GEN_FAILURE, false);
    const buffer = new ContextBuffer(bytes);
    const { view } = buffer;
    const at = this.os.layout.context.flags;
    const flags = view.getUint32(at, true);
    const groups = this.groups(flags);
    if (groups === undefined) return false;
    this.os.process.withThread(object.thread, () => this.os.codec.fill(buffer, 0, groups));
    if (flags & EXCEPTION_REQUEST) {
      const service = object.thread.state === 'blocked' ? SERVICE_ACTIVE : 0;
      view.setUint32(at, flags | EXCEPTION_REPORTING | service, true);
    }
    return true;
  }

  set(caller: Thread, handle: number, bytes: Uint8Array): boolean {
    const object = this.target(caller, handle, ThreadRight.SET_CONTEXT);
    if (!object) return false;
    if (object.ended) return this.fail(ErrorCode.GEN_FAILURE, false);
    const buffer = new ContextBuffer(bytes);
    const { view } = buffer;
    const groups = this.groups(view.getUint32(this.os.layout.context.flags, true));
    if (groups === undefined) return false;
    if (groups & Group.DEBUG_REGISTERS) noBreakpoints(this.os, buffer);
    const { thread } = object;
    this.os.process.withThread(thread, (registers) => {
      const [pc, call] = [registers.get(X86.rip), registers.get(X86.rsp)];
      this.os.codec.load(buffer, 0, groups);
      // The call that it stood in does not return any more.
      if (registers.get(X86.rip) !== pc || registers.get(X86.rsp) !== call)
        thread.attempts = thread.attempts.filter(({ sp }) => sp !== call);
    });
    return true;
  }
}
