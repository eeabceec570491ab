/**
 * One typed event stream: everything worth seeing, in the order it happened,
 * with virtual time, thread and PC. Off by default; `on` is tested before an
 * event object is made, so it is free when off.
 */
export interface EventBase {
  /** Virtual time in units (one guest instruction is one unit). */
  t: number;
  /** Thread number, from 1; 0 = none. */
  thread: number;
  /** PC of that thread. */
  pc: number;
  event: string;
  [detail: string]: unknown;
}

export type EventListener = (event: EventBase) => void;

export class EventStream {
  /** True when somebody listens. Test it before building details. */
  on = false;
  private readonly listeners: EventListener[] = [];
  /** Filled in by the process: time, thread, pc now. */
  now: () => { t: number; thread: number; pc: number } = () => ({ t: 0, thread: 0, pc: 0 });

  listen(listener: EventListener): () => void {
    this.listeners.push(listener);
    this.on = true;
    return () => {
      this.listeners.splice(this.listeners.indexOf(listener), 1);
      this.on = this.listeners.length > 0;
    };
  }

  emit(event: string, details: Record<string, unknown> = {}): void {
    if (!this.on) return;
    const { t, thread, pc } = this.now();
    const record: EventBase = { t, thread, pc, event, ...details };
    for (const listener of this.listeners) listener(record);
  }
}
