/**
 * pthread threads: creation, end, joining, keys, once. A start routine is guest code
 * on a stack of its own, entered as that OS's library enters it; when it returns it
 * reaches a gate that runs key destructors (guest code again) and ends the thread.
 * Source: POSIX.1-2017; glibc's, libthr's and libpthread's behaviour where it leaves room.
 */
import { FloatException, Fxsave, fxsaveView } from '../../emulator/cpu/fxsave.js';
import type { Word } from '../../emulator/abi/abi.js';
import { A64 } from '../../emulator/cpu/registers.js';
import { hostFunction, type HostCall, type HostFunction } from '../../emulator/process/host-call.js';
import { guestStep, type Step } from '../../emulator/process/sequence.js';
import type { Thread } from '../../emulator/process/thread.js';
import { deadlineAt } from './clock.js';
import type { ObjectPlaces } from './objects.js';
import { posixThread, PosixThread } from './posix-thread.js';
import type { PosixSystem } from './system.js';
import { AttributeObjects, type ThreadAttributes } from './thread-attributes.js';
import { ThreadEnd } from './thread-end.js';
import { ThreadKeys } from './thread-keys.js';

/** How one OS and CPU gives a thread its memory and first registers. */
export interface ThreadPlatform {
  /** Stack, thread control block, TLS; fills in identity, errnoAddress, stackMapping, stackBase and stackLimit. False: no memory. */
  prepare(thread: PosixThread, attributes: ThreadAttributes): boolean;
  /** Registers (the thread is loaded) for `start(argument)`, which returns to `returnAddress`. */
  begin(thread: PosixThread, start: number, argument: Word, returnAddress: number): void;
  /** The thread has ended and nobody waits for it: its memory may be used again. */
  release(thread: PosixThread): void;
}

export class ThreadLibrary {
  private readonly byIdentity = new Map<number, PosixThread>();
  private readonly keys: ThreadKeys;
  private readonly attributes: AttributeObjects;
  private readonly returnGate: number;
  private nextTid: number;
  readonly end: ThreadEnd;

  constructor(
    private readonly system: PosixSystem,
    places: ObjectPlaces,
    private readonly platform: ThreadPlatform,
    firstTid: number,
    longjmp: () => number | undefined,
  ) {
    const { process } = system;
    this.nextTid = firstTid;
    this.keys = new ThreadKeys(system);
    this.attributes = new AttributeObjects(system, places, process.user);
    this.returnGate = process.defineHostFunction(
      hostFunction('thread-return', 'v()', (call) => this.end.returned(call.thread, this.result(call.thread))),
      system.traits.libraryNames.threads,
    );
    this.end = new ThreadEnd(system, this.keys, this.returnGate, longjmp, (posix) => this.forget(posix));
    const { canceled } = system.traits.pthread.cancel;
    system.cancellation.exit = (thread) => this.end.exit(thread, BigInt.asUintN(8 * process.abi.wordSize, canceled));
  }

  private result(thread: Thread): Word {
    const { process } = this.system;
    // rax and x0 are slot 0.
    return BigInt.asUintN(8 * process.abi.wordSize, process.registers(thread).big(A64.x0));
  }

  /** Take a thread (the main one, at process start) into the library's care. */
  adopt(thread: Thread): PosixThread {
    return new PosixThread(thread, this.nextTid++);
  }

  register(thread: PosixThread): void {
    this.byIdentity.set(thread.identity, thread);
  }

  find(identity: number): PosixThread | undefined {
    return this.byIdentity.get(identity);
  }

  /** A new thread; undefined where there is no memory for it. `start` may be a gate. */
  create(name: string, attributes: ThreadAttributes, start: number, argument: Word, parent?: Thread): PosixThread | undefined {
    const { process } = this.system;
    if (!process.threadTable.room) return undefined;
    const thread = process.createThread(name);
    const posix = this.adopt(thread);
    posix.detached = attributes.detached;
    // Linux gives a new thread its creator's name.
    if (parent && this.system.traits.os === 'linux') posix.name = posixThread(parent).name;
    // A new thread has no alternate stack, and Linux's frames say so (those of the first thread do not).
    posix.altStack.flags = this.system.traits.signals.altStack.DISABLE;
    if (!this.platform.prepare(posix, attributes)) {
      process.endThread(thread, 0n);
      return undefined;
    }
    if (parent) {
      posix.mask.set(posixThread(parent).mask);
      this.inheritFloatControl(parent, thread);
    }
    this.register(posix);
    process.withThread(thread, (registers) => {
      this.platform.begin(posix, start, argument, this.returnGate);
      posix.startStack = registers.get(process.abi.sp);
    });
    process.events.emit('thread-start', { started: thread.id, start, stackBase: thread.stackBase, stackLimit: thread.stackLimit });
    return posix;
  }

