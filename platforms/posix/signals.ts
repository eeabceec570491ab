/**
 * Signals: who may take one, when, and what becomes of a thread that does.
 * Order of delivery, masks and the death of a process as POSIX.1-2017 (2.4) and
 * the kernels have them. A thread that isn't running gets its frame pushed at once.
 */
import { present } from '../../emulator/present.js';
import type { HostCall } from '../../emulator/process/host-call.js';
import { RegistersReplaced } from '../../emulator/process/host-call.js';
import type { Process } from '../../emulator/process/process.js';
import type { Thread } from '../../emulator/process/thread.js';
import { disarm } from './alternate-stack.js';
import { posixThread, type SignalAction, type SignalInfo } from './posix-thread.js';
import { PendingSignals } from './pending-signals.js';
import type { SignalFrames } from './signal-frames.js';
import { defaultAction, signalDescription, signalName } from './signal-numbers.js';
import { add, emptySet, has, include, setOf, type SignalSet } from './signal-set.js';
import type { SignalTraits } from './traits.js';

export const SIG_DFL = 0;
export const SIG_IGN = 1;

/** What a fault that leads to nothing costs: it must not last for ever, though no instruction is executed. */
const FAULT_UNITS = 1000;

const inWords = (about: string | (() => string)): string => (typeof about === 'string' ? about : about());

export class Signals {
  readonly actions: SignalAction[] = [];
  private readonly processPending = new PendingSignals();
  /** How many may wait for the process and its threads (RLIMIT_SIGPENDING), and what else counts as such. */
  queueLimit: () => number;
  reserved = 0;
  private queued = 0;
  /** Who hears of each signal that leaves the queue. */
  readonly onTaken: ((info: SignalInfo) => void)[] = [];
  /** Who hears that a signal's action was set. */
  readonly onActionChanged: ((signal: number) => void)[] = [];
  /** Faults on the machine's own account are served in this order before others. */
  private readonly synchronous: Set<number>;
  /** SIGKILL and SIGSTOP. */
  private readonly unmaskable: SignalSet;

  constructor(
    private readonly process: Process,
    readonly traits: SignalTraits,
    readonly frames: SignalFrames,
  ) {
    for (let signal = 0; signal <= traits.limit; signal++)
      this.actions.push({ handler: SIG_DFL, flags: traits.kernel.initialFlags, mask: emptySet(), restorer: 0 });
    this.queueLimit = () => traits.kernel.allWait ?? Infinity;
    const n = traits.numbers;
    this.unmaskable = setOf(n.SIGKILL, n.SIGSTOP);
    this.synchronous = new Set([n.SIGSEGV, n.SIGBUS, n.SIGILL, n.SIGTRAP, n.SIGFPE, n.SIGSYS]);
  }

  name(signal: number): string {
    return signalName(this.traits.numbers, signal);
  }

  setMask(thread: Thread, mask: SignalSet): void {
    const own = posixThread(thread).mask;
    if (own !== mask) own.set(mask);
    for (let i = 0; i < 4; i++) own[i] &= ~this.unmaskable[i];
  }

  /** A fault: delivered now, or the death of the process. */
  force(thread: Thread, info: SignalInfo): void {
    if (info.about !== undefined) {
      const { process } = this;
      posixThread(thread).lastFault = { about: info.about, pc: process.registers(thread).get(process.abi.pc) };
    }
    const { handler } = this.actions[info.signal];
    const held = handler === SIG_IGN || has(posixThread(thread).mask, info.signal);
    if (held && this.traits.kernel.blockedFault === 'repeats') return this.repeat(thread, info);
    if (held || handler === SIG_DFL) this.kill(thread, info);
    this.handle(thread, info);
  }

  /** The thread goes on with the instruction that faulted. Others run too: one may change what makes it fault. */
  private repeat(thread: Thread, info: SignalInfo): void {
    const { process } = this;
    if (!this.isIgnored(info.signal)) this.queue(posixThread(thread).pending, info);
    process.clock.count(FAULT_UNITS);
    process.reschedule = true;
  }

  /** False: no more may be queued, and this signal can be refused. */
  sendToThread(thread: Thread, info: SignalInfo): boolean {
    if (info.signal === this.traits.numbers.SIGKILL) this.kill(thread, info);
    const { mask, pending } = posixThread(thread);
    if (thread.state === 'ended' || (this.isIgnored(info.signal) && !has(mask, info.signal))) return true;
    if (!this.queue(pending, info)) return false;
    this.deliverToOther(thread);
    return true;
  }

