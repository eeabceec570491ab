/**
 * Asynchronous procedure calls: queued to a thread, run by it when it waits alertably, tests for them or begins, by
 * KiUserApcDispatcher in ntdll.dll, which goes back to what was interrupted by NtContinue. That lets the next one run.
 */
import { X86 } from '../../emulator/cpu/registers.js';
import type { HostCall, HostFunction, RegistersReplaced } from '../../emulator/process/host-call.js';
import type { Thread } from '../../emulator/process/thread.js';
import { FALSE, TRUE, win32 } from './call.js';
import type { Core } from './core.js';
import { ErrorCode } from './error-codes.js';
import type { Exceptions } from './exceptions.js';
import type { LastError } from './last-error.js';
import type { Ntdll } from './ntdll.js';
import { ThreadRight, type Suspension } from './suspension.js';
import { windowsThread } from './windows-thread.js';

/** What an alertable wait returns that has been ended by one (STATUS_USER_APC). */
export const WAIT_IO_COMPLETION = 0xc0;

export class Apcs {
  constructor(private readonly os: Pick<Core, 'process' | 'layout'> & { readonly exceptions: Exceptions; readonly ntdll: Ntdll }) {}

  pending(thread: Thread): boolean {
    return windowsThread(thread).apcs.length > 0;
  }

  /** The oldest one runs next, from the state that the registers have now. */
  deliver(thread: Thread): void {
    const apc = windowsThread(thread).apcs.shift();
    if (apc) this.os.exceptions.pushApc(thread, this.os.ntdll.apcDispatch, [BigInt(apc.routine), apc.data, 0n]);
  }

  /** `call` returns `result` once what is pending has run. `bytes`: of its arguments, which a stdcall function takes off the stack. */
  returnThrough(call: HostCall, result: number, bytes: number): RegistersReplaced {
    const { process, layout, exceptions } = this.os;
    const { thread, sp, returnAddress } = call;
    const registers = process.registers(thread);
    registers.set(X86.rax, result);
    registers.set(X86.rip, returnAddress);
    registers.set(X86.rsp, sp + layout.wordSize + (layout.wordSize === 4 ? bytes : 0));
    // What the call has kept for its retries goes with it.
    thread.attempts = thread.attempts.filter((attempt) => attempt.sp !== sp);
    this.deliver(thread);
    return exceptions.leave();
  }
}

interface Needs extends Pick<Core, 'process'> {
  readonly apcs: Apcs;
  readonly lastError: LastError;
  readonly suspension: Suspension;
}

export function apcCalls(os: Needs): HostFunction[] {
  return [
    win32('QueueUserAPC', 'u(piw)', (call, routine, handle, data) => {
      const target = os.suspension.target(call.thread, handle, ThreadRight.SET_CONTEXT);
      if (!target || target.ended) {
        os.lastError.set(call.thread, target ? ErrorCode.GEN_FAILURE : os.suspension.error);
        return FALSE;
      }
      const { apcs } = windowsThread(target.thread);
      apcs.push({ routine, data });
      call.process.changed(apcs);
      return TRUE;
    }),
  ];
}

/** The kernel's part. */
export function kernelApcCalls(os: Needs): HostFunction[] {
  return [win32('NtTestAlert', 'i()', (call) => (os.apcs.pending(call.thread) ? os.apcs.returnThrough(call, 0, 0) : 0))];
}
