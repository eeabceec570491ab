/** A guest thread: a CPU context, a scheduling state, and what its OS keeps of it. */
import type { Word } from '../abi/abi.js';
import type { Context } from '../engine.js';
import { isReady, type Wait } from './wait.js';

export type ThreadState = 'runnable' | 'blocked' | 'ended';

export interface GateAttempt {
  gate: number;
  sp: number;
  state: unknown;
}

/** A nested call from host code into the guest. */
export interface CallbackFrame {
  /** SP after the return address has been popped: the frame is finished, or left by longjmp, when SP is above it. */
  sp: number;
  depth: number;
}

export class Thread {
  /** Set together with `state`. */
  wait: Wait | undefined;
  /** What the thread ended with, for who joins it. */
  exitValue: Word = 0n;
  /** [base, limit) of the stack, base lowest. */
  stackBase = 0;
  stackLimit = 0;
  /** Instructions executed. */
  instructions = 0;
  /** Virtual time that passed in its turns, but for the present one (Turns.busyTime). */
  busy = 0;
  callbacks: CallbackFrame[] = [];
  attempts: GateAttempt[] = [];
  /** Its own instructions have led to where it is, since a host function or the system last set that: at a gate, it makes a new call. */
  ran = false;
  /** PC of a fault that has been delivered and not yet resumed (kept while somebody listens to events). */
  faultPc: number | undefined;
  /** The OS model's own record: each model has one function that knows its type. */
  os: object | undefined;

  /** Those with a higher one that can run go first (Scheduler.setPriority). */
  priority = 0;

  private currentState: ThreadState = 'runnable';
  private suspensions = 0;

  /** `moved` hears when the thread's state, or whether it is suspended, changes. */
  constructor(
    readonly id: number,
    public name: string,
    readonly context: Context,
    private readonly moved: (thread: Thread) => void,
  ) {
    moved(this);
  }

  get state(): ThreadState {
    return this.currentState;
  }

  set state(state: ThreadState) {
    this.currentState = state;
    this.moved(this);
  }

  /** Stopped by another thread (SuspendThread, thread_suspend): not scheduled while above 0. */
  get suspendCount(): number {
    return this.suspensions;
  }

  set suspendCount(count: number) {
    this.suspensions = count;
    this.moved(this);
  }

  get runnable(): boolean {
    return this.state === 'runnable' && this.suspendCount === 0;
  }

  block(wait: Wait): void {
    this.state = 'blocked';
    this.wait = wait;
  }

  /** The wait is over, or given up: the call will be tried again. */
  unblock(): void {
    this.state = 'runnable';
    this.wait = undefined;
  }

  /** May a blocked thread try again? */
  waitIsOver(now: number): boolean {
    const { wait } = this;
    return wait !== undefined && (isReady(wait) || (wait.deadline !== undefined && wait.deadline <= now));
  }
}
