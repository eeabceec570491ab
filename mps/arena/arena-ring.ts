/** The arenas of a process, and which of them a protection fault belongs to. */
import type { Port } from '../../platforms/port.js';

/** An arena as a fault sees it. */
export interface FaultedArena {
  /** A protection fault at `address`. False: not this arena's. */
  access(address: number, mode: number): boolean;
}

interface Extent {
  readonly base: number;
  readonly limit: number;
  readonly arena: FaultedArena;
}

export class ArenaRing {
  /** The arenas in the order of the ring, each with its place in it. */
  private readonly members = new Map<FaultedArena, number>();
  /** Those that have had a root that may be protected: it may lie anywhere. */
  private readonly rooted = new Set<FaultedArena>();
  /** The chunks of all arenas by address; no two overlap. */
  private readonly chunks: Extent[] = [];
  private added = 0;
  private handling = false;

  constructor(private readonly port: Port) {}

  /** Protection faults come to the ring, from before the first arena has any. */
  handleFaults(): void {
    if (this.handling) return;
    this.handling = true;
    this.port.protSetup((address, mode) => this.access(address, mode));
  }

  add(arena: FaultedArena): void {
    this.members.set(arena, ++this.added);
  }
  remove(arena: FaultedArena): void {
    this.members.delete(arena);
    this.rooted.delete(arena);
  }
  noteProtectableRoot(arena: FaultedArena): void {
    this.rooted.add(arena);
  }
  addChunk(base: number, limit: number, arena: FaultedArena): void {
    this.chunks.splice(this.chunksUpTo(base), 0, { base, limit, arena });
  }
  removeChunk(base: number): void {
    const at = this.chunksUpTo(base) - 1;
    if (this.chunks[at]?.base === base) this.chunks.splice(at, 1);
  }

  /** How many chunks begin at or below `address`. */
  private chunksUpTo(address: number): number {
    let low = 0;
    let high = this.chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.chunks[middle].base <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A protection fault at `address`: is it ours? Offered, in the order of the ring, to those that it may belong to. */
  private access(address: number, mode: number): boolean {
    const concerned = new Set(this.rooted);
    const chunk: Extent | undefined = this.chunks[this.chunksUpTo(address) - 1];
    if (chunk && address < chunk.limit) concerned.add(chunk.arena);
    return [...concerned]
      .map((arena) => ({ arena, place: this.members.get(arena) ?? 0 }))
      .filter(({ place }) => place > 0)
      .sort((a, b) => a.place - b.place)
      .some(({ arena }) => arena.access(address, mode));
  }
}
