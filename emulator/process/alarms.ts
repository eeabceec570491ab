/** Things that happen at a moment of virtual time, whoever runs then: an OS's timers. */
interface Alarm {
  key: unknown;
  at: number;
  action: () => void;
}

export class Alarms {
  /** Earliest first. */
  private list: Alarm[] = [];

  /** One for each key. */
  set(key: unknown, at: number, action: () => void): void {
    this.cancel(key);
    const place = this.list.findIndex((other) => other.at > at);
    this.list.splice(place < 0 ? this.list.length : place, 0, { key, at, action });
  }

  cancel(key: unknown): void {
    this.list = this.list.filter((alarm) => alarm.key !== key);
  }

  /** When the next one is due. */
  get next(): number {
    return this.list[0]?.at ?? Infinity;
  }

  /** Those that are due at `now`, each once: one that sets itself again for the same moment comes at the next call. */
  run(now: number): void {
    if (this.next > now) return;
    const due = this.list.filter(({ at }) => at <= now);
    for (const alarm of due) {
      if (!this.list.includes(alarm)) continue;
      this.list = this.list.filter((other) => other !== alarm);
      alarm.action();
    }
  }
}
