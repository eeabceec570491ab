/** What is to happen at moments of virtual time: an instrument's stop, wherever that is, and the OS's timers, between turns. */
import { Alarms } from './alarms.js';
import type { VirtualClock } from './clock.js';

export class Agenda {
  /** Timers of the OS. */
  readonly alarms = new Alarms();
  /** Those that go by the CPU time of the process (VirtualClock.busy). */
  readonly busyAlarms = new Alarms();
  /** Called once when virtual time reaches `at`, wherever that is. */
  stop: { at: number; action: () => void } | undefined;

  constructor(private readonly clock: VirtualClock) {}

  /** Is it time to stop and look? */
  checkStop(): void {
    const { stop } = this;
    if (stop === undefined || this.clock.now < stop.at) return;
    this.stop = undefined;
    stop.action();
  }

  /** Between turns: the timers that are due. */
  runAlarms(): void {
    this.alarms.run(this.clock.now);
    this.busyAlarms.run(this.clock.busy);
  }

  /** Until the next timer, for who runs all that time. Not above 0: one is due. */
  get untilAlarm(): number {
    return Math.min(this.alarms.next - this.clock.now, this.busyAlarms.next - this.clock.busy);
  }

  get untilStop(): number {
    return this.stop === undefined ? Infinity : this.stop.at - this.clock.now;
  }
}
