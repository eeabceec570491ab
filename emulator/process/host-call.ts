/**
 * Host functions: library functions that TypeScript implements. Each has an
 * address in a gate page that cannot be fetched; the fetch fault is the call.
 * A host function runs to its end without a guest instruction of any thread,
 * unless it blocks: then it throws Blocked, and is run again from its start when
 * the wait is over. A GuestFault thrown by it (user view of memory) is delivered
 * to the guest as a fault at the gate, after which it is run again too. So it
 * must read and probe everything before its first side effect.
 */
import type { VarArgs, Value } from '../abi/abi.js';
import type { MemoryView } from '../memory/memory-view.js';
import type { Process } from './process.js';
import type { Thread } from './thread.js';

export interface HostFunction {
  name: string;
  /** Signature language of abi/abi.ts. */
  signature: string;
  /** Calling convention other than the process's own C convention. */
  convention?: 'stdcall';
  /** Arguments decoded per signature; returns the result in the same language. */
  run(call: HostCall, ...args: any[]): Value | RegistersReplaced | void;
}

/** A named set of host functions: one library of one OS (or part of one). */
export interface HostLibrary {
  /** As programs name it: 'libc.so.6', 'kernel32.dll', 'libmps' ... */
  name: string;
  functions: HostFunction[];
}

/** What a blocked thread waits for. */
export interface Wait {
  /** For people: 'mutex 0x1234', 'join thread 2', 'sleep'. */
  what: string;
  /** May the call be tried again? Polled by the scheduler; must be cheap and without side effects. */
  ready(): boolean;
  /** Virtual time at which it must be tried again whatever `ready` says. */
  deadline?: number;
}

/** Thrown many times a second as a transfer of control, so not an Error: making one records a stack, at several microseconds. */
export class Blocked {
  constructor(readonly wait: Wait) {}
}

/** Thrown (or, cheaper, returned) by a host function that has changed the thread's registers itself (sigreturn, NtContinue, longjmp, exit): no return sequence. */
export class RegistersReplaced {}

export interface HostCall {
  readonly process: Process;
  readonly thread: Thread;
  readonly fn: HostFunction;
  /** The address the function returns to. */
  readonly returnAddress: number;
  /** SP at entry (x86: points at the return address). */
  readonly sp: number;
  /** Guest memory with the guest's permissions. */
  readonly memory: MemoryView;
  /** Guest memory whatever its protection. */
  readonly supervisor: MemoryView;
  /** Reader of the variable arguments. */
  varargs(): VarArgs;
  /** Call a guest function on this thread's stack, nested; returns its result. */
  callGuest(address: number, signature: string, args: Value[], convention?: 'stdcall'): Value;
  /** Take `bytes` of this thread's stack for the duration of the call (aligned down); returns its address. */
  pushStack(bytes: number, align?: number): number;
  /** State that survives retries of this very call (created on first use, dropped when it completes). */
  attempt<T>(create: () => T): T;
  /** Throw Blocked. */
  block(wait: Wait): never;
}
