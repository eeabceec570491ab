/**
 * A calling convention, in both directions. One signature language for every ABI:
 *
 *   RESULT(ARGUMENTS)   e.g. 'i(pp.)' = int f(void *, void *, ...)
 *
 *   v void   i int   u unsigned   l long   L unsigned long   p pointer   z size_t   w word
 *   q long long   Q unsigned long long   f float   d double   D long double
 *   V va_list (one argument)   . varargs follow   {iid} struct by value of these members
 *
 * Values in TypeScript: i u p z l L are numbers (l, L, z: rounded above 2^53),
 * q Q w bigint, f d D numbers, V a VarArgs reader, a struct a Uint8Array of its bytes.
 * signature.ts says the same to the compiler.
 */
import type { ConventionName } from '../cpu/cpu.js';
import type { Registers } from '../engine.js';
import type { MemoryView } from '../memory/memory-view.js';

/**
 * A pointer-sized value that the guest merely passes through us (a thread's argument, a closure): all its bits,
 * zero-extended. An address is a number, so the two don't mix.
 */
export type Word = bigint;

export type Value = number | bigint | Uint8Array | VarArgs | undefined;

/** Reads variable arguments in order, as va_arg would. */
export interface VarArgs {
  int(): number;
  unsigned(): number;
  long(): number;
  longlong(): bigint;
  ulonglong(): bigint;
  /** size_t, pointer, ptrdiff (unsigned). */
  word(): number;
  pointer(): number;
  double(): number;
  longdouble(): number;
}

export interface BoundSignature {
  readonly signature: string;
  /** At a function's first instruction: decode the named arguments; `V` ones and trailing varargs become readers. */
  arguments(registers: Registers, memory: MemoryView): Value[];
  /** Call `body` with `first` and these arguments: without garbage if there are few and all are integers in registers. */
  apply<T, R>(body: (first: T, ...args: Value[]) => R, first: T, registers: Registers, memory: MemoryView): R;
  /** Reader of the variable arguments (signature with '.'). Needs the float registers on most ABIs: calls readFloat. */
  varargs(registers: Registers, memory: MemoryView): VarArgs;
  /** Put the result where the convention wants it and return to the caller (pops the return address, callee-popped arguments). */
  returns(registers: Registers, memory: MemoryView, value: Value): void;
  /**
   * Set up a call of the guest function at `target` from the present state: moves SP below the red zone,
   * aligns it, stores arguments and `returnAddress`, sets PC. The caller saves and restores registers.
   */
  enter(registers: Registers, memory: MemoryView, target: number, args: Value[], returnAddress: number): void;
  /** After the function has returned: its result. */
  result(registers: Registers, memory: MemoryView): Value;
}

export interface Abi {
  readonly name: ConventionName;
  readonly wordSize: 4 | 8;
  /** Bytes below SP that a leaf function may use. */
  readonly redZone: number;
  readonly stackAlign: number;
  /** Register slots (cpu/registers.ts). */
  readonly pc: number;
  readonly sp: number;
  /** Cached: the same signature gives the same object. */
  bind(signature: string): BoundSignature;
}

/** Called by BoundSignature code that needs x87, SSE or NEON registers (set by the engine's owner). */
export interface FloatAccess {
  readFloat(): void;
  writeFloat(): void;
}
