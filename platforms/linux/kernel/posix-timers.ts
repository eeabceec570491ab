/**
 * Timers that a program makes. One is set anew when its signal is taken, and counts the periods that passed till then (si_overrun);
 * while its signal is ignored it rests. Each has a place in the queue of signals from the start, so it is never refused one.
 * Source: kernel/time/posix-timers.c, kernel/signal.c (6.18).
 */
import type { Alarms } from '../../../emulator/process/alarms.js';
import type { Thread } from '../../../emulator/process/thread.js';
import type { SignalInfo } from '../../posix/posix-thread.js';
import type { PosixSystem } from '../../posix/system.js';

const SI_TIMER = -2;
const MOST_OVERRUNS = 0x7fffffff;

/** What a timer goes by. */
export interface TimerClock {
  /** In nanoseconds, but for its epoch. */
  read(): number;
  /** What it reads in seconds when the program starts. */
  epoch: number;
  /** Alarms that advance at least as fast, and what they go by. */
  alarms: Alarms;
  alarmTime(): number;
}

export interface TimerEvent {
  /** 0: nobody hears of it. */
  signal: number;
  value: bigint;
  /** The thread that hears of it; undefined: the process. */
  target: Thread | undefined;
}

interface Timer extends TimerEvent {
  id: number;
  clock: TimerClock;
  /** By its clock; undefined: not set. */
  until: number | undefined;
  interval: number;
  /** Of the signal that was taken last. */
  overrun: number;
  /** Its signal waits to be taken, or would if it were not ignored. */
  state: 'runs' | 'waits' | 'ignored';
}

export class PosixTimers {
  private readonly timers = new Map<number, Timer>();
  private nextId = 0;

  constructor(private readonly system: PosixSystem) {
    system.signals.onActionChanged.push((signal) => this.actionChanged(signal));
  }

  /** The number that the next one gets; undefined: no more are allowed. */
  get next(): number | undefined {
    return this.system.signals.room ? this.nextId : undefined;
  }

  create(clock: TimerClock, event: TimerEvent): void {
    const id = this.nextId++;
    this.timers.set(id, { ...event, id, clock, until: undefined, interval: 0, overrun: 0, state: 'runs' });
    this.system.signals.reserved++;
  }

  clock(id: number): TimerClock | undefined {
    return this.timers.get(id)?.clock;
  }

  delete(id: number): boolean {
    const timer = this.timers.get(id);
    if (!timer) return false;
    this.stop(timer);
    this.timers.delete(id);
    this.system.signals.reserved--;
    return true;
  }

  /** `after`: by its clock, 0 or less for at once; undefined: not at all. */
  set(id: number, after: number | undefined, interval: number): void {
    const timer = this.timers.get(id);
    if (!timer) return;
    this.stop(timer);
    timer.interval = interval;
    timer.overrun = 0;
    timer.until = after === undefined ? undefined : timer.clock.read() + Math.max(0, after);
    this.arm(timer);
  }

  setting(id: number): { left: number; interval: number } | undefined {
    const timer = this.timers.get(id);
    if (!timer) return undefined;
    const { interval, signal, until } = timer;
    if (until === undefined) return { left: 0, interval };
    const left = until - timer.clock.read();
    if (left > 0) return { left, interval };
    if (interval > 0) return { left: interval - (-left % interval), interval };
    return { left: signal === 0 ? 0 : 1, interval };
  }

  overrun(id: number): number | undefined {
    return this.timers.get(id)?.overrun;
  }

  /** A signal of before must not be taken any more. */
  private stop(timer: Timer): void {
    timer.clock.alarms.cancel(timer);
    if (timer.state === 'waits') this.system.signals.forget(timer.signal, (info) => info.timer === timer);
    timer.state = 'runs';
  }

  private arm(timer: Timer): void {
    const { clock, until, signal } = timer;
    // What nobody hears of is worked out when somebody asks.
    if (until === undefined || signal === 0) return;
    clock.alarms.set(timer, clock.alarmTime() + Math.max(0, until - clock.read()), () => this.ring(timer));
  }

  private ring(timer: Timer): void {
    const { clock, until } = timer;
    if (until === undefined) return;
    if (clock.read() < until) this.arm(timer);
    else this.send(timer);
  }

  private send(timer: Timer): void {
    const { signals } = this.system;
    const { signal, value, target, id, interval } = timer;
    if (interval === 0) timer.until = undefined;
    if (signals.ignores(signal, target)) {
      timer.state = interval > 0 ? 'ignored' : 'runs';
      return;
    }
    timer.state = 'waits';
    const info: SignalInfo = { signal, code: SI_TIMER, pid: id, uid: 0, value, timer, taken: (taken) => this.taken(timer, taken) };
    if (target) signals.sendToThread(target, info);
    else signals.sendToProcess(info);
  }

  private taken(timer: Timer, info: SignalInfo): void {
    timer.state = 'runs';
    const { interval, until } = timer;
    if (until === undefined || interval === 0) return;
    const missed = Math.max(0, Math.floor((timer.clock.read() - until) / interval));
    timer.until = until + (missed + 1) * interval;
    timer.overrun = Math.min(missed, MOST_OVERRUNS);
    info.uid = timer.overrun;
    this.arm(timer);
  }

  /** A signal that is ignored from now on leaves the queue; one that is not any more is sent. */
  private actionChanged(signal: number): void {
    const { signals } = this.system;
    for (const timer of this.timers.values()) {
      if (timer.signal !== signal) continue;
      if (timer.state === 'waits' && signals.isIgnored(signal)) timer.state = timer.interval > 0 ? 'ignored' : 'runs';
      else if (timer.state === 'ignored' && !signals.isIgnored(signal)) this.send(timer);
    }
  }
}
