/**
 * How a thread ends by pthread_exit, by being cancelled, or by returning from its start routine: cleanup handlers, the last one
 * first, then destructors of thread-specific data, then its end (or that of the process, if it is the last).
 * glibc unwinds the stack: each handler runs in the frame that pushed it, to which a longjmp leads, and the destructors
 * on the stack of the start routine's caller. libthr and libpthread call the handlers from within pthread_exit.
 * Source: POSIX.1-2017, XSH 2.9.5.3; glibc's and FreeBSD's <pthread.h>; libpthread's <sys/_pthread_types.h>.
 */
import type { Word } from '../../emulator/abi/abi.js';
import { hostFunction, RegistersReplaced, type HostFunction } from '../../emulator/process/host-call.js';
import { guestStep, type Step } from '../../emulator/process/sequence.js';
import type { Thread } from '../../emulator/process/thread.js';
import { posixThread, type PosixThread } from './posix-thread.js';
import type { PosixSystem } from './system.js';
import type { ThreadKeys } from './thread-keys.js';

/** Words of what a handler is remembered by: FreeBSD's struct _pthread_cleanup_info (as libthr fills it), macOS's __darwin_pthread_handler_rec. */
const Info = { previous: 0, routine: 1, argument: 2 } as const;
const Record = { routine: 0, argument: 1, next: 2 } as const;
/** Words of glibc's __pthread_unwind_buf_t behind the jmp_buf. */
const Unwind = { previous: 0, type: 2 } as const;

export class ThreadEnd {
  /** Address of the C library's exit(), where there is one: the end of the last thread calls exit(0). */
  exitFunction: number | undefined;
  /** What others learn of its end. */
  dies: (posix: PosixThread) => void = () => undefined;

  constructor(
    private readonly system: PosixSystem,
    private readonly keys: ThreadKeys,
    /** Where calls that don't return would return to. */
    private readonly returnGate: number,
    private readonly longjmp: () => number | undefined,
    private readonly ended: (posix: PosixThread) => void,
  ) {}

  private get wordSize(): 4 | 8 {
    return this.system.traits.wordSize;
  }

  /** pthread_exit. Never returns. */
  exit(thread: Thread, value: Word): never {
    const { process } = this.system;
    const posix = posixThread(thread);
    posix.cancel.exiting = true;
    posix.exitValue = value;
    const steps = this.abandon(posix);
    if (steps.length === 0) return this.handle(posix);
    return process.sequences.start(thread, steps[Symbol.iterator](), () => this.handle(posix));
  }

  /** Calls that it was in, it doesn't come back to. */
  private abandon(posix: PosixThread): Step[] {
    const { process } = this.system;
    const { thread } = posix;
    thread.attempts = [];
    posix.interrupted = [];
    posix.suspendedMask = undefined;
    const sp = process.registers(thread).get(process.abi.sp);
    // What lies below was left by a longjmp.
    const calls = posix.unfinished.splice(0).reverse();
    for (const { undo } of calls) undo();
    return calls.flatMap((call) => (call.step && call.sp >= sp ? [call.step] : []));
  }

  private handle(posix: PosixThread): never {
    if (this.system.traits.os === 'linux') return this.unwind(posix);
    return this.system.process.sequences.start(posix.thread, this.handlers(posix), () => this.destroy(posix));
  }

  /** The start routine has returned. glibc forgets handlers that were pushed and not popped, the others have them run. */
  returned(thread: Thread, value: Word): never {
    if (this.system.traits.os === 'linux') posixThread(thread).cleanup = 0;
    return this.exit(thread, value);
  }

  /** To the newest handler's frame; after the oldest, to the destructors. */
  private unwind(posix: PosixThread): never {
    const { process } = this.system;
    const { thread, cleanup } = posix;
    if (cleanup === 0) {
      if (posix.startStack !== 0) process.registers(thread).set(process.abi.sp, posix.startStack);
      return this.destroy(posix);
    }
    const longjmp = this.longjmp();
    if (longjmp === undefined) return process.end({ kind: 'unsupported', text: 'cleanup handlers need the longjmp of the C library' });
    process.guestCalls.enter(thread, longjmp, 'v(pi)', [cleanup, 1], this.returnGate);
    throw new RegistersReplaced();
  }

  private *handlers(posix: PosixThread): Generator<Step> {
    const { process, traits } = this.system;
    const { user } = process;
    const { wordSize } = this;
    if (traits.os === 'macos') {
      // Each is called before it is taken off the list that the program's own macros keep.
      const head = posix.identity + wordSize;
      for (let record = user.word(head); record !== 0;) {
        yield guestStep(user.word(record + wordSize * Record.routine), 'v(p)', [user.word(record + wordSize * Record.argument)]);
        record = user.word(record + wordSize * Record.next);
        user.setWord(head, record);
      }
      return;
    }
    while (posix.cleanup !== 0) {
      const info = posix.cleanup;
      posix.cleanup = user.word(info + wordSize * Info.previous);
      yield guestStep(user.word(info + wordSize * Info.routine), 'v(p)', [user.word(info + wordSize * Info.argument)]);
    }
  }

