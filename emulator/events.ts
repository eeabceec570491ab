/**
 * One typed event stream: everything worth seeing, in the order it happened, with virtual time, thread and PC.
 * Off by default; `on` is tested before an event's details are gathered, so it is free when off.
 */

/**
 * From an event's name to the type of its details. Each layer adds its own (declaration merging):
 * emulator/process/events.ts, platforms/events.ts, mps/events.ts.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the layers fill it
export interface EventMap {}

export type EventName = keyof EventMap;

export interface EventBase {
  /** Virtual time in units (one guest instruction is one unit). */
  t: number;
  /** Thread number, from 1; 0 = none. */
  thread: number;
  /** PC of that thread. */
  pc: number;
}

/** An event as listeners get it; `event` tells which, and so what details it has. */
export type MachineEvent<N extends EventName = EventName> = { [E in N]: EventBase & { event: E } & EventMap[E] }[N];

export type EventListener = (event: MachineEvent) => void;

/** The arguments after an event's name: none if it has no details. */
type Details<N extends EventName> = keyof EventMap[N] extends never ? [] : [details: EventMap[N]];

export class EventStream {
  /** True when somebody listens. Test it before building details. */
  on = false;
  private readonly listeners: EventListener[] = [];
  /** Called when the first listener comes and when the last one goes. */
  changed: (on: boolean) => void = () => undefined;
  /** Filled in by the process: time, thread, pc now. */
  now: () => EventBase = () => ({ t: 0, thread: 0, pc: 0 });

  listen(listener: EventListener): () => void {
    this.listeners.push(listener);
    this.update();
    return () => {
      this.listeners.splice(this.listeners.indexOf(listener), 1);
      this.update();
    };
  }

  private update(): void {
    const on = this.listeners.length > 0;
    if (on === this.on) return;
    this.on = on;
    this.changed(on);
  }

  emit<N extends EventName>(event: N, ...details: Details<N>): void {
    if (!this.on) return;
    const record: EventBase & { event: EventName } = { ...this.now(), event, ...details[0] };
    for (const listener of this.listeners) listener(record as MachineEvent);
  }
}
