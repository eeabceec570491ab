/** The ring of all arenas of a process, over which a protection fault is offered round. */
import type { Port } from '../../platforms/port.js';

/** An arena as a fault sees it. */
export interface FaultedArena {
  /** A protection fault at `address`. False: not this arena's. */
  access(address: number, mode: number): boolean;
}

export class ArenaRing {
  private readonly arenas: FaultedArena[] = [];
  private handling = false;

  constructor(private readonly port: Port) {}

  /** Protection faults come to the ring, from before the first arena has any. */
  handleFaults(): void {
    if (this.handling) return;
    this.handling = true;
    this.port.protSetup((address, mode) => this.access(address, mode));
  }

  add(arena: FaultedArena): void {
    this.arenas.push(arena);
  }

  remove(arena: FaultedArena): void {
    this.arenas.splice(this.arenas.indexOf(arena), 1);
  }

  /** A protection fault at `address`: is it ours? */
  private access(address: number, mode: number): boolean {
    for (const arena of this.arenas) if (arena.access(address, mode)) return true;
    return false;
  }
}