  /** A thread of the system itself, which runs host code at `gate` and doesn't keep the process alive. */
  createService(name: string, gate: number): Thread {
    const { defaultStack, defaultGuard } = this.system.traits.pthread;
    const attributes = { detached: true, stackAddress: 0, stackSize: defaultStack, guardSize: defaultGuard };
    const created = this.create(name, attributes, gate, 0n);
    if (!created) throw new Error(`no memory for the thread '${name}'`);
    created.service = true;
    return created.thread;
  }

  /** clone and thr_new give the child its parent's floating-point control. */
  private inheritFloatControl(parent: Thread, child: Thread): void {
    const { process } = this.system;
    const { engine } = process;
    if (process.cpu === 'arm64') {
      const fpcr = process.withThread(parent, (registers) => registers.get(A64.fpcr));
      process.withThread(child, (registers) => registers.set(A64.fpcr, fpcr));
      return;
    }
    const image = fxsaveView(engine);
    const control = process.withThread(parent, () => {
      engine.readFloat();
      return { cw: image.getUint16(Fxsave.control, true), mxcsr: image.getUint32(Fxsave.mxcsr, true) & ~FloatException.all };
    });
    process.withThread(child, () => {
      engine.readFloat();
      image.setUint16(Fxsave.control, control.cw, true);
      image.setUint32(Fxsave.mxcsr, control.mxcsr, true);
      engine.writeFloat();
    });
  }

  private createFunction(call: HostCall, result: number, attr: number, start: number, argument: Word): number {
    const { traits, process } = this.system;
    const attributes = this.attributes.read(attr);
    call.memory.setWord(result, call.memory.word(result));
    const created = this.create(`thread ${process.threadTable.made + 1}`, attributes, start, argument, call.thread);
    if (!created) return traits.errno.EAGAIN;
    call.memory.setWord(result, created.identity);
    return 0;
  }

  private forget(posix: PosixThread): void {
    this.byIdentity.delete(posix.identity);
    this.platform.release(posix);
  }

  /** `wait`: to the end, not at all, or until a time of CLOCK_REALTIME. */
  private join(call: HostCall, identity: number, result: number, wait: 'for ever' | 'not' | { until: number } = 'for ever'): number {
    const { errno } = this.system.traits;
    const target = this.find(identity);
    if (!target) return errno.ESRCH;
    const { thread } = target;
    if (thread === call.thread) return errno.EDEADLK;
    if (target.detached || target.joined) return errno.EINVAL;
    if (thread.state !== 'ended') {
      if (wait === 'not') return errno.EBUSY;
      const deadline = wait === 'for ever' || wait.until === 0 ? undefined : deadlineAt(call, wait.until, true);
      if (wait !== 'for ever' && wait.until !== 0 && deadline === undefined) return errno.EINVAL;
      if (deadline !== undefined && this.system.process.clock.now >= deadline) return errno.ETIMEDOUT;
      return call.block({
        what: `the end of thread ${thread.id}`,
        on: [thread],
        ready: () => thread.state === 'ended',
        ...(deadline !== undefined && { deadline }),
      });
    }
    if (result !== 0) call.memory.setBits(result, thread.exitValue);
    target.joined = true;
    this.forget(target);
    return 0;
  }

  private detach(identity: number): number {
    const { errno } = this.system.traits;
    const target = this.find(identity);
    if (!target) return errno.ESRCH;
    if (target.detached) return errno.EINVAL;
    target.detached = true;
    if (target.thread.state === 'ended') this.forget(target);
    return 0;
  }

