/**
 * Calls of the kernel that wait. The call says what for, how it goes on then, and what becomes of it when a signal
 * handler runs meanwhile; how it was made (an instruction, a function of the C library) is not its affair.
 * Source: signal(7), "Interruption of system calls and library functions by signal handlers".
 */
import type { HostCall } from '../../emulator/process/host-call.js';
import type { PlainWait } from '../../emulator/process/wait.js';
import { systemCall, type PosixSystem } from './system.js';

export interface Waiting {
  readonly wait: PlainWait;
  /** The wait is over: the result, or what else to wait for. */
  resume(): number | Waiting;
  /** A handler that was installed with SA_RESTART has the call made anew; else, and after any other, it is EINTR. 'always': any handler has. */
  readonly restarts: boolean | 'always';
  /** A handler has ended the wait: the result (EINTR, unless there is more to say) where the call is not made anew. */
  interrupted?(): number;
  /** The call is about to be made anew: this wait is over. */
  abandoned?(): void;
}

export type Progress = number | Waiting;

export const isWaiting = (progress: Progress): progress is Waiting => typeof progress === 'object';

/** The result of a call that a handler has ended. */
export function interruption(system: PosixSystem, waiting: Waiting): number {
  const { interrupted } = waiting;
  return interrupted ? systemCall(system, () => interrupted()) : -system.traits.errno.EINTR;
}

/** Make the call from a function of the C library: 0 or more, or an errno number negated. */
export function waitInLibrary(system: PosixSystem, call: HostCall, begin: () => Progress): number {
  const before = call.attempted<{ waiting: Waiting }>();
  if (before && system.signals.wasInterrupted(call)) return interruption(system, before.waiting);
  const progress = systemCall(system, () => (before ? before.waiting.resume() : begin()));
  if (!isWaiting(progress)) return progress;
  if (before) before.waiting = progress;
  else call.attempt(() => ({ waiting: progress }));
  if (progress.restarts === 'always') return call.block(progress.wait);
  return call.block({ ...progress.wait, kind: 'interruptible', by: progress.restarts ? 'without-restart' : 'any' });
}
