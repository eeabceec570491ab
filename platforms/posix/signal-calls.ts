/**
 * The signal calls of the three kernels: what system calls do, and the C libraries' functions
 * through them. Results are 0 or an errno number negated; memory that the program may not
 * use raises GuestFault, which is EFAULT (systemCall). Where the kernels differ they hand in data.
 * Sources: kernel/signal.c (Linux), sys/kern/kern_sig.c and kern_thr.c (FreeBSD), bsd/kern/kern_sig.c (XNU); Linux compared by running.
 */
import type { Thread } from '../../emulator/process/thread.js';
import { changeAlternateStack, describeAlternateStack } from './alternate-stack.js';
import { posixThread, type SignalAction } from './posix-thread.js';
import { exclude, include, readSet, remove, writeSet, type SignalSet } from './signal-set.js';
import { SIG_DFL, SIG_IGN, type Signals } from './signals.js';
import { copyOut, type PosixCore } from './system.js';
import type { ActionLayout } from './traits.js';

export class SignalCalls {
  constructor(private readonly system: PosixCore & { readonly signals: Signals }) {}

  private get traits() {
    return this.system.traits.signals;
  }

  private get errno() {
    return this.system.traits.errno;
  }

  valid(signal: number): boolean {
    return signal >= 1 && signal <= this.traits.limit;
  }

  // Actions

  /** Why the kernel refuses this action (undefined: the question for the present one); 0: it does not. */
  refuseAction(signal: number, next: SignalAction | undefined): number {
    const { numbers, kernel } = this.traits;
    const invalid = -this.errno.EINVAL;
    if (!this.valid(signal)) return invalid;
    if (signal === numbers.SIGKILL || signal === numbers.SIGSTOP) {
      if (kernel.fixedActions === 'not even asked for') return invalid;
      if (next && (kernel.fixedActions === 'never set' || next.handler !== SIG_DFL)) return invalid;
    }
    const handled = next !== undefined && next.handler !== SIG_DFL && next.handler !== SIG_IGN;
    return handled && kernel.unknownFlags === 'EINVAL' && next.flags & ~kernel.knownFlags ? invalid : 0;
  }

  setAction(signal: number, { handler, flags, mask, restorer }: SignalAction): void {
    const { numbers, kernel } = this.traits;
    const dropped = signal === numbers.SIGCHLD ? 0 : kernel.childFlags;
    const kept = mask.slice();
    remove(kept, numbers.SIGKILL);
    remove(kept, numbers.SIGSTOP);
    this.system.signals.actions[signal] = { handler, flags: (flags & kernel.knownFlags & ~dropped) >>> 0, mask: kept, restorer };
    this.system.signals.discardIgnored(signal);
  }

  /** `wanted` and `old`: addresses of the kernel's struct sigaction, or 0. */
  sigaction(signal: number, wanted: number, old: number): number {
    const { kernel } = this.traits;
    const { signals } = this.system;
    const oldFirst = kernel.oldFirst;
    if (oldFirst && this.refuseAction(signal, undefined) !== 0) return this.refuseAction(signal, undefined);
    const next = wanted !== 0 ? this.readAction(wanted, kernel.action) : undefined;
    const refused = this.refuseAction(signal, next);
    if (refused !== 0) return refused;
    const before = signals.actions[signal];
    if (oldFirst && old !== 0) this.writeAction(old, kernel.oldAction, before);
    if (next) this.setAction(signal, next);
    if (!oldFirst && old !== 0) this.writeAction(old, kernel.oldAction, before);
    return 0;
  }

  readAction(address: number, layout: ActionLayout): SignalAction {
    const { user } = this.system.process;
    const flags = user.u32(address + layout.flags);
    const { RESTORER } = this.traits.flags;
    const restored = RESTORER === 0 || (flags & RESTORER) !== 0;
    return {
      handler: user.word(address + layout.handler),
      flags,
      mask: readSet(user, address + layout.mask, this.traits.kernel.setBytes),
      restorer: restored && layout.restorer !== undefined ? user.word(address + layout.restorer) : 0,
    };
  }

  writeAction(address: number, layout: ActionLayout, action: SignalAction): void {
    const { user } = this.system.process;
    user.setWord(address + layout.handler, action.handler);
    user.setU32(address + layout.flags, action.flags & ~this.traits.kernel.untoldFlags);
    if (layout.restorer !== undefined) user.setWord(address + layout.restorer, action.restorer);
    writeSet(user, address + layout.mask, this.traits.kernel.setBytes, action.mask);
  }

  // Masks

