/** The reservations of an address space, ordered by address, and the holes between them. */
import { GRANULARITY, PAGE_SIZE } from './memory-constants.js';
import { PageStates } from './page-states.js';

export class Reservation {
  readonly limit: number;
  readonly pages: PageStates;

  constructor(
    readonly base: number,
    readonly size: number,
    /** Protection given when it was reserved (AllocationProtect). */
    readonly protect: number,
    /** MEM_PRIVATE, MEM_IMAGE or MEM_MAPPED. */
    readonly type: number,
  ) {
    this.limit = base + size;
    this.pages = new PageStates(size / PAGE_SIZE);
  }

  index(address: number): number {
    return Math.floor((address - this.base) / PAGE_SIZE);
  }
}

const unitUp = (address: number): number => Math.ceil(address / GRANULARITY) * GRANULARITY;

export class ReservationMap {
  private readonly list: Reservation[] = [];
  private last: Reservation | undefined;

  constructor(
    private readonly lowest: number,
    private readonly limit: number,
  ) {}

  /** Index of the first reservation whose base is above `address`. */
  private above(address: number): number {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.list[middle].base <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  at(address: number): Reservation | undefined {
    const last = this.last;
    if (last !== undefined && address >= last.base && address < last.limit) return last;
    const found = this.list[this.above(address) - 1];
    if (found === undefined || address >= found.limit) return undefined;
    return (this.last = found);
  }

  overlaps(base: number, limit: number): boolean {
    const found = this.list[this.above(limit - 1) - 1];
    // The rest of a reservation's last 64 KiB unit is nobody else's.
    return found !== undefined && unitUp(found.limit) > base;
  }

  /** Base of the next reservation above `address`, or the end of the address space. */
  nextBase(address: number): number {
    return this.list[this.above(address)]?.base ?? this.limit;
  }

  add(base: number, size: number, protect: number, type: number): Reservation {
    const reservation = new Reservation(base, size, protect, type);
    this.list.splice(this.above(base), 0, reservation);
    return reservation;
  }

  remove(reservation: Reservation): void {
    this.list.splice(this.list.indexOf(reservation), 1);
    if (this.last === reservation) this.last = undefined;
  }

  /** A 64 KiB-aligned hole of `size` bytes: the lowest, or the highest. */
  findFree(size: number, topDown: boolean): number | undefined {
    if (topDown) {
      let limit = this.limit;
      for (let i = this.list.length; i >= 0; i--) {
        const floor = i === 0 ? this.lowest : unitUp(this.list[i - 1].limit);
        const base = Math.floor((limit - size) / GRANULARITY) * GRANULARITY;
        if (base >= floor) return base;
        if (i > 0) limit = this.list[i - 1].base;
      }
      return undefined;
    }
    let base = this.lowest;
    for (const reservation of this.list) {
      if (reservation.base - base >= size) return base;
      base = Math.max(base, unitUp(reservation.limit));
    }
    return this.limit - base >= size ? base : undefined;
  }
}
