/**
 * The state of pages, which is Windows' own (protections with guard pages and copy on write, pages whose writes are watched),
 * and what the CPU may do by it: that follows here only. Rules as documented for GetWriteWatch and the PAGE_* constants.
 */
import { Prot } from '../../emulator/engine.js';
import { accessOf, PAGE_SIZE } from './memory-constants.js';
import type { Reservation } from './reservations.js';

/** What happens to the pages themselves. */
export interface Pages {
  reserve(base: number, size: number): void;
  /** Zero pages with this protection (Prot). */
  commit(base: number, size: number, access: number): void;
  protect(base: number, size: number, access: number): void;
  decommit(base: number, size: number): void;
  /** The page at `base`, which others have too, becomes this place's own, with the same contents. */
  copy(base: number): void;
  release(base: number, size: number): void;
}

/** Pages [from, to) get a PAGE_* state; those that are only reserved are committed with it (a view's are there, for nobody to touch). */
export function setPageState(reservation: Reservation, from: number, to: number, state: number, memory: Pages): void {
  const { pages, written } = reservation;
  const access = accessOf(state);
  for (let index = from; index < to;) {
    const end = written ? index + 1 : pages.runEnd(index, to);
    const start = reservation.base + index * PAGE_SIZE;
    const bytes = (end - index) * PAGE_SIZE;
    const allowed = written?.has(index) === false ? access & ~Prot.Write : access;
    if (pages.get(index) === 0 && !reservation.owner) memory.commit(start, bytes, allowed);
    else memory.protect(start, bytes, allowed);
    index = end;
  }
  pages.fill(from, to, state);
}

/** A page of a watched region was to be written: true if that is the first time, and may be tried again. */
export function noteWrite(reservation: Reservation, index: number, memory: Pages): boolean {
  const { pages, written } = reservation;
  const state = pages.get(index);
  if (written?.has(index) !== false || (accessOf(state) & Prot.Write) === 0) return false;
  written.add(index);
  setPageState(reservation, index, index + 1, state, memory);
  return true;
}

/** Pages [from, to) of a region with MEM_WRITE_WATCH. */
export class WatchedPages {
  constructor(
    private readonly reservation: Reservation,
    private readonly written: Set<number>,
    private readonly from: number,
    private readonly to: number,
    private readonly memory: Pages,
  ) {}

  /** Addresses of the first `count` that have been written; `reset`: they count as not written from now on. */
  take(count: number, reset: boolean): number[] {
    const { reservation, written } = this;
    const indices = [...written]
      .filter((index) => index >= this.from && index < this.to)
      .sort((a, b) => a - b)
      .slice(0, count);
    if (reset) for (const index of indices) this.forget(index);
    return indices.map((index) => reservation.base + index * PAGE_SIZE);
  }

  private forget(index: number): void {
    const { reservation, written } = this;
    written.delete(index);
    const state = reservation.pages.get(index);
    if (state !== 0) setPageState(reservation, index, index + 1, state, this.memory);
  }
}
