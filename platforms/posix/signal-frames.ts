/**
 * What the signal code asks of an OS and CPU: put the interrupted state on the
 * stack as that kernel does, and say where things lie in it. linux/ and freebsd/
 * implement it, one file per frame.
 */
import type { Thread } from '../../emulator/process/thread.js';
import { switchesStack } from './alternate-stack.js';
import type { PosixThread, SignalAction, SignalInfo } from './posix-thread.js';
import type { SignalSet } from './signal-set.js';
import type { SignalTraits } from './traits.js';

/** Places in ucontext_t, and what its words are called. */
export interface ContextLayout {
  /** Bytes of ucontext_t as the C library declares it: what a handler that copies it takes. */
  ucontextSize: number;
  /** mcontext_t inside it. */
  mcontext: number;
  mcontextSize: number;
  /** Offsets of SP and PC from ucontext_t's start. */
  sp: number;
  pc: number;
  /** Name of the register in the word at `offset` of mcontext_t. */
  nameOf(offset: number): string;
}

/** Looks at memory of any kind. */
export interface StackReader {
  /** Undefined where nothing can be read. */
  word(address: number): number | undefined;
  /** Does the code at `address` begin so? */
  isCode(address: number, bytes: readonly number[]): boolean;
}

export interface SignalFrames {
  readonly context: ContextLayout;
  /**
   * Where what `context` describes lies, if PC is where a handler returns to and SP is what it is then. `read` looks at memory.
   */
  contextAt(pc: number, sp: number, read: StackReader): number | undefined;
  /**
   * Push the frame on `thread`'s stack (it is loaded on the CPU) and set its registers for the handler.
   * False: the stack can't be written.
   */
  push(thread: Thread, info: SignalInfo, action: SignalAction, savedMask: SignalSet): boolean;
}

/** Where a frame starts: below the red zone, or at the top of the alternate stack. */
export function frameStart(state: PosixThread, sp: number, action: SignalAction, traits: SignalTraits): number {
  const { altStack } = state;
  return switchesStack(state, sp, action, traits) ? altStack.sp + altStack.size : sp - traits.redZone;
}
