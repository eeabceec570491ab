/**
 * The process's three interval timers (setitimer): one by the time of day, two by CPU time; each sends its signal.
 * Linux sets the first anew when its signal is taken, so it stops where that is ignored; the others, and the BSDs', are set anew as they go off.
 * Source: setitimer(2); kernel/time/itimer.c, posix-cpu-timers.c (Linux 6.18); sys/kern/kern_time.c (FreeBSD), bsd/kern/kern_time.c (XNU).
 */
import type { PosixSystem } from '../system.js';

/** ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF and their signals' names. */
const SIGNALS = ['SIGALRM', 'SIGVTALRM', 'SIGPROF'];
const REAL = 0;

export interface IntervalSetting {
  left: number;
  interval: number;
}

interface Timer {
  which: number;
  /** When it goes off next, or has gone off and waits for its signal to be taken. */
  until: number;
  interval: number;
  rests: boolean;
}

export class IntervalTimers {
  private readonly timers = new Map<number, Timer>();

  constructor(private readonly system: PosixSystem) {
    const { signals, traits } = system;
    if (traits.os !== 'linux') return;
    signals.onTaken.push(({ signal }) => {
      const timer = this.timers.get(REAL);
      if (timer?.rests && signal === traits.signals.numbers.SIGALRM) this.next(timer);
    });
  }

  static known(which: number): boolean {
    return which >= 0 && which < SIGNALS.length;
  }

  private now(which: number): number {
    const { clock } = this.system.process;
    return which === REAL ? clock.now : clock.busy;
  }

  private alarms(which: number) {
    const { alarms, busyAlarms } = this.system.process.agenda;
    return which === REAL ? alarms : busyAlarms;
  }

  /** The periods that have passed are passed over. */
  private next(timer: Timer): void {
    const missed = Math.floor((this.now(timer.which) - timer.until) / timer.interval);
    timer.until += (Math.max(0, missed) + 1) * timer.interval;
    this.arm(timer);
  }

  private fire(timer: Timer): void {
    const { signals, traits } = this.system;
    if (timer.interval === 0) this.timers.delete(timer.which);
    else if (timer.which === REAL && traits.os === 'linux') timer.rests = true;
    else this.next(timer);
    signals.sendToProcess({ signal: traits.signals.numbers[SIGNALS[timer.which]], code: traits.signals.codes.KERNEL });
  }

  /** After so much time, and then at intervals; `after` 0: not at all. */
  set(which: number, after: number, interval: number): void {
    const before = this.timers.get(which);
    if (before) this.alarms(which).cancel(before);
    this.timers.delete(which);
    if (after <= 0) return;
    const timer = { which, until: this.now(which) + after, interval, rests: false };
    this.timers.set(which, timer);
    this.arm(timer);
  }

  private arm(timer: Timer): void {
    timer.rests = false;
    this.alarms(timer.which).set(timer, timer.until, () => this.fire(timer));
  }

  /** What is left until it next goes off: a microsecond at least, while it is set. */
  left(which: number): IntervalSetting {
    const timer = this.timers.get(which);
    if (!timer) return { left: 0, interval: 0 };
    return { left: timer.rests ? 0 : Math.max(1000, timer.until - this.now(which)), interval: timer.interval };
  }
}
