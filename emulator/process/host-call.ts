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
import type { Arguments, Result, Returned, Signature } from '../abi/signature.js';
import type { MemoryView } from '../memory/memory-view.js';
import type { ProcessCore } from './core.js';
import type { Thread } from './thread.js';
import type { Wait } from './wait.js';

const checked = Symbol('checked');

/** Made by hostFunction() alone, which checks the body against the signature. */
export interface HostFunction {
  readonly name: string;
  /** Signature language of abi/abi.ts. */
  readonly signature: string;
  /** Calling convention other than the process's own C convention. */
  readonly convention: 'stdcall' | undefined;
  /** Arguments decoded per signature; returns the result in the same language. */
  readonly run: (call: HostCall, ...args: Value[]) => Value | RegistersReplaced | void;
  readonly [checked]: true;
}

/** What stands behind a signature. Arguments that it doesn't look at may be left out at the end. */
export type HostBody<S extends string> = (call: CallOf<S>, ...args: Arguments<S>) => Returned<S> | RegistersReplaced;

/** Variable arguments can be read where the signature has some. */
export type CallOf<S extends string> = S extends `${string}.)` ? VariadicCall : HostCall;

export function hostFunction<const S extends string>(
  name: string,
  signature: Signature<S>,
  run: HostBody<S>,
  convention?: 'stdcall',
): HostFunction {
  return { name, signature, convention, run: run as HostFunction['run'], [checked]: true };
}

/** A named set of host functions: one library of one OS (or part of one). */
export interface HostLibrary {
  /** As programs name it: 'libc.so.6', 'kernel32.dll', 'libmps' ... */
  name: string;
  functions: HostFunction[];
  /** Functions that the guest's own part of the library has, to be looked at while somebody listens (Process.probe). */
  probes?: HostFunction[];
  /** The guest's own part is in memory: `address` says where its functions are, undefined if the program has it not. */
  loaded?: (address: (name: string) => number | undefined) => void;
}

/** Thrown many times a second as a transfer of control, so not an Error: making one records a stack, at several microseconds. */
export class Blocked {
  readonly kind = 'blocked';
  constructor(readonly wait: Wait) {}
}

/** Thrown (or, cheaper, returned) by a host function that has changed the thread's registers itself (sigreturn, NtContinue, longjmp, exit): no return sequence. */
export class RegistersReplaced {
  readonly kind = 'replaced';
}

export interface HostCall {
  readonly process: ProcessCore;
  readonly thread: Thread;
  readonly fn: HostFunction;
  /** The address the function returns to. */
  readonly returnAddress: number;
  /** SP at entry (x86: points at the return address). */
  readonly sp: number;
  /** The program has just called; else the call is taken up again: after a wait, a fault, a handler. */
  readonly isNew: boolean;
  /** Guest memory with the guest's permissions. */
  readonly memory: MemoryView;
  /** Guest memory whatever its protection. */
  readonly supervisor: MemoryView;
  /** Call a guest function on this thread's stack, nested; returns its result. */
  callGuest<const S extends string>(address: number, signature: Signature<S>, args: Arguments<S>, convention?: 'stdcall'): Result<S>;
  /** Take `bytes` of this thread's stack for the duration of the call (aligned down); returns its address. */
  pushStack(bytes: number, align?: number): number;
  /** State that survives retries of this very call (created on first use, dropped when it completes). */
  attempt<T>(create: () => T): T;
  /** That state, if this call has left some; undefined: it is not a retry, or left none. */
  attempted<T>(): T | undefined;
  /** Throw Blocked. */
  block(wait: Wait): never;
}

/** A call of a function with variable arguments. */
export interface VariadicCall extends HostCall {
  varargs(): VarArgs;
}
