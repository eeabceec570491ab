/** The C library's signal calls: sigaction, sigprocmask, sigaltstack, sigsuspend, kill, raise and their kin. Source: POSIX.1-2017, XSH. */
import { hostFunction, RegistersReplaced, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import type { Thread } from '../../emulator/process/thread.js';
import { posixThread } from './posix-thread.js';
import { onAlternateStack } from './signal-frames.js';
import { add, emptySet, exclude, has, include, readSet, remove, writeSet, type SignalSet } from './signal-set.js';
import type { InterruptibleWait } from './signals.js';
import { fail, type PosixSystem } from './system.js';

const SIG_ERR = -1;

export class SignalFunctions {
  constructor(
    private readonly system: PosixSystem,
    /** What the C library passes as sa_restorer; 0: nothing. */
    private readonly restorer = 0,
  ) {}

  private valid(signal: number): boolean {
    return signal >= 1 && signal <= this.system.traits.signals.limit;
  }

  private setBytes(): number {
    return Math.min(this.system.traits.signals.sigset.size, this.system.traits.signals.limit > 64 ? 16 : 8);
  }

  private read(call: HostCall, address: number): SignalSet {
    return readSet(call.memory, address, this.setBytes());
  }

  private write(call: HostCall, address: number, set: SignalSet): void {
    writeSet(call.memory, address, this.setBytes(), set);
  }

  private sigaction(call: HostCall, signal: number, wanted: number, old: number): number {
    const { signals: traits } = this.system.traits;
    const { numbers, sigaction: layout } = traits;
    if (!this.valid(signal) || traits.reserved.includes(signal)) return fail(this.system, 'EINVAL');
    if (wanted !== 0 && (signal === numbers.SIGKILL || signal === numbers.SIGSTOP)) return fail(this.system, 'EINVAL');
    const action = this.system.signals.actions[signal];
    const { memory } = call;
    const next = wanted !== 0 && {
      handler: memory.word(wanted + layout.handler),
      flags: memory.u32(wanted + layout.flags),
      mask: this.read(call, wanted + layout.mask),
    };
    if (old !== 0) {
      memory.fill(old, layout.size, 0);
      memory.setWord(old + layout.handler, action.handler);
      memory.setU32(old + layout.flags, action.flags);
      this.write(call, old + layout.mask, action.mask);
      if (layout.restorer !== undefined) memory.setWord(old + layout.restorer, action.restorer);
    }
    if (next) this.install(signal, next.handler, next.flags, next.mask);
    return 0;
  }

  /** sigaction(2) by the C library, which adds its own restorer where the OS has one. */
  install(signal: number, handler: number, flags: number, mask: SignalSet): void {
    this.system.signals.actions[signal] = { handler, flags: flags >>> 0, mask, restorer: this.restorer };
    this.system.signals.discardIgnored(signal);
  }

  private signal(signal: number, handler: number): number {
    const { traits, signals } = this.system;
    const { numbers } = traits.signals;
    if (!this.valid(signal) || signal === numbers.SIGKILL || signal === numbers.SIGSTOP) {
      fail(this.system, 'EINVAL');
      return SIG_ERR;
    }
    const old = signals.actions[signal].handler;
    this.install(signal, handler, traits.signals.flags.RESTART, emptySet());
    return old;
  }

  /** sigprocmask and pthread_sigmask; 0 or an error number. */
  private changeMask(call: HostCall, how: number, wanted: number, old: number): number {
    const { traits, signals } = this.system;
    const { BLOCK, UNBLOCK, SETMASK } = traits.signals.how;
    const thread = call.thread as Thread;
    const { mask } = posixThread(thread);
    const set = wanted !== 0 ? this.read(call, wanted) : undefined;
    if (set && how !== BLOCK && how !== UNBLOCK && how !== SETMASK) return traits.errno.EINVAL;
    if (old !== 0) this.write(call, old, mask);
    if (set) {
      const next = mask.slice();
      if (how === BLOCK) include(next, set);
      else if (how === UNBLOCK) exclude(next, set);
      else next.set(set);
      signals.setMask(thread, next);
    }
    return 0;
  }

  private sigaltstack(call: HostCall, wanted: number, old: number): number {
    const { traits } = this.system;
    const { stack: layout, altStack: numbers } = traits.signals;
    const state = posixThread(call.thread);
    const { memory } = call;
    const on = onAlternateStack(state, call.sp);
    const next = wanted !== 0 && {
      sp: memory.word(wanted + layout.sp),
      size: memory.word(wanted + layout.length),
      flags: memory.u32(wanted + layout.flags),
    };
    if (old !== 0) {
      memory.setWord(old + layout.sp, state.altStack?.sp ?? 0);
      memory.setU32(old + layout.flags, state.altStack ? (on ? numbers.ONSTACK : 0) : numbers.DISABLE);
      memory.setWord(old + layout.length, state.altStack?.size ?? 0);
    }
    if (!next) return 0;
    if (on) return fail(this.system, 'EPERM');
    if (next.flags & numbers.DISABLE) {
      state.altStack = undefined;
      return 0;
    }
    if (next.flags & ~numbers.ONSTACK) return fail(this.system, 'EINVAL');
    if (next.size < numbers.minimum) return fail(this.system, 'ENOMEM');
    state.altStack = { sp: next.sp, size: next.size };
    return 0;
  }

  /** Wait with another mask until a handler has run. */
  suspend(call: HostCall, mask: SignalSet): never | -1 {
    const { signals } = this.system;
    const thread = call.thread as Thread;
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
    const wait: InterruptibleWait = { what: 'a signal (sigsuspend)', ready: () => false, interrupt: 'always' };
    return call.block(wait);
  }

  private kill(call: HostCall, pid: number, signal: number): number {
    const { system } = this;
    const { signals, traits } = system;
    if (signal < 0 || signal > traits.signals.limit) return fail(system, 'EINVAL');
    if (pid !== system.pid && pid !== 0 && pid !== -system.pid) return fail(system, 'ESRCH');
    if (signal === 0) return 0;
    signals.sendToProcess({ signal, code: traits.signals.codes.USER, pid: system.pid });
    return signals.complete(call, 0);
  }

  private raise(call: HostCall, signal: number): number {
    const { system } = this;
    if (!this.valid(signal)) return fail(system, 'EINVAL');
    system.signals.sendToThread(call.thread as Thread, { signal, code: system.traits.signals.codes.THREAD, pid: system.pid });
    return system.signals.complete(call, 0);
  }

  /** SIGABRT whatever the mask; if a handler returns, once more with the default action. */
  private abort(call: HostCall): never {
    const { signals, traits, pid } = this.system;
    const thread = call.thread as Thread;
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

  private sigwait(call: HostCall, set: SignalSet): number {
    const { signals } = this.system;
    const thread = call.thread as Thread;
    const taken = signals.accept(thread, set);
    if (taken) return taken.signal;
    const ready = (): boolean => signals.pendingFor(thread).some((word, i) => (word & set[i]) !== 0);
    return call.block({ what: 'a signal (sigwait)', ready });
  }

  list(): HostFunction[] {
    const { system } = this;
    const { signals, traits } = system;
    const size = traits.signals.sigset.size;
    const member = (name: string, change: (set: SignalSet, signal: number) => number): HostFunction =>
      hostFunction(name, 'i(pi)', (call, address, signal) => {
        if (!this.valid(signal)) return fail(system, 'EINVAL');
        const set = this.read(call, address);
        const result = change(set, signal);
        if (name !== 'sigismember') this.write(call, address, set);
        return result;
      });
    const mask = (name: string, failed: (error: number) => number): HostFunction =>
      hostFunction(name, 'i(ipp)', (call, how, wanted, old) => {
        const error = this.changeMask(call, how, wanted, old);
        return error === 0 ? signals.complete(call, 0) : failed(error);
      });
    return [
      hostFunction('sigaction', 'i(ipp)', (call, signal, wanted, old) => this.sigaction(call, signal, wanted, old)),
      hostFunction('signal', 'p(ip)', (_call, signal, handler) => this.signal(signal, handler)),
      mask('sigprocmask', () => fail(system, 'EINVAL')),
      mask('pthread_sigmask', (error) => error),
      hostFunction('sigaltstack', 'i(pp)', (call, wanted, old) => this.sigaltstack(call, wanted, old)),
      hostFunction('sigsuspend', 'i(p)', (call, set) => this.suspend(call, this.read(call, set))),
      hostFunction('pause', 'i()', (call) => this.suspend(call, posixThread(call.thread).mask)),
      hostFunction('sigpending', 'i(p)', (call, set) => {
        const pending = signals.pendingFor(call.thread as Thread);
        const { mask: blocked } = posixThread(call.thread);
        this.write(
          call,
          set,
          pending.map((word, i) => word & blocked[i]),
        );
        return 0;
      }),
      hostFunction('sigwait', 'i(pp)', (call, set, result) => {
        call.memory.setU32(result, 0);
        call.memory.setU32(result, this.sigwait(call, this.read(call, set)));
        return 0;
      }),
      hostFunction('kill', 'i(ii)', (call, pid, signal) => this.kill(call, pid, signal)),
      hostFunction('raise', 'i(i)', (call, signal) => this.raise(call, signal)),
      hostFunction('abort', 'v()', (call) => this.abort(call)),
      hostFunction('sigemptyset', 'i(p)', (call, set) => (call.memory.fill(set, size, 0), 0)),
      hostFunction('sigfillset', 'i(p)', (call, set) => this.fillSet(call, set, size)),
      member('sigaddset', (set, signal) => (add(set, signal), 0)),
      member('sigdelset', (set, signal) => (remove(set, signal), 0)),
      member('sigismember', (set, signal) => (has(set, signal) ? 1 : 0)),
      hostFunction('siginterrupt', 'i(ii)', (_call, signal, interrupts) => {
        if (!this.valid(signal)) return fail(system, 'EINVAL');
        const action = signals.actions[signal];
        const { RESTART } = traits.signals.flags;
        action.flags = (interrupts ? action.flags & ~RESTART : action.flags | RESTART) >>> 0;
        return 0;
      }),
    ];
  }

  /** All signals but those the C library keeps for itself. */
  private fillSet(call: HostCall, address: number, size: number): number {
    call.memory.fill(address, size, 0xff);
    const set = this.read(call, address);
    for (const signal of this.system.traits.signals.reserved) remove(set, signal);
    this.write(call, address, set);
    return 0;
  }
}