  private destroy(posix: PosixThread): never {
    return this.system.process.sequences.start(posix.thread, this.keys.destructors(posix), () => this.finish(posix));
  }

  private finish(posix: PosixThread): void {
    const { process } = this.system;
    const { thread } = posix;
    const others = process.threads.some((t) => t !== thread && t.state !== 'ended' && !posixThread(t).service);
    if (!others) return this.exitProcess(thread);
    this.dies(posix);
    process.endThread(thread, posix.exitValue);
    if (posix.detached) this.ended(posix);
  }

  private exitProcess(thread: Thread): void {
    const { process } = this.system;
    if (this.exitFunction === undefined) return process.end({ kind: 'exit', code: 0 });
    process.guestCalls.enter(thread, this.exitFunction, 'v(i)', [0], this.returnGate);
  }

  list(): HostFunction[] {
    const exit = hostFunction('pthread_exit', 'v(w)', (call, value) => this.exit(call.thread, value));
    const { os } = this.system.traits;
    return [exit, ...(os === 'linux' ? this.unwindBuffers() : os === 'freebsd' ? this.cleanupInfos() : [])];
  }

  /** What glibc's macros call. */
  private unwindBuffers(): HostFunction[] {
    const { traits } = this.system;
    const word = (buffer: number, index: number): number => buffer + traits.pthread.cancel.unwindWords + this.wordSize * index;
    const remove = (thread: Thread, previous: number): void => {
      posixThread(thread).cleanup = previous;
    };
    return [
      hostFunction('__pthread_register_cancel', 'v(p)', (call, buffer) => {
        const posix = posixThread(call.thread);
        call.memory.setWord(word(buffer, Unwind.previous), posix.cleanup);
        posix.cleanup = buffer;
      }),
      hostFunction('__pthread_unregister_cancel', 'v(p)', (call, buffer) =>
        remove(call.thread, call.memory.word(word(buffer, Unwind.previous))),
      ),
      // With the type set to deferred between the two.
      hostFunction('__pthread_register_cancel_defer', 'v(p)', (call, buffer) => {
        const posix = posixThread(call.thread);
        call.memory.setWord(word(buffer, Unwind.previous), posix.cleanup);
        call.memory.setU32(word(buffer, Unwind.type), posix.cancel.asynchronous ? 1 : 0);
        posix.cleanup = buffer;
        posix.cancel.asynchronous = false;
      }),
      hostFunction('__pthread_unregister_cancel_restore', 'v(p)', (call, buffer) => {
        const asynchronous = call.memory.u32(word(buffer, Unwind.type)) !== 0;
        remove(call.thread, call.memory.word(word(buffer, Unwind.previous)));
        posixThread(call.thread).cancel.asynchronous = asynchronous;
        if (asynchronous && this.system.cancellation.due(call.thread)) this.system.cancellation.exit(call.thread);
      }),
      hostFunction('__pthread_unwind_next', 'v(p)', (call, buffer) => {
        remove(call.thread, call.memory.word(word(buffer, Unwind.previous)));
        return this.unwind(posixThread(call.thread));
      }),
    ];
  }

  /** What FreeBSD's macros call. */
  private cleanupInfos(): HostFunction[] {
    const { wordSize } = this;
    const pop = (thread: Thread): number => {
      const { user } = this.system.process;
      const posix = posixThread(thread);
      const info = posix.cleanup;
      if (info !== 0) posix.cleanup = user.word(info + wordSize * Info.previous);
      return info;
    };
    return [
      hostFunction('__pthread_cleanup_push_imp', 'v(ppp)', (call, routine, argument, info) => {
        const posix = posixThread(call.thread);
        call.memory.setWord(info + wordSize * Info.routine, routine);
        call.memory.setWord(info + wordSize * Info.argument, argument);
        call.memory.setWord(info + wordSize * Info.previous, posix.cleanup);
        posix.cleanup = info;
      }),
      hostFunction('__pthread_cleanup_pop_imp', 'v(i)', (call, execute) => {
        const { process } = this.system;
        const info = pop(call.thread);
        if (info === 0 || execute === 0) return;
        const { supervisor: memory } = call;
        const [routine, argument] = [memory.word(info + wordSize * Info.routine), memory.word(info + wordSize * Info.argument)];
        // In place of this call: it returns to the caller.
        const registers = process.registers(call.thread);
        const back = call.returnAddress;
        registers.set(process.abi.sp, call.sp + (process.cpu === 'arm64' ? 0 : wordSize));
        const sp = registers.get(process.abi.sp);
        return process.sequences.start(call.thread, [guestStep(routine, 'v(p)', [argument])][Symbol.iterator](), () => {
          const after = process.registers(call.thread);
          after.set(process.abi.sp, sp);
          after.set(process.abi.pc, back);
        });
      }),
    ];
  }
}