  private kill(call: HostCall, identity: number, signal: number): number {
    const { system } = this;
    const { errno, signals: traits } = system.traits;
    const { library, reserved, limit } = traits;
    const target = this.find(identity);
    if (library.killChecksNumberFirst && (signal < 0 || signal > limit)) return errno.EINVAL;
    if (!target) return errno.ESRCH;
    if (library.killSparesReserved && reserved.includes(signal)) return errno.EINVAL;
    if (target.thread.state === 'ended' && system.traits.pthread.killsEnded) return 0;
    const result = system.signalCalls.killThread(target.thread, signal);
    if (result !== 0) return -result;
    return target.thread === call.thread ? system.signals.complete(call, 0) : 0;
  }

  private once(call: HostCall, address: number, routine: number): number {
    const { process, traits } = this.system;
    const { state, init, done } = traits.pthread.once;
    const { memory } = call;
    const thread = call.thread;
    const word = memory.u32(address + state);
    if (word === done) return 0;
    if (word !== init) {
      return call.block({
        what: `pthread_once 0x${address.toString(16)}`,
        on: [address],
        ready: () => process.supervisor.u32(address + state) === done,
      });
    }
    memory.setU32(address + state, init + 1 === done ? done + 1 : init + 1);
    const link = process.cpu === 'arm64' ? process.registers(thread).get(A64.lr) : 0;
    const steps: Step[] = [guestStep(routine, 'v()', [])];
    const posix = posixThread(thread);
    const set = (value: number): void => {
      process.supervisor.setU32(address + state, value);
      process.changed(address);
    };
    // A routine that is cancelled has not been called.
    const unfinished = { sp: call.sp, undo: () => set(init) };
    if (traits.os !== 'macos') posix.unfinished.push(unfinished);
    return process.sequences.start(thread, steps[Symbol.iterator](), () => {
      posix.finished(unfinished);
      set(done);
      const registers = process.registers(thread);
      if (process.cpu === 'arm64') registers.set(A64.lr, link);
      process.abi.bind(call.fn.signature).returns(registers, process.supervisor, 0);
    });
  }

  list(): HostFunction[] {
    const { process, traits } = this.system;
    const describe = (_call: HostCall, identity: number, address: number): number => {
      const target = this.find(identity);
      return target ? this.attributes.describe(address, target) : traits.errno.ESRCH;
    };
    return [
      ...this.attributes.list(),
      ...this.keys.list(),
      ...this.end.list(),
      ...this.system.cancellation.list((identity) => this.find(identity)),
      hostFunction('pthread_create', 'i(pppw)', (call, result, attr, start, argument) =>
        this.createFunction(call, result, attr, start, argument),
      ),
      hostFunction('pthread_join', 'i(pp)', (call, identity, result) => this.join(call, identity, result)),
      // macOS has neither, and FreeBSD only the second.
      ...(traits.os === 'linux'
        ? [hostFunction('pthread_tryjoin_np', 'i(pp)', (call, identity, result) => this.join(call, identity, result, 'not'))]
        : []),
      ...(traits.os === 'macos'
        ? []
        : [
            hostFunction('pthread_timedjoin_np', 'i(ppp)', (call, identity, result, until) => this.join(call, identity, result, { until })),
          ]),
      hostFunction('pthread_detach', 'i(p)', (_call, identity) => this.detach(identity)),
      hostFunction('pthread_self', 'p()', (call) => posixThread(call.thread).identity),
      hostFunction('pthread_equal', 'i(pp)', (_call, a, b) => (a === b ? 1 : 0)),
      hostFunction('pthread_kill', 'i(pi)', (call, identity, signal) => this.kill(call, identity, signal)),
      hostFunction('pthread_once', 'i(pp)', (call, address, routine) => this.once(call, address, routine)),
      hostFunction('pthread_getattr_np', 'i(pp)', describe),
      hostFunction('pthread_attr_get_np', 'i(pp)', describe),
      // The process never forks (fork answers ENOSYS), so the handlers never run.
      hostFunction('pthread_atfork', 'i(ppp)', () => 0),
      hostFunction('sched_yield', 'i()', () => {
        process.reschedule = true;
        return 0;
      }),
      hostFunction('pthread_yield', 'i()', () => {
        process.reschedule = true;
        return 0;
      }),
    ];
  }
}