  /** The same. */
  sendToProcess(info: SignalInfo): boolean {
    const { process } = this;
    const caller = process.current;
    if (info.signal === this.traits.numbers.SIGKILL) this.kill(caller ?? process.threads[0], info);
    const takes = (thread: Thread): boolean => thread.state !== 'ended' && !has(posixThread(thread).mask, info.signal);
    const target = caller && takes(caller) ? caller : process.threads.find(takes);
    if (this.isIgnored(info.signal) && target) return true;
    if (!this.queue(this.processPending, info)) return false;
    if (target) this.deliverToOther(target);
    return true;
  }

  /** May one more wait? */
  get room(): boolean {
    return this.queued + this.reserved < this.queueLimit();
  }

  /** Where there is no room, a signal with a real-time number is refused, unless kill sent it; others go without what was to be told of them. */
  private queue(pending: PendingSignals, info: SignalInfo): boolean {
    const { USER } = this.traits.codes;
    const all = this.traits.kernel.allWait !== undefined;
    if (this.room || info.timer) {
      if (pending.put(info, all) && !info.timer) this.queued++;
      return true;
    }
    if (all) {
      if (pending.putBare(info.signal)) this.queued++;
      return true;
    }
    if (info.signal > 31 && info.code !== USER) return false;
    if (!pending.has(info.signal) && pending.put({ signal: info.signal, code: USER, pid: 0 })) this.queued++;
    return true;
  }

  isIgnored(signal: number): boolean {
    const { handler } = this.actions[signal];
    return handler === SIG_IGN || (handler === SIG_DFL && defaultAction(this.traits.numbers, signal) === 'ignore');
  }

  /** The running thread takes its signals when its call returns; another one now. */
  private deliverToOther(thread: Thread): void {
    this.process.reschedule = true;
    // Who is held (thread_suspend) or waits in the kernel takes them when it goes on.
    const held = thread.suspendCount > 0 || thread.wait?.kind === 'kernel';
    if ((thread !== this.process.current || thread.state === 'blocked') && !held)
      this.process.withThread(thread, () => this.deliver(thread));
  }

  /** Forget pending signals that are now ignored. */
  discardIgnored(signal: number): void {
    if (this.isIgnored(signal)) this.forget(signal);
    for (const hear of this.onActionChanged) hear(signal);
  }

  threadEnded(thread: Thread): void {
    this.queued -= posixThread(thread).pending.clear();
  }

  /** Would it be forgotten at once? */
  ignores(signal: number, target: Thread | undefined): boolean {
    const takes = (thread: Thread): boolean => thread.state !== 'ended' && !has(posixThread(thread).mask, signal);
    return this.isIgnored(signal) && (target ? takes(target) : this.process.threads.some(takes));
  }

  /** Forget those that wait with this number; `which`: not all of them. */
  forget(signal: number, which?: (info: SignalInfo) => boolean): void {
    for (const pending of [this.processPending, ...this.process.threads.map((thread) => posixThread(thread).pending)]) {
      this.queued -= pending.forget(signal, which);
    }
  }

  /** Signals that wait for this thread (its own and the process's), as sigpending reports them. */
  pendingFor(thread: Thread): SignalSet {
    const set = emptySet();
    for (const pending of [posixThread(thread).pending, this.processPending]) pending.addTo(set);
    return set;
  }

  /** Take the first waiting signal of `set`, for sigwait. */
  accept(thread: Thread, set: SignalSet): SignalInfo | undefined {
    return this.take(thread, (signal) => has(set, signal));
  }

  hasDeliverable(thread: Thread): boolean {
    const { mask, pending } = posixThread(thread);
    const open = (signal: number): boolean => !has(mask, signal);
    return (pending.count > 0 && pending.some(open)) || (this.processPending.count > 0 && this.processPending.some(open));
  }

  private take(thread: Thread, wanted: (signal: number) => boolean): SignalInfo | undefined {
    for (const pending of [posixThread(thread).pending, this.processPending]) {
      const info = pending.take(wanted, (signal) => this.rank(signal));
      if (!info) continue;
      if (!info.timer) this.queued--;
      info.taken?.(info);
      for (const hear of this.onTaken) hear(info);
      return info;
    }
    return undefined;
  }

  private rank(signal: number): number {
    return this.synchronous.has(signal) ? signal - 1000 : signal;
  }

