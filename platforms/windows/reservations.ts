/** The reservations of an address space, ordered by address, and the holes between them. */
import { SortedRanges } from '../../emulator/memory/sorted-ranges.js';
import { afterCopy, beforeCopy, GRANULARITY, Mem, PAGE_SIZE } from './memory-constants.js';
import { PageStates } from './page-states.js';

/** Pages that are committed for all views at once, one by one (a section of the paging file). */
export interface SharedPages {
  readonly committed: PageStates;
  readonly views: Set<Reservation>;
}

/** What lies behind a view. */
export interface ViewOwner {
  /** Protections that the view may have, as a mask of PAGE_* values. */
  readonly allowed: number;
  /** Where it has no file behind it, and the view's first page among them. */
  readonly shared?: SharedPages;
  readonly first: number;
  /** FILE_MAP_COPY. */
  readonly copies: boolean;
}

export class Reservation {
  /** End of its last 64 KiB unit, which is nobody else's. */
  readonly limit: number;
  /** First address after its pages. */
  readonly end: number;
  readonly pages: PageStates;
  /** MEM_WRITE_WATCH: indices of the pages written since they were last reset. */
  written: Set<number> | undefined;
  /** Pages that were copied when they were written, and are the process's own since then. */
  readonly copied = new Set<number>();
  /** Who has the memory, where it is not this address space alone (a view of a file mapping). */
  readonly owner: ViewOwner | undefined;

  constructor(
    readonly base: number,
    readonly size: number,
    /** Protection given when it was reserved (AllocationProtect). */
    readonly protect: number,
    /** MEM_PRIVATE, MEM_IMAGE or MEM_MAPPED. */
    readonly type: number,
    owner?: ViewOwner,
  ) {
    this.owner = owner;
    this.end = base + size;
    this.limit = Math.ceil(this.end / GRANULARITY) * GRANULARITY;
    this.pages = new PageStates(size / PAGE_SIZE);
  }

  /** What VirtualProtect makes of a page that is asked to be `protect`: writing to one that is still shared copies it first. */
  protectionOf(index: number, protect: number): number {
    if (this.copied.has(index)) return afterCopy(protect) ?? protect;
    return this.type === Mem.IMAGE || this.owner?.copies ? beforeCopy(protect) : protect;
  }

  index(address: number): number {
    return Math.floor((address - this.base) / PAGE_SIZE);
  }
}

export class ReservationMap {
  private readonly ranges = new SortedRanges<Reservation>();
  private last: Reservation | undefined;

  constructor(
    private readonly lowest: number,
    private readonly limit: number,
  ) {}

  at(address: number): Reservation | undefined {
    const last = this.last;
    if (last !== undefined && address >= last.base && address < last.end) return last;
    const found = this.ranges.find(address);
    if (found === undefined || address >= found.end) return undefined;
    return (this.last = found);
  }

  overlaps(base: number, limit: number): boolean {
    const next = this.ranges.after(base);
    return next !== undefined && next.base < limit;
  }

  /** Base of the next reservation above `address`, or the end of the address space. */
  nextBase(address: number): number {
    const found = this.ranges.after(address);
    if (found === undefined) return this.limit;
    if (found.base > address) return found.base;
    return this.ranges.after(found.limit)?.base ?? this.limit;
  }

  add(base: number, size: number, protect: number, type: number, owner?: ViewOwner): Reservation {
    const reservation = new Reservation(base, size, protect, type, owner);
    this.ranges.replace(base, reservation.limit, [reservation]);
    return reservation;
  }

  remove(reservation: Reservation): void {
    this.ranges.replace(reservation.base, reservation.limit, []);
    if (this.last === reservation) this.last = undefined;
  }

  /** A 64 KiB-aligned hole of `size` bytes: the lowest, or the highest. */
  findFree(size: number, topDown: boolean): number | undefined {
    return topDown
      ? this.ranges.highestHole(size, GRANULARITY, this.lowest, this.limit)
      : this.ranges.lowestHole(size, GRANULARITY, this.lowest, this.limit);
  }
}
