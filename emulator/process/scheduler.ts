/**
 * The deterministic scheduler. A seed chooses who runs and for how many
 * instructions; or a script decides every switch. Quanta are counted in guest
 * instructions, so preemption can fall between any two of them.
 */
import type { Process } from './process.js';
import { Random } from './random.js';
import { Ranks } from './ranks.js';
import { ReadyThreads } from './ready-threads.js';
import type { Thread } from './thread.js';

/** One decision of a script: run this thread until this happens. */
export interface Decision {
  thread: number;
  /** Instructions to run at most. */
  instructions?: number;
  /** Stop before the instruction at this address. */
  address?: number;
}

/** Called for each switch; undefined ends the script (seeded scheduling goes on). */
export type Script = (process: Process) => Decision | undefined;

const MEAN_QUANTUM = 1000;
/** Nobody else can run: long quanta, still bounded so that sleepers wake. */
const ALONE_QUANTUM = 1_000_000;
const WAITED_FOR_QUANTUM = 10_000;

export class Scheduler {
  script: Script | undefined;
  meanQuantum = MEAN_QUANTUM;
  /** Quanta of exactly this many instructions, whatever the seed; who runs is still the seed's choice. */
  fixedQuantum: number | undefined;
  private readonly random: Random;
  private last: number | undefined;
  private readonly ready = new ReadyThreads();
  private stopped = false;
  /** Made when the first thread is given a priority. */
  private ranks: Ranks | undefined;

  constructor(
    private readonly process: Process,
    readonly seed: number,
  ) {
    this.random = new Random(seed);
  }

  /** Choose a thread and run it for a quantum. */
  turn(): void {
    this.process.forgetEnded();
    this.process.agenda.runAlarms();
    const decision = this.script?.(this.process);
    if (decision) return this.follow(decision);
    this.script = undefined;
    this.ready.update(this.process.clock.now);
    if (this.ready.list.length === 0) return this.idle();
    const list = this.ranks ? this.ranks.first(this.ready.list, this.process.clock.now) : this.ready.list;
    const ready = list.length;
    const next = list[ready === 1 ? 0 : this.random.below(ready)];
    if (next.id !== this.last) {
      if (this.process.events.on) this.process.events.emit('switch', { to: next.id });
      this.last = next.id;
    }
    this.process.runThread(next, this.quantum(ready));
  }

  readonly threadMoved = (thread: Thread): void => this.ready.threadMoved(thread);

  /** What waits may depend on has changed. */
  causeChanged(cause: unknown): void {
    this.ready.causeChanged(cause);
  }

  /** Has some thread been given a priority? */
  get ranked(): boolean {
    return this.ranks !== undefined;
  }

  setPriority(thread: Thread, priority: number): void {
    thread.priority = priority;
    this.ranks ??= new Ranks();
    this.process.reschedule = true;
  }

  /** `thread` lets one other run, whichever can. */
  yield(thread: Thread): void {
    if (this.ranks) this.ranks.yielding = thread;
    this.process.reschedule = true;
  }

  private quantum(ready: number): number {
    if (this.fixedQuantum !== undefined) return this.fixedQuantum;
    if (ready > 1) return 1 + this.random.below(2 * this.meanQuantum);
    return this.ready.anyBlocked ? WAITED_FOR_QUANTUM : ALONE_QUANTUM;
  }

  /** Nobody can run: time passes until a deadline, or it is a deadlock. */
  private idle(): void {
    const next = Math.min(this.ready.nextDeadline(), this.process.agenda.alarms.next);
    if (next === Infinity) {
      this.ready.lookAtAll();
      if (this.ready.list.length > 0) return;
      const waits = this.process.threads
        .filter((t) => t.state !== 'ended')
        .map((t) => `thread ${t.id} ${t.suspendCount > 0 ? 'is suspended' : `waits for ${t.wait?.what ?? 'nothing'}`}`);
      if (waits.length === 0) this.process.end({ kind: 'error', text: 'every thread has ended' });
      this.process.end({ kind: 'deadlock', text: `deadlock: ${waits.join(', ')}` });
    }
    this.process.clock.idleUntil(next);
  }

  private follow(decision: Decision): void {
    const thread = this.process.threads.find((t) => t.id === decision.thread);
    if (!thread) throw new Error(`the schedule names thread ${decision.thread}, which does not exist`);
    this.ready.update(this.process.clock.now);
    if (!thread.runnable)
      throw new Error(`the schedule runs thread ${thread.id}, which is ${thread.suspendCount ? 'suspended' : thread.state}`);
    const engine = this.process.engine;
    this.stopped = false;
    let left = decision.instructions ?? Infinity;
    if (decision.address === undefined) {
      while (left > 0 && thread.runnable) left -= this.burst(thread, left);
      return;
    }
    engine.addBreakpoint(decision.address);
    try {
      while (left > 0 && thread.runnable && !this.stopped) left -= this.burst(thread, left);
    } finally {
      engine.removeBreakpoint(decision.address);
    }
  }

  private burst(thread: Thread, left: number): number {
    const before = thread.instructions;
    this.process.runThread(thread, Math.min(left, ALONE_QUANTUM));
    return thread.instructions - before;
  }

  /** The CPU stopped at a breakpoint or watchpoint. */
  breakpoint(): void {
    this.stopped = true;
    this.process.reschedule = true;
  }
}