  /** Deliver everything that `thread` (loaded) may take now: one frame on another, the last one runs first. */
  deliver(thread: Thread): void {
    posixThread(thread).takeUp?.();
    while (this.hasDeliverable(thread)) {
      const { mask } = posixThread(thread);
      const info = present(
        this.take(thread, (signal) => !has(mask, signal)),
        'a deliverable signal',
      );
      const { handler } = this.actions[info.signal];
      if (handler === SIG_IGN) continue;
      if (handler === SIG_DFL) {
        const action = defaultAction(this.traits.numbers, info.signal);
        if (action === 'terminate') this.kill(thread, info);
        if (action === 'stop')
          this.process.end({ kind: 'deadlock', text: `stopped by ${this.name(info.signal)}, and nothing outside can continue it` });
        continue;
      }
      this.handle(thread, info);
    }
  }

  /** Push the frame for a handler that exists. */
  private handle(thread: Thread, info: SignalInfo): void {
    const { process, traits } = this;
    const state = posixThread(thread);
    const action = this.actions[info.signal];
    this.interruptWait(thread, action);
    const saved = state.suspendedMask ?? state.mask;
    if (process.events.on)
      process.events.emit('signal', {
        to: thread.id,
        signal: this.name(info.signal),
        code: info.code,
        address: info.address,
        handler: action.handler,
      });
    if (!this.frames.push(thread, info, action, saved)) {
      const sp = process.registers(thread).get(process.abi.sp);
      this.kill(thread, {
        signal: traits.numbers[traits.frameFailure],
        code: traits.codes.KERNEL,
        about: `${info.about ? `${inWords(info.about)}; ` : ''}no room at 0x${sp.toString(16)} for the frame of ${this.name(info.signal)}${this.stackIsFull(thread, sp) ? ' (stack overflow)' : ''}`,
      });
    }
    disarm(state, traits);
    state.suspendedMask = undefined;
    include(state.mask, action.mask);
    if (!(action.flags & traits.flags.NODEFER)) add(state.mask, info.signal);
    this.setMask(thread, state.mask);
    if (action.flags & traits.flags.RESETHAND && !traits.kernel.neverReset.includes(this.name(info.signal))) action.handler = SIG_DFL;
  }

  stackIsFull(thread: Thread, sp: number): boolean {
    return thread.stackLimit > 0 && sp < thread.stackBase + 4096 && sp > thread.stackBase - 0x200000;
  }

  private interruptWait(thread: Thread, action: SignalAction): void {
    const { wait } = thread;
    if (thread.state !== 'blocked') return;
    const { interruptCall } = posixThread(thread);
    if (interruptCall) interruptCall((action.flags & this.traits.flags.RESTART) !== 0);
    else if (
      wait?.kind === 'interruptible' &&
      !thread.waitIsOver(this.process.clock.now) &&
      (wait.by === 'any' || !(action.flags & this.traits.flags.RESTART))
    )
      this.noteInterrupted(thread);
    thread.unblock();
    this.process.reschedule = true;
  }

  /** The call at which `thread` (loaded) stands answers EINTR when it is taken up again. */
  noteInterrupted(thread: Thread): void {
    const registers = this.process.registers(thread);
    const { abi } = this.process;
    posixThread(thread).interrupted.push({ pc: registers.get(abi.pc), sp: registers.get(abi.sp) });
  }

  /** Was this very call interrupted by a handler? True once. */
  wasInterrupted(call: HostCall): boolean {
    const state = posixThread(call.thread);
    if (state.interrupted.length === 0) return false;
    const pc = this.process.registers(call.thread).get(this.process.abi.pc);
    const found = state.interrupted.findIndex((i) => i.pc === pc && i.sp === call.sp);
    if (found < 0) return false;
    state.interrupted.splice(found, 1);
    // A new call is none that the handler of another has left by longjmp.
    return !call.isNew;
  }

  /** End `call` with `result`; if signals may be taken, they are, before the caller's next instruction. */
  complete<T extends number>(call: HostCall, result: T): T {
    const { thread } = call;
    if (!this.hasDeliverable(thread)) return result;
    const registers = this.process.load(thread);
    this.process.abi.bind(call.fn.signature).returns(registers, this.process.supervisor, result);
    this.deliver(thread);
    throw new RegistersReplaced();
  }

  kill(thread: Thread, info: SignalInfo): never {
    const { process } = this;
    const name = this.name(info.signal);
    const description = signalDescription(name);
    const pc = info.pc ?? process.registers(thread).big(process.abi.pc);
    const about = info.about ? inWords(info.about) : info.pid !== undefined ? 'sent by the program itself' : undefined;
    return process.end({
      kind: 'signal',
      signal: info.signal,
      text: `killed by ${name}${description ? ` (${description})` : ''}${about ? `: ${about}` : ''}, at ${process.names.describe(pc)}`,
    });
  }
}
