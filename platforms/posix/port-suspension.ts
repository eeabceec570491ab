/**
 * pthrdext: suspension by signals. pthread_kill(SIGXFSZ) pushes a frame on the
 * victim's stack; its handler copies the ucontext to its own stack, publishes it,
 * acknowledges, and waits in sigsuspend; SIGXCPU ends that wait, and two sigreturns
 * lead back. The victim isn't running when this happens, so its handler runs at once,
 * unless it has the signal blocked: then the collector waits for it as on the real system.
 */
import { hostFunction, RegistersReplaced, type HostCall } from '../../emulator/process/host-call.js';
import type { Thread } from '../../emulator/process/thread.js';
import { currentHandlerFrame, handlerFrameData, leaveHandler, openHandlerFrame } from './handler-frame.js';
import type { PortSystem } from './port-system.js';
import { posixThread, type PosixThread } from './posix-thread.js';
import { emptySet, readSet, remove, setOf, writeSet } from './signal-set.js';

const SET_BYTES = 16;
/** errno, then the set for sigsuspend, then the copy of ucontext_t. */
const Data = { errno: 0, set: 16, context: 32 } as const;
/** The port's own gates, which don't take the arena's lock unless a barrier is hit. */
const HANDLERS = new Set(['suspend-handler', 'suspend-handler-goes-on', 'resume-handler', 'sigsegv-handler-goes-on']);
/** A victim that blocks the signal this long will not acknowledge. */
const PATIENCE = 10_000_000;

interface Suspended {
  count: number;
  /** Address of the victim's copy of its ucontext_t, once acknowledged. */
  context: number | undefined;
}

export class Suspension {
  private readonly suspended = new Map<PosixThread, Suspended>();
  private installed = false;
  private suspendGate = 0;
  private waitGate = 0;
  private afterWait = 0;

  constructor(private readonly os: PortSystem) {}

  private get signals() {
    const { SIGXFSZ, SIGXCPU } = this.os.traits.signals.numbers;
    return { suspend: SIGXFSZ, resume: SIGXCPU };
  }

  /** At the first registration of a thread. */
  install(): void {
    if (this.installed) return;
    this.installed = true;
    const { process, signalFunctions, traits, cancellation } = this.os;
    const { suspend, resume } = this.signals;
    const { SIGINFO, RESTART } = traits.signals.flags;
    this.suspendGate = process.defineHostFunction(
      hostFunction('suspend-handler', 'v(ipp)', (call, _signal, _info, context) => this.handler(call, context)),
      'libmps',
    );
    this.waitGate = process.defineHostFunction(
      cancellation.point(
        hostFunction('sigsuspend', 'i(p)', (call, set) => signalFunctions.suspend(call, readSet(call.memory, set, SET_BYTES))),
      ),
      traits.libraryNames.c,
    );
    this.afterWait = process.defineHostFunction(
      hostFunction('suspend-handler-goes-on', 'v()', (call) => this.goOn(call)),
      'libmps',
    );
    const resumeGate = process.defineHostFunction(
      hostFunction('resume-handler', 'v(i)', () => {}),
      'libmps',
    );
    signalFunctions.install(suspend, this.suspendGate, SIGINFO | RESTART, setOf(resume));
    signalFunctions.install(resume, resumeGate, RESTART, emptySet());
  }

  contextOf(posix: PosixThread): number | undefined {
    return this.suspended.get(posix)?.context;
  }

  suspend(posix: PosixThread): boolean {
    const already = this.suspended.get(posix);
    if (already) {
      already.count++;
      return true;
    }
    const { process, signals, traits, pid } = this.os;
    const { thread } = posix;
    if (thread.state === 'ended') {
      if (this.os.options.quirks.includes('suspend-finished-thread-hangs')) {
        process.end({
          kind: 'deadlock',
          text: `deadlock: the collector waits for thread ${thread.id}, which has ended, to acknowledge its suspension`,
        });
      }
      return false;
    }
    const collector = process.current;
    const record: Suspended = { count: 1, context: undefined };
    this.suspended.set(posix, record);
    signals.sendToThread(thread, { signal: this.signals.suspend, code: traits.signals.codes.THREAD, pid });
    while (record.context === undefined && process.registers(thread).get(process.abi.pc) === this.suspendGate)
      process.runHostFunctionNow(thread);
    if (record.context === undefined) this.waitFor(posix, record, collector);
    // The handler has acknowledged; take it into sigsuspend.
    if (thread.state === 'runnable') process.runHostFunctionNow(thread);
    if (collector) process.load(collector);
    process.reschedule = true;
    return true;
  }

