/**
 * The C libraries' signal calls, thin over those of the kernels (signal-calls.ts): what a library copies itself is read and
 * written with the program's permissions, the rest is the kernel's. Sources: POSIX.1-2017, XSH; glibc 2.36, libthr and libc, Libc and libplatform.
 */
import { hostFunction, RegistersReplaced, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import type { Thread } from '../../emulator/process/thread.js';
import { posixThread } from './posix-thread.js';
import type { SignalCalls } from './signal-calls.js';
import { add, emptySet, has, readSet, remove, setOf, writeSet, type SignalSet } from './signal-set.js';
import { calledDirectly, copyOut, fail, libraryResult, systemCall, type PosixSystem } from './system.js';

/** SIG_ERR as an argument. */
const SIG_ERR_ARGUMENT = (wordSize: 4 | 8): number => (wordSize === 4 ? 0xffffffff : 2 ** 64);

export class SignalFunctions {
  constructor(
    private readonly system: PosixSystem,
    /** What the C library passes as sa_restorer; 0: nothing. */
    private readonly restorer = 0,
  ) {}

  /** Signals whose handlers siginterrupt lets cut calls short. */
  private readonly interrupting = new Set<number>();

  private get traits() {
    return this.system.traits.signals;
  }

  private get calls(): SignalCalls {
    return this.system.signalCalls;
  }

  private read(call: HostCall, address: number): SignalSet {
    return readSet(call.memory, address, this.traits.kernel.setBytes);
  }

  private write(call: HostCall, address: number, set: SignalSet): void {
    writeSet(call.memory, address, this.traits.kernel.setBytes, set);
  }

  private sigaction(call: HostCall, signal: number, wanted: number, old: number): number {
    const { system, traits, calls } = this;
    const { sigaction: layout, reserved, library } = traits;
    if (reserved.includes(signal)) return fail(system, 'EINVAL');
    const next = wanted !== 0 ? { ...calls.readAction(wanted, layout), ...this.own(call.memory.u32(wanted + layout.flags)) } : undefined;
    const refused = calls.refuseAction(signal, next);
    if (refused !== 0) return libraryResult(system, refused);
    const before = system.signals.actions[signal];
    if (old !== 0) {
      const give = (): void => {
        call.memory.fill(old, layout.size, 0);
        calls.writeAction(old, layout, before);
      };
      // A library that gives it itself does so last: the fault that this would be must come before any change here.
      if (library.oldAction) give();
      else if (copyOut(system, give) !== 0) return fail(system, 'EFAULT');
    }
    if (next) calls.setAction(signal, next);
    return 0;
  }

  /** What the C library adds to an action: its restorer. */
  private own(flags: number): { flags: number; restorer: number } {
    const { restorer } = this;
    return { flags: (restorer !== 0 ? flags | this.traits.flags.RESTORER : flags) >>> 0, restorer };
  }

  /** sigaction(2) by the C library; 0 or an errno number negated. */
  install(signal: number, handler: number, flags: number, mask: SignalSet): number {
    const next = { handler, mask, ...this.own(flags) };
    const refused = this.calls.refuseAction(signal, next);
    if (refused === 0) this.calls.setAction(signal, next);
    return refused;
  }

  private signal(signal: number, handler: number): number {
    const { system, traits } = this;
    const before = system.signals.actions[signal]?.handler;
    const flags = this.interrupting.has(signal) ? 0 : traits.flags.RESTART;
    const mask = traits.library.signalMasksItself && this.calls.valid(signal) ? setOf(signal) : emptySet();
    const refused =
      traits.reserved.includes(signal) || handler === SIG_ERR_ARGUMENT(system.traits.wordSize)
        ? -system.traits.errno.EINVAL
        : this.install(signal, handler, flags, mask);
    return refused === 0 ? before : libraryResult(system, refused);
  }

  /** sigprocmask and pthread_sigmask: 0 or an errno number negated. */
  private changeMask(call: HostCall, how: number, wanted: number, old: number, threads: readonly Thread[]): number {
    const { system, traits, calls } = this;
    const { thread } = call;
    const kernels = traits.library.unblockedSetIsKernels && how === traits.how.UNBLOCK;
    if (!traits.library.newMask || wanted === 0 || kernels)
      return systemCall(system, () => calls.sigprocmask(thread, how, wanted, old, threads));
    // The library takes its own signals out of a copy of the set.
    const set = this.read(call, wanted);
    for (const signal of traits.reserved) remove(set, signal);
    const before = posixThread(thread).mask.slice();
    const refused = calls.changeMask(threads, how, set);
    return refused !== 0 || old === 0 ? refused : calls.giveSet(old, before, traits.kernel.setBytes);
  }

  /** Wait with another mask until a handler has run. */
  suspend(call: HostCall, mask: SignalSet): never | -1 {
    const { signals } = this.system;
    const { thread } = call;
    const state = posixThread(thread);
    if (signals.wasInterrupted(call)) return fail(this.system, 'EINTR');
    if (state.suspendedMask === undefined) {
      state.suspendedMask = state.mask.slice();
      signals.setMask(thread, mask);
    }
    if (signals.hasDeliverable(thread)) {
      signals.noteInterrupted(thread);
      signals.deliver(thread);
      throw new RegistersReplaced();
    }
    return call.block({ kind: 'interruptible', by: 'any', what: 'a signal (sigsuspend)', on: [], ready: () => false });
  }

  /** A sending call has been made: signals that the caller may take, it takes before its next instruction. */
  private sent(call: HostCall, result: number): number {
    return result === 0 ? this.system.signals.complete(call, 0) : libraryResult(this.system, result);
  }

  private raise(call: HostCall, signal: number): number {
    const { reserved, library } = this.traits;
    if (library.raiseSparesReserved && reserved.includes(signal)) return fail(this.system, 'EINVAL');
    return this.sent(call, this.calls.killThread(call.thread, signal));
  }

  /** SIGABRT whatever the mask; if a handler returns, once more with the default action. */
  private abort(call: HostCall): never {
    const { signals, traits, pid } = this.system;
    const { thread } = call;
    const signal = traits.signals.numbers.SIGABRT;
    const tried = call.attempt(() => ({ once: false }));
    const { handler } = signals.actions[signal];
    if (tried.once || handler <= 1) signals.kill(thread, { signal, code: traits.signals.codes.THREAD, about: 'abort() was called' });
    tried.once = true;
    remove(posixThread(thread).mask, signal);
    // The handler returns to this very call.
    signals.force(thread, { signal, code: traits.signals.codes.THREAD, pid });
    throw new RegistersReplaced();
  }

  /** 0 or an error number. */
  private sigwait(call: HostCall, set: number, result: number): number {
    const { system, traits } = this;
    const { signals } = system;
    const { library } = traits;
    const wanted = this.set(call, set, library.waitSet);
    if (typeof wanted === 'number') return -wanted;
    for (const name of ['SIGKILL', 'SIGSTOP']) remove(wanted, traits.numbers[name]);
    if (system.traits.os === 'macos' && wanted.every((word) => word === 0)) return system.traits.errno.EINVAL;
    if (library.waitResult) call.memory.setU32(result, call.memory.u32(result));
    const taken = signals.accept(call.thread, wanted);
    if (!taken) {
      const ready = (): boolean => signals.pendingFor(call.thread).some((word, i) => (word & wanted[i]) !== 0);
      return call.block({ what: 'a signal (sigwait)', ready });
    }
    const give = (): void => call.memory.setU32(result, taken.signal);
    if (!library.waitResult) return -copyOut(system, give);
    give();
    return 0;
  }

  private sigsuspend(call: HostCall, set: number): number {
    const { library } = this.traits;
    const wanted = set === 0 && library.suspendsWithoutSet ? emptySet() : this.set(call, set, library.suspendSet);
    return typeof wanted === 'number' ? libraryResult(this.system, wanted) : this.suspend(call, wanted);
  }

  /** The set to wait with or for, read by the library or by the kernel (an errno number negated). */
  private set(call: HostCall, address: number, byLibrary: boolean): SignalSet | number {
    const read = (): SignalSet => this.read(call, address);
    return byLibrary ? read() : systemCall(this.system, read);
  }

  list(): HostFunction[] {
    const { system, calls, traits } = this;
    const { signals } = system;
    const size = traits.sigset.size;
    const member = (name: string, change: (set: SignalSet, signal: number) => number): HostFunction =>
      hostFunction(name, 'i(pi)', (call, address, signal) => {
        const spared = traits.library.changesSpareReserved && name !== 'sigismember' && traits.reserved.includes(signal);
        if (!calls.valid(signal) || spared) return fail(system, 'EINVAL');
        const set = this.read(call, address);
        const result = change(set, signal);
        if (name !== 'sigismember') this.write(call, address, set);
        return result;
      });
    return [
      hostFunction('sigaction', 'i(ipp)', (call, signal, wanted, old) => this.sigaction(call, signal, wanted, old)),
      hostFunction('signal', 'p(ip)', (_call, signal, handler) => this.signal(signal, handler)),
      hostFunction('sigprocmask', 'i(ipp)', (call, how, wanted, old) =>
        this.sent(call, this.changeMask(call, how, wanted, old, calls.maskedTogether(call.thread))),
      ),
      hostFunction('pthread_sigmask', 'i(ipp)', (call, how, wanted, old) => {
        const result = this.changeMask(call, how, wanted, old, [call.thread]);
        return result === 0 ? signals.complete(call, 0) : -result;
      }),
      hostFunction('sigaltstack', 'i(pp)', (call, wanted, old) =>
        calledDirectly(system, () => calls.sigaltstack(call.thread, wanted, old)),
      ),
      hostFunction('sigsuspend', 'i(p)', (call, set) => this.sigsuspend(call, set)),
      hostFunction('pause', 'i()', (call) => this.suspend(call, posixThread(call.thread).mask)),
      hostFunction('sigpending', 'i(p)', (call, set) => calledDirectly(system, () => calls.sigpending(call.thread, set))),
      hostFunction('sigwait', 'i(pp)', (call, set, result) => this.sigwait(call, set, result)),
      hostFunction('kill', 'i(ii)', (call, pid, signal) => this.sent(call, calls.kill(pid, signal))),
      hostFunction('raise', 'i(i)', (call, signal) => this.raise(call, signal)),
      hostFunction('abort', 'v()', (call) => this.abort(call)),
      hostFunction('sigemptyset', 'i(p)', (call, set) => (call.memory.fill(set, size, 0), 0)),
      hostFunction('sigfillset', 'i(p)', (call, set) => this.fillSet(call, set, size)),
      member('sigaddset', (set, signal) => (add(set, signal), 0)),
      member('sigdelset', (set, signal) => (remove(set, signal), 0)),
      member('sigismember', (set, signal) => (has(set, signal) ? 1 : 0)),
      hostFunction('siginterrupt', 'i(ii)', (_call, signal, interrupts) => this.siginterrupt(signal, interrupts !== 0)),
    ];
  }

  /** sigaction of all but SA_RESTART, and what signal() does from now on. */
  private siginterrupt(signal: number, interrupts: boolean): number {
    const { system, traits } = this;
    if (!this.calls.valid(signal) || traits.reserved.includes(signal)) return fail(system, 'EINVAL');
    if (interrupts) this.interrupting.add(signal);
    else this.interrupting.delete(signal);
    const { handler, flags, mask } = system.signals.actions[signal];
    const { RESTART } = traits.flags;
    return libraryResult(system, this.install(signal, handler, interrupts ? flags & ~RESTART : flags | RESTART, mask));
  }

  private fillSet(call: HostCall, address: number, size: number): number {
    const { reserved, library } = this.traits;
    call.memory.fill(address, size, 0xff);
    if (!library.fillSparesReserved) return 0;
    const set = this.read(call, address);
    for (const signal of reserved) remove(set, signal);
    this.write(call, address, set);
    return 0;
  }
}
