/** The process's three interval timers (setitimer): a deadline of the scheduler's sends the signal. Source: setitimer(2), getitimer(2). */
import type { PosixSystem } from '../system.js';

/** ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF and their signals' names. All of virtual time is the program's. */
const SIGNALS = ['SIGALRM', 'SIGVTALRM', 'SIGPROF'];

export interface IntervalSetting {
  left: number;
  interval: number;
}

export class IntervalTimers {
  private readonly timers = new Map<number, { until: number; interval: number }>();

  constructor(private readonly system: PosixSystem) {}

  static known(which: number): boolean {
    return which >= 0 && which < SIGNALS.length;
  }

  private fire(which: number): void {
    const timer = this.timers.get(which);
    if (!timer) return;
    const { signals, traits } = this.system;
    if (timer.interval > 0) this.arm(which, timer.interval, timer.interval);
    else this.timers.delete(which);
    signals.sendToProcess({ signal: traits.signals.numbers[SIGNALS[which]], code: traits.signals.codes.KERNEL });
  }

  /** After so much time, and then at intervals; `after` 0: not at all. */
  set(which: number, after: number, interval: number): void {
    if (after > 0) this.arm(which, after, interval);
    else this.disarm(which);
  }

  private arm(which: number, after: number, interval: number): void {
    const { process } = this.system;
    this.disarm(which);
    const timer = { until: process.clock.now + after, interval };
    this.timers.set(which, timer);
    process.alarms.set(timer, timer.until, () => this.fire(which));
  }

  private disarm(which: number): void {
    const before = this.timers.get(which);
    if (before) this.system.process.alarms.cancel(before);
    this.timers.delete(which);
  }

  /** What is left until it next goes off: a microsecond at least, while it is set. */
  left(which: number): IntervalSetting {
    const timer = this.timers.get(which);
    return timer
      ? { left: Math.max(1000, timer.until - this.system.process.clock.now), interval: timer.interval }
      : { left: 0, interval: 0 };
  }
}
