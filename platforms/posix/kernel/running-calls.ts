/**
 * System calls that programs have made by instruction: their results, and those that wait. A handler that runs meanwhile ends the
 * wait (EINTR) or has the instruction executed anew. Source: signal(7), sigaction(2) of the three systems.
 */
import type { Thread } from '../../../emulator/process/thread.js';
import { isReady } from '../../../emulator/process/wait.js';
import { posixThread } from '../posix-thread.js';
import { systemCall, type PosixSystem } from '../system.js';
import { interruption, isWaiting, type Progress, type Waiting } from '../waiting.js';

/** How the thread (loaded) that made the call gets its result: a convention of registers. */
export interface CallReturn {
  setResult(result: number): void;
  /** Registers as before the instruction. */
  again(): void;
}

export class RunningCalls {
  private readonly waits = new Map<Thread, () => void>();

  constructor(private readonly os: PosixSystem) {}

  /** What has become of the call: a result, nothing (the thread is gone), or a wait. */
  take(thread: Thread, back: CallReturn, progress: Progress | undefined): void {
    const { signals } = this.os;
    if (progress === undefined) return;
    if (isWaiting(progress)) {
      this.wait(thread, back, progress);
      return;
    }
    back.setResult(progress);
    if (thread.state !== 'ended' && signals.hasDeliverable(thread)) signals.deliver(thread);
  }

  private wait(thread: Thread, back: CallReturn, waiting: Waiting): void {
    const { process, cancellation } = this.os;
    const state = posixThread(thread);
    const over = (): void => {
      state.interruptCall = state.takeUp = undefined;
      this.waits.delete(thread);
    };
    const resume = (): Progress => {
      over();
      return systemCall(this.os, () => waiting.resume());
    };
    state.interruptCall = (restart) => {
      over();
      if (waiting.restarts === 'always' || (restart && waiting.restarts)) {
        waiting.abandoned?.();
        back.again();
      } else back.setResult(interruption(this.os, waiting));
    };
    state.takeUp = () => {
      const { deadline } = waiting.wait;
      if (!isReady(waiting.wait) && (deadline === undefined || deadline > process.clock.now)) return;
      const progress = resume();
      if (isWaiting(progress)) return this.wait(thread, back, progress);
      back.setResult(progress);
      if (thread.state === 'blocked') thread.unblock();
    };
    this.waits.set(thread, () => this.take(thread, back, resume()));
    thread.block(waiting.wait);
    process.clock.waited();
    if (cancellation.isPoint(thread)) cancellation.waits(thread, waiting.wait);
    process.reschedule = true;
    if (process.events.on) process.events.emit('thread-block', { on: waiting.wait.what });
  }

  /** The thread (loaded) is about to run: a call that it waited in goes on. */
  goOn(thread: Thread): void {
    if (this.waits.size > 0 && thread.state === 'runnable') this.waits.get(thread)?.();
  }
}
