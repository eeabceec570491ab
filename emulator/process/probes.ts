/**
 * Probes: functions of guest code whose calls the event stream sees, unseen by the guest: a breakpoint at which nobody
 * stops. In force only while somebody listens, since a breakpoint makes the code around it slow; instruction counts
 * are the same either way.
 */
import type { Engine } from '../engine.js';
import type { EventStream } from '../events.js';
import type { Gate } from './gates.js';

export class Probes {
  private readonly probes = new Map<number, Gate>();

  constructor(
    private readonly engine: Pick<Engine, 'addBreakpoint' | 'removeBreakpoint'>,
    private readonly events: EventStream,
  ) {
    events.changed = (on) => {
      for (const address of this.probes.keys()) this.set(address, on);
    };
  }

  add(probe: Gate): void {
    this.probes.set(probe.address, probe);
    this.set(probe.address, this.events.on);
  }

  at(address: number): Gate | undefined {
    return this.probes.get(address);
  }

  private set(address: number, on: boolean): void {
    if (on) this.engine.addBreakpoint(address);
    else this.engine.removeBreakpoint(address);
  }
}
