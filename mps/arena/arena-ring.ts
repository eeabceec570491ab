/** The ring of all arenas of a process, over which a protection fault is offered round. */
import type { Port } from '../../platforms/port.js';

/** An arena as a fault sees it. */
export interface FaultedArena {
  /** A protection fault at `address`. False: not this arena's. */
  access(address: number, mode: number): boolean;
}

export class ArenaRing {
  private static readonly rings = new WeakMap<Port, ArenaRing>();
  readonly arenas: FaultedArena[] = [];

  private constructor(port: Port) {
    port.protSetup((address, mode) => this.access(address, mode));
  }

  /** The ring of a process; the first arena installs the fault handler. */
  static of(port: Port): ArenaRing {
    let ring = this.rings.get(port);
    if (!ring) this.rings.set(port, (ring = new ArenaRing(port)));
    return ring;
  }

  /** A protection fault at `address`: is it ours? */
  private access(address: number, mode: number): boolean {
    for (const arena of this.arenas) if (arena.access(address, mode)) return true;
    return false;
  }
}
