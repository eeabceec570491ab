/**
 * Cancelling threads: state, type and the request, and where a thread acts on it. A cancellation point looks before it begins and
 * while it waits. A thread whose type is asynchronous acts when it next runs, as if the library's signal came; XNU has
 * no such signal, and there the type changes nothing.
 * Source: POSIX.1-2017, XSH 2.9.5; glibc 2.36 (its behaviour), libthr's thr_cancel.c, libpthread's pthread_cancelable.c.
 */
import { Blocked, hostFunction, RegistersReplaced, type HostFunction } from '../../emulator/process/host-call.js';
import type { Thread } from '../../emulator/process/thread.js';
import type { Wait } from '../../emulator/process/wait.js';
import { posixThread, type PosixThread } from './posix-thread.js';
import type { PosixCore } from './system.js';

/** What functions of the C libraries are cancellation points, beside those that the guest's half of a library has. */
const POINTS: ReadonlySet<string> = new Set([
  ...['sleep', 'usleep', 'nanosleep', 'clock_nanosleep', 'pause', 'sigsuspend', 'sigwait', 'sigwaitinfo', 'sigtimedwait'],
  ...['sem_wait', 'sem_timedwait', 'sem_clockwait', 'pthread_testcancel', 'msync', 'open', 'openat', 'creat', 'close', 'read', 'write'],
  ...['pread', 'pwrite', 'fsync', 'fcntl', 'pthread_join', 'pthread_timedjoin_np'],
]);
/** glibc looks in these only while they wait. */
const POINTS_THAT_WAIT: ReadonlySet<string> = new Set(['pthread_join', 'pthread_timedjoin_np']);

export class Cancellation {
  /** pthread_exit with PTHREAD_CANCELED. The thread library says how. */
  exit: (thread: Thread) => never = () => {
    throw new Error('threads are not set up yet');
  };

  /** Where the C library has the one instruction whose system calls are cancellation points: the address behind it. */
  instruction: number | undefined;

  constructor(private readonly system: PosixCore) {}

  /** Is the system call that `thread` (loaded) makes one? */
  isPoint(thread: Thread): boolean {
    const { process } = this.system;
    return this.instruction !== undefined && process.registers(thread).get(process.abi.pc) === this.instruction;
  }

  private get numbers() {
    return this.system.traits.pthread.cancel;
  }

  due(thread: Thread): boolean {
    const { enabled, requested, exiting } = posixThread(thread).cancel;
    return requested && enabled && !exiting;
  }

  private test(thread: Thread): void {
    if (this.due(thread)) this.exit(thread);
  }

  /** `thread` is about to wait in a cancellation point. */
  waits(thread: Thread, wait: Wait): Wait {
    posixThread(thread).cancel.wait = wait;
    return wait;
  }

  /** A cancellation point returns, though it may have been asked to look. */
  returns(thread: Thread): void {
    posixThread(thread).cancel.looks = false;
  }

  /** The function as a cancellation point, if it is one. */
  point(fn: HostFunction): HostFunction {
    if (!POINTS.has(fn.name)) return fn;
    const looksFirst = !(this.system.traits.os === 'linux' && POINTS_THAT_WAIT.has(fn.name));
    return {
      ...fn,
      run: (call, ...args) => {
        if (looksFirst) this.test(call.thread);
        try {
          const result = fn.run(call, ...args);
          this.returns(call.thread);
          return result;
        } catch (thrown) {
          if (!(thrown instanceof Blocked)) throw thrown;
          this.test(call.thread);
          this.waits(call.thread, thrown.wait);
          throw thrown;
        }
      },
    };
  }

  /** pthread_cancel. */
  request(target: PosixThread, caller: Thread): void {
    const { process } = this.system;
    const { cancel, thread } = target;
    cancel.requested = true;
    if (!this.due(thread)) return;
    const asynchronous = cancel.asynchronous && this.numbers.asynchronousActs;
    if (thread === caller && asynchronous) this.exit(thread);
    const { state, wait } = thread;
    if (state === 'blocked' && wait?.kind !== 'kernel' && (wait === cancel.wait || asynchronous)) {
      // A system call by instruction is over; a cancellation point of the library looks for itself when it is called again.
      if (target.interruptCall) process.withThread(thread, () => this.endCall(target));
      else cancel.looks = wait === cancel.wait;
      thread.unblock();
    }
    process.reschedule = true;
  }

  private endCall(target: PosixThread): void {
    target.interruptCall?.(false);
    this.begin(target.thread);
  }

  /** The thread (loaded) is about to run: the time for what comes at any time. */
  beforeRun(thread: Thread): void {
    const { cancel } = posixThread(thread);
    if (!cancel.requested || !cancel.asynchronous || !this.numbers.asynchronousActs || !this.due(thread)) return;
    const { gates, abi } = this.system.process;
    if (!cancel.looks || !gates.at(this.system.process.registers(thread).get(abi.pc))) this.begin(thread);
  }

  /** From outside of the thread's own calls. */
  begin(thread: Thread): void {
    try {
      this.exit(thread);
    } catch (thrown) {
      if (!(thrown instanceof RegistersReplaced)) throw thrown;
    }
  }

  list(find: (identity: number) => PosixThread | undefined): HostFunction[] {
    const { traits } = this.system;
    const { enable, disable, deferred, asynchronous, cancelsEnded } = this.numbers;
    const { EINVAL, ESRCH } = traits.errno;
    return [
      hostFunction('pthread_cancel', 'i(p)', (call, identity) => {
        const target = find(identity);
        if (!target || (target.thread.state === 'ended' && !cancelsEnded)) return ESRCH;
        this.request(target, call.thread);
        return 0;
      }),
      hostFunction('pthread_setcancelstate', 'i(ip)', (call, state, old) => {
        const { cancel } = posixThread(call.thread);
        if (state !== enable && state !== disable) return EINVAL;
        if (old !== 0) call.memory.setU32(old, cancel.enabled ? enable : disable);
        cancel.enabled = state === enable;
        if (cancel.asynchronous && this.numbers.asynchronousActs) this.test(call.thread);
        return 0;
      }),
      hostFunction('pthread_setcanceltype', 'i(ip)', (call, type, old) => {
        const { cancel } = posixThread(call.thread);
        if (type !== deferred && type !== asynchronous) return EINVAL;
        if (old !== 0) call.memory.setU32(old, cancel.asynchronous ? asynchronous : deferred);
        cancel.asynchronous = type === asynchronous;
        if (cancel.asynchronous && this.numbers.asynchronousActs) this.test(call.thread);
        return 0;
      }),
      hostFunction('pthread_testcancel', 'v()', () => undefined),
    ];
  }
}