  /** sigprocmask and pthread_sigmask by value; `set` undefined: no change. */
  changeMask(threads: readonly Thread[], how: number, set: SignalSet | undefined): number {
    if (!set) return 0;
    const { BLOCK, UNBLOCK, SETMASK } = this.traits.how;
    if (how !== BLOCK && how !== UNBLOCK && how !== SETMASK) return -this.errno.EINVAL;
    for (const thread of threads) {
      const next = posixThread(thread).mask.slice();
      if (how === BLOCK) include(next, set);
      else if (how === UNBLOCK) exclude(next, set);
      else next.set(set);
      this.system.signals.setMask(thread, next);
    }
    return 0;
  }

  /** `wanted` and `old`: addresses of sets, or 0. `threads`: whose mask changes. */
  sigprocmask(thread: Thread, how: number, wanted: number, old: number, threads = this.maskedTogether(thread)): number {
    const { setBytes } = this.traits.kernel;
    const before = posixThread(thread).mask.slice();
    const set = wanted !== 0 ? readSet(this.system.process.user, wanted, setBytes) : undefined;
    const refused = this.changeMask(threads, how, set);
    return refused !== 0 || old === 0 ? refused : this.giveSet(old, before, setBytes);
  }

  /** XNU's sigprocmask changes every thread of the process (pthread_sigmask does not). */
  maskedTogether(thread: Thread): readonly Thread[] {
    return this.traits.kernel.maskIsOfProcess ? this.system.process.threads.filter((t) => t.state !== 'ended') : [thread];
  }

  /** Copy a set out. XNU does not look whether that worked. */
  giveSet(address: number, set: SignalSet, bytes: number): number {
    const result = copyOut(this.system, () => writeSet(this.system.process.user, address, bytes, set));
    return this.traits.kernel.ignoresBadSets ? 0 : result;
  }

  sigpending(thread: Thread, address: number, bytes: number = this.traits.kernel.setBytes): number {
    const { mask } = posixThread(thread);
    const pending = this.system.signals.pendingFor(thread);
    return this.giveSet(address, this.traits.kernel.pendingBlocked ? pending.map((word, i) => word & mask[i]) : pending, bytes);
  }

  /** sigsuspend by instruction. Only a handler ends it, so its result can be set before it waits. */
  sigsuspend(thread: Thread, set: SignalSet): number {
    const { signals, process } = this.system;
    const state = posixThread(thread);
    state.suspendedMask = state.mask.slice();
    signals.setMask(thread, set);
    if (!signals.hasDeliverable(thread)) {
      thread.block({ what: 'a signal (sigsuspend)', on: [], ready: () => false });
      process.reschedule = true;
    }
    return -this.errno.EINTR;
  }

  // The alternate stack

  /** `wanted` and `old`: addresses of stack_t, or 0. */
  sigaltstack(thread: Thread, wanted: number, old: number): number {
    const { process } = this.system;
    const { user } = process;
    const { stack, kernel } = this.traits;
    const state = posixThread(thread);
    const sp = process.registers(thread).get(process.abi.sp);
    const before = describeAlternateStack(state, sp, this.traits);
    const give = (): void => {
      if (old === 0) return;
      user.setWord(old + stack.sp, before.sp);
      user.setU32(old + stack.flags, before.flags);
      user.setWord(old + stack.length, before.size);
    };
    if (kernel.oldFirst) give();
    if (wanted !== 0) {
      const next = { sp: user.word(wanted + stack.sp), flags: user.u32(wanted + stack.flags), size: user.word(wanted + stack.length) };
      const refused = changeAlternateStack(state, next, sp, this.traits);
      if (refused) return -this.errno[refused];
    }
    if (!kernel.oldFirst) give();
    return 0;
  }

  // Sending

  /** There is one process, alone in its group; all others (-1) are none. */
  kill(pid: number, signal: number): number {
    const { system } = this;
    const invalid = signal < 0 || signal > this.traits.limit;
    if (invalid && this.traits.kernel.numberCheckedFirst) return -this.errno.EINVAL;
    if (pid !== system.pid && pid !== 0 && pid !== -system.pid) return -this.errno.ESRCH;
    if (invalid) return -this.errno.EINVAL;
    if (signal > 0) system.signals.sendToProcess({ signal, code: this.traits.codes.USER, pid: system.pid });
    return 0;
  }

  /** tgkill, thr_kill, __pthread_kill once they have found the thread, or not. */
  killThread(target: Thread | undefined, signal: number): number {
    if (!target || target.state === 'ended') return -this.errno.ESRCH;
    if (signal < 0 || signal > this.traits.limit) return -this.errno.EINVAL;
    const info = { signal, code: this.traits.codes.THREAD, pid: this.system.pid };
    return signal > 0 && !this.system.signals.sendToThread(target, info) ? -this.errno.EAGAIN : 0;
  }

  /** A thread by the kernel's number for it. */
  thread(tid: number): Thread | undefined {
    return this.system.process.threads.find((thread) => posixThread(thread).tid === tid);
  }
}
