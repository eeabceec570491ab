/**
 * The alternate stack in Linux's frames: the flags given to sigaltstack (0, whether or
 * not it is in use or exists), restored by sigreturn where they would pass sigaltstack.
 * Source: kernel/signal.c, __save_altstack and restore_altstack; observed on 6.18.
 */
import type { PosixThread } from '../posix/posix-thread.js';
import type { SignalTraits } from '../posix/traits.js';

export function restoreAlternateStack(state: PosixThread, traits: SignalTraits, sp: number, flags: number, size: number): void {
  if (flags & traits.altStack.DISABLE) state.altStack = undefined;
  else if (size >= traits.altStack.minimum) state.altStack = { sp, size };
}