  /** sem_wait for an acknowledgement: the victim runs on, as it would on another processor, until it takes the signal. */
  private waitFor(posix: PosixThread, record: Suspended, collector: Thread | undefined): void {
    const { process } = this.os;
    for (let i = 0; record.context === undefined; i++) {
      const runner =
        this.runnable(posix.thread) ??
        process.threads.find((t) => t !== collector && !this.suspended.has(posixThread(t)) && this.runnable(t));
      if (!runner || i > PATIENCE) this.deadlock(posix.thread);
      const gate = process.gates.at(process.registers(runner).get(process.abi.pc));
      // Entering the MPS it would wait for the arena's lock, which the collector holds.
      if (gate?.library === 'libmps' && !HANDLERS.has(gate.fn.name)) this.deadlock(posix.thread);
      process.runThread(runner, 1);
    }
  }

  private runnable(thread: Thread): Thread | undefined {
    const { clock } = this.os.process;
    if (thread.state === 'blocked' && thread.waitIsOver(clock.now)) thread.unblock();
    return thread.runnable ? thread : undefined;
  }

  private deadlock(thread: Thread): never {
    const { suspend } = this.signals;
    const name = this.os.signals.name(suspend);
    this.os.process.end({
      kind: 'deadlock',
      text: `deadlock: the collector waits for thread ${thread.id}, which has ${name} blocked${thread.wait ? ` and waits for ${thread.wait.what}` : ''}`,
    });
  }

  /** On the victim, in the signal handler. */
  private handler(call: HostCall, context: number): never {
    const { process, signals, traits } = this.os;
    const posix = posixThread(call.thread);
    const { ucontextSize } = signals.frames.context;
    const frame = openHandlerFrame(call, Data.context + ucontextSize);
    const data = handlerFrameData(process, frame);
    const { memory } = call;
    memory.setU32(data + Data.errno, process.supervisor.u32(posix.errnoAddress));
    const all = emptySet().fill(0xffffffff);
    remove(all, this.signals.resume);
    for (const signal of traits.signals.reserved) remove(all, signal);
    writeSet(memory, data + Data.set, SET_BYTES, all);
    memory.write(data + Data.context, memory.bytes(context, ucontextSize));
    const record = this.suspended.get(posix);
    // A stray SIGXFSZ finds nobody who waits; the MPS's handler asserts then.
    if (!record)
      return process.end({
        kind: 'signal',
        signal: 6,
        text: `MPS assertion: ${signals.name(this.signals.suspend)} reached thread ${posix.thread.id}, but nobody suspends it`,
      });
    record.context = data + Data.context;
    process.registers(posix.thread).set(process.abi.sp, frame);
    process.guestCalls.enter(posix.thread, this.waitGate, 'i(p)', [data + Data.set], this.afterWait);
    process.reschedule = true;
    throw new RegistersReplaced();
  }

  /** sigsuspend has returned EINTR. */
  private goOn(call: HostCall): never {
    const { process } = this.os;
    const frame = currentHandlerFrame(call);
    process.supervisor.setU32(posixThread(call.thread).errnoAddress, call.memory.u32(handlerFrameData(process, frame) + Data.errno));
    leaveHandler(call, frame);
    throw new RegistersReplaced();
  }

  resume(posix: PosixThread): boolean {
    const record = this.suspended.get(posix);
    if (!record) return false;
    if (--record.count > 0) return true;
    this.suspended.delete(posix);
    if (posix.thread.state === 'ended') return false;
    const { signals, traits, pid } = this.os;
    signals.sendToThread(posix.thread, { signal: this.signals.resume, code: traits.signals.codes.THREAD, pid });
    return true;
  }
}
