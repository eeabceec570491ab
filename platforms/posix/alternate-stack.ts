/**
 * The stack that sigaltstack gives a thread for its signal handlers: when it is in use, how it is
 * changed, what the kernels refuse. Sources: kernel/signal.c (Linux), kern/kern_sig.c (FreeBSD), bsd/kern/kern_sig.c (XNU).
 */
import type { PosixThread, SignalAction } from './posix-thread.js';
import type { ErrnoName, SignalTraits } from './traits.js';

/** stack_t. */
export interface StackDescription {
  sp: number;
  size: number;
  flags: number;
}

export function onAlternateStack({ altStack }: PosixThread, sp: number, { altStack: rules }: SignalTraits): boolean {
  if (rules.remembersUse) return altStack.inUse === true;
  if (!altStack.enabled || altStack.flags & rules.AUTODISARM) return false;
  const offset = sp - altStack.sp;
  return rules.lowestCounts ? offset >= 0 && offset < altStack.size : offset > 0 && offset <= altStack.size;
}

/** What sigaltstack says of it (and BSD frames show). */
export function describeAlternateStack(state: PosixThread, sp: number, traits: SignalTraits): StackDescription {
  const { altStack } = state;
  const { ONSTACK, DISABLE, AUTODISARM } = traits.altStack;
  const { remembersUse } = traits.altStack;
  const on = onAlternateStack(state, sp, traits) ? ONSTACK : 0;
  // The flag of one that was disabled is told too.
  const use = altStack.enabled ? on : DISABLE | (remembersUse ? on : 0);
  return { sp: altStack.sp, size: altStack.size, flags: (use | (altStack.flags & AUTODISARM)) >>> 0 };
}

/** sigaltstack's change; the error where the kernel refuses it. `sp`: of the thread now. */
export function changeAlternateStack(state: PosixThread, next: StackDescription, sp: number, traits: SignalTraits): ErrnoName | undefined {
  const { altStack: rules } = traits;
  const mode = (next.flags & ~rules.AUTODISARM) >>> 0;
  const disables = mode === rules.DISABLE;
  const on = onAlternateStack(state, sp, traits);
  const badMode = !rules.modes.includes(mode);
  if (rules.useCheckedLast) {
    if (badMode || (disables && on)) return 'EINVAL';
    if (on) return 'EPERM';
  } else {
    if (on) return 'EPERM';
    if (badMode) return 'EINVAL';
  }
  if (!disables && next.size < rules.minimum) return 'ENOMEM';
  if (disables && rules.keepsDisabled) state.altStack = { ...state.altStack, flags: next.flags, enabled: false };
  else if (disables) state.altStack = { sp: 0, size: 0, flags: next.flags, enabled: false };
  else state.altStack = { ...next, enabled: true };
  return undefined;
}

/** What sigreturn and longjmp tell a kernel that keeps its use as a flag. */
export function markAlternateStack(state: PosixThread, inUse: boolean): void {
  state.altStack = { ...state.altStack, inUse };
}

/** A frame has been pushed: SS_AUTODISARM takes the stack away until sigreturn. */
export function disarm(state: PosixThread, { altStack: { AUTODISARM, DISABLE } }: SignalTraits): void {
  if (state.altStack.flags & AUTODISARM) state.altStack = { sp: 0, size: 0, flags: DISABLE, enabled: false };
}

/** Does a frame for this action begin at the top of the alternate stack? */
export function switchesStack(state: PosixThread, sp: number, action: SignalAction, traits: SignalTraits): boolean {
  return (action.flags & traits.flags.ONSTACK) !== 0 && state.altStack.enabled && !onAlternateStack(state, sp, traits);
}
