/**
 * Asynchronous procedure calls: queued to a thread, run by it when it waits alertably, tests for them or begins, by
 * KiUserApcDispatcher in ntdll.dll, which goes back to what was interrupted by NtContinue. That lets the next one run.
 */
import type { Word } from '../../emulator/abi/abi.js';
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
import type { Waiters } from './waiters.js';
import { windowsThread, type Apc } from './windows-thread.js';

/** What an alertable wait returns that has been ended by one (STATUS_USER_APC). */
export const WAIT_IO_COMPLETION = 0xc0;

export class Apcs {
  constructor(
    private readonly os: Pick<Core, 'process' | 'layout'> & {
      readonly exceptions: Exceptions;
      readonly ntdll: Ntdll;
      readonly waiters: Waiters;
    },
  ) {}

  pending(thread: Thread): boolean {
    return windowsThread(thread).apcs.length > 0;
  }

  queue(thread: Thread, apc: Apc): void {
    const { apcs } = windowsThread(thread);
    apcs.push(apc);
    this.os.process.changed(apcs);
    this.os.waiters.alert(thread);
  }

  queued(thread: Thread, apc: Apc): boolean {
    return windowsThread(thread).apcs.includes(apc);
  }

  /** One that has been queued runs no more, if it has not begun. */
  cancel(thread: Thread, apc: Apc): void {
    const { apcs } = windowsThread(thread);
    const place = apcs.indexOf(apc);
    if (place >= 0) apcs.splice(place, 1);
  }

  /** A user's: QueueUserAPC's function takes one argument, which a routine in ntdll.dll gives it. */
  queueUser(thread: Thread, routine: number, data: Word): void {
    this.queue(thread, { routine: this.os.ntdll.apcDispatch, args: [BigInt(routine), data, 0n] });
  }

  /** The oldest one runs next, from the state that the registers have now. */
  deliver(thread: Thread): void {
    const apc = windowsThread(thread).apcs.shift();
    if (apc) this.os.exceptions.pushApc(thread, apc.routine, apc.args);
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
      os.apcs.queueUser(target.thread, routine, data);
      return TRUE;
    }),
  ];
}

/** The kernel's part. */
export function kernelApcCalls(os: Needs): HostFunction[] {
  return [win32('NtTestAlert', 'i()', (call) => (os.apcs.pending(call.thread) ? os.apcs.returnThrough(call, 0, 0) : 0))];
}
