/**
 * The virtual memory of a Windows process: reservations in 64 KiB units, pages
 * committed inside them, protections, guard pages. VirtualAlloc, VirtualFree,
 * VirtualProtect and VirtualQuery are thin over it. Rules and error codes as
 * documented for the Win32 memory functions; where Wine and the documentation
 * differ, the documentation is followed.
 */
import { ErrorCode } from './error-codes.js';
import { afterCopy, GRANULARITY, Mem, Page, PAGE_SIZE, validProtection } from './memory-constants.js';
import { noteWrite, setPageState, WatchedPages, type Pages } from './page-access.js';
import type { PageStates } from './page-states.js';
import { ReservationMap, type Reservation, type SharedPages, type ViewOwner } from './reservations.js';

export interface MemoryInformation {
  baseAddress: number;
  allocationBase: number;
  allocationProtect: number;
  regionSize: number;
  state: number;
  protect: number;
  type: number;
}

const ALLOCATE_BITS = Mem.COMMIT | Mem.RESERVE | Mem.RESET | Mem.TOP_DOWN | Mem.WRITE_WATCH | Mem.PHYSICAL | Mem.LARGE_PAGES;

const pageDown = (address: number): number => address - (address % PAGE_SIZE);
const pageUp = (address: number): number => pageDown(address + PAGE_SIZE - 1);

export class VirtualMemory {
  /** Win32 code of the last call that failed. */
  error = 0;
  committedBytes = 0;
  peakCommittedBytes = 0;
  /** Pages that VirtualLock keeps in memory, by address. */
  readonly locked = new Set<number>();
  private readonly map: ReservationMap;

  constructor(
    private readonly pages: Pages,
    /** Lowest and highest application address (the highest is the last usable byte). */
    readonly lowest: number,
    readonly highest: number,
    readonly commitLimit: number,
  ) {
    this.map = new ReservationMap(lowest, highest + 1);
  }

  reservationAt(address: number): Reservation | undefined {
    return this.map.at(address);
  }

  /** Protection of the page at `address`; 0 if it is not committed. */
  stateAt(address: number): number {
    const reservation = this.map.at(address);
    return reservation === undefined ? 0 : reservation.pages.get(reservation.index(address));
  }

  private fail(error: number): 0 {
    this.error = error;
    return 0;
  }

  /** VirtualAlloc. 0 = failed, `error` says why. */
  allocate(address: number, size: number, type: number, protect: number): number {
    if (size === 0 || type & ~ALLOCATE_BITS || !(type & (Mem.COMMIT | Mem.RESERVE | Mem.RESET)))
      return this.fail(ErrorCode.INVALID_PARAMETER);
    if (type & Mem.RESET && type !== Mem.RESET) return this.fail(ErrorCode.INVALID_PARAMETER);
    if (!validProtection(protect, false)) return this.fail(ErrorCode.INVALID_PARAMETER);
    if (type & Mem.LARGE_PAGES) return this.fail(ErrorCode.PRIVILEGE_NOT_HELD);
    if (type & Mem.WRITE_WATCH && !(type & Mem.RESERVE)) return this.fail(ErrorCode.INVALID_PARAMETER);
    if (type & Mem.PHYSICAL) return this.fail(ErrorCode.NOT_SUPPORTED);
    if (address > this.highest || size > this.highest + 1 - Math.max(address, this.lowest)) return this.fail(ErrorCode.INVALID_PARAMETER);
    if (type & Mem.RESET) return this.reset(address, size);
    if (!(type & Mem.RESERVE) && address !== 0) return this.commit(address, size, protect);
    const reservation = this.reserve(address, size, type, protect);
    if (reservation === undefined) return 0;
    if (type & Mem.COMMIT && !this.commit(reservation.base, reservation.size, protect)) {
      this.remove(reservation);
      return 0;
    }
    return reservation.base;
  }

  private reserve(address: number, size: number, type: number, protect: number): Reservation | undefined {
    let base: number;
    let limit: number;
    if (address === 0) {
      const found = this.map.findFree(pageUp(size), (type & Mem.TOP_DOWN) !== 0);
      if (found === undefined) return void this.fail(ErrorCode.NOT_ENOUGH_MEMORY);
      base = found;
      limit = base + pageUp(size);
    } else {
      base = address - (address % GRANULARITY);
      limit = pageUp(address + size);
      if (base < this.lowest) return void this.fail(ErrorCode.INVALID_PARAMETER);
      if (this.map.overlaps(base, limit)) return void this.fail(ErrorCode.INVALID_ADDRESS);
    }
    this.pages.reserve(base, limit - base);
    const reservation = this.map.add(base, limit - base, protect, Mem.PRIVATE);
    if (type & Mem.WRITE_WATCH) reservation.written = new Set();
    return reservation;
  }

  /** What is no longer there is not locked. */
  private unlock(base: number, limit: number): void {
    for (const page of this.locked) if (page >= base && page < limit) this.locked.delete(page);
  }

  private remove(reservation: Reservation): void {
    this.unlock(reservation.base, reservation.end);
    this.map.remove(reservation);
    this.pages.release(reservation.base, reservation.size);
  }

  private reset(address: number, size: number): number {
    const base = pageDown(address);
    const reservation = this.map.at(base);
    if (!reservation || pageUp(address + size) > reservation.end) return this.fail(ErrorCode.INVALID_ADDRESS);
    return base;
  }

  private commit(address: number, size: number, protect: number): number {
    const base = pageDown(address);
    const limit = pageUp(address + size);
    const reservation = this.map.at(base);
    if (!reservation || limit > reservation.end) return this.fail(ErrorCode.INVALID_ADDRESS);
    const { pages, owner } = reservation;
    const to = reservation.index(limit);
    const from = reservation.index(base);
    if (owner?.shared) return this.commitShared(reservation, owner.shared, from, to, protect) ? base : 0;
    // What has a file behind it is committed already (STATUS_ALREADY_COMMITTED).
    if (reservation.type !== Mem.PRIVATE) return this.fail(ErrorCode.ACCESS_DENIED);
    const growth = (to - from - pages.committed(from, to)) * PAGE_SIZE;
    if (!this.charge(growth)) return 0;
    setPageState(reservation, from, to, protect, this.pages);
    return base;
  }

  /** Pages of a section: other views see them committed too, with their own protection. */
  private commitShared(view: Reservation, shared: SharedPages, from: number, to: number, protect: number): boolean {
    const { owner } = view;
    if (!owner || (protect & 0xff & ~owner.allowed) !== 0) return this.fail(ErrorCode.INVALID_PARAMETER) !== 0;
    const { committed, views } = shared;
    const [first, last] = [from + owner.first, to + owner.first];
    if (!this.charge((last - first - committed.committed(first, last)) * PAGE_SIZE)) return false;
    committed.fill(first, last, Page.READWRITE);
    for (const other of views) if (other !== view) this.showCommitted(other, first, last);
    for (let index = from; index < to; index++) setPageState(view, index, index + 1, view.protectionOf(index, protect), this.pages);
    return true;
  }

  /** Of the section's pages [first, last), those that are committed and not yet so in this view. */
  showCommitted(view: Reservation, first: number, last: number): void {
    const { owner, pages } = view;
    if (!owner?.shared) return;
    const to = Math.min(pages.count, last - owner.first);
    for (let index = Math.max(0, first - owner.first); index < to; index++) {
      if (pages.get(index) === 0 && owner.shared.committed.get(index + owner.first) !== 0)
        setPageState(view, index, index + 1, view.protect, this.pages);
    }
  }

  /** `bytes` more (or less) are to be held in memory or the paging file. False: there is no more. */
  charge(bytes: number): boolean {
    if (bytes > 0 && this.committedBytes + bytes > this.commitLimit) return this.fail(ErrorCode.COMMITMENT_LIMIT) !== 0;
    this.committedBytes += bytes;
    this.peakCommittedBytes = Math.max(this.peakCommittedBytes, this.committedBytes);
    return true;
  }

  /** Pages [from, to) of the image at `base` are of a section with this protection. */
  setImageState(base: number, from: number, to: number, state: number): void {
    const reservation = this.map.at(base);
    if (reservation) setPageState(reservation, from, to, state, this.pages);
  }

  /** A write that the page table has refused: true if it may be tried again, as the page was to be copied or noted first. */
  resolveWrite(address: number): boolean {
    const reservation = this.map.at(address);
    if (!reservation) return false;
    const index = reservation.index(address);
    const state = reservation.pages.get(index);
    const copied = afterCopy(state);
    if (copied === undefined) return noteWrite(reservation, index, this.pages);
    reservation.copied.add(index);
    if (reservation.owner) this.pages.copy(reservation.base + index * PAGE_SIZE);
    setPageState(reservation, index, index + 1, copied, this.pages);
    return true;
  }

  /** The watched region that [address, +size) is a part of. */
  private watched(address: number, size: number): WatchedPages | undefined {
    const base = pageDown(address);
    const limit = pageUp(address + size);
    const reservation = this.map.at(base);
    if (size === 0 || !reservation?.written || limit > reservation.end) return void this.fail(ErrorCode.INVALID_PARAMETER);
    return new WatchedPages(reservation, reservation.written, reservation.index(base), reservation.index(limit), this.pages);
  }

  /** GetWriteWatch: addresses of at most `count` written pages; `reset`: these count as not written from now on. */
  writeWatch(address: number, size: number, count: number, reset: boolean): number[] | undefined {
    const found = this.watched(address, size);
    if (!found || count === 0) return void this.fail(ErrorCode.INVALID_PARAMETER);
    return found.take(count, reset);
  }

  /** ResetWriteWatch. */
  resetWriteWatch(address: number, size: number): boolean {
    const found = this.watched(address, size);
    found?.take(Infinity, true);
    return found !== undefined;
  }

  /** VirtualFree. */
  free(address: number, size: number, type: number): boolean {
    if (type !== Mem.DECOMMIT && type !== Mem.RELEASE) return this.fail(ErrorCode.INVALID_PARAMETER) !== 0;
    if (type === Mem.RELEASE && size !== 0) return this.fail(ErrorCode.INVALID_PARAMETER) !== 0;
    const reservation = this.map.at(address);
    if (!reservation) return this.fail(ErrorCode.INVALID_ADDRESS) !== 0;
    if (reservation.type !== Mem.PRIVATE) return this.fail(ErrorCode.INVALID_PARAMETER) !== 0;
    if (size === 0) {
      if (address !== reservation.base) return this.fail(ErrorCode.INVALID_ADDRESS) !== 0;
      this.decommit(reservation, 0, reservation.pages.count);
      if (type === Mem.RELEASE) this.remove(reservation);
      return true;
    }
    const limit = pageUp(address + size);
    if (limit > reservation.end) return this.fail(ErrorCode.INVALID_PARAMETER) !== 0;
    this.decommit(reservation, reservation.index(pageDown(address)), reservation.index(limit));
    return true;
  }

  private decommit(reservation: Reservation, from: number, to: number): void {
    this.unlock(reservation.base + from * PAGE_SIZE, reservation.base + to * PAGE_SIZE);
    const { pages } = reservation;
    for (let index = from; index < to;) {
      const end = pages.runEnd(index, to);
      if (pages.get(index) !== 0) {
        this.pages.decommit(reservation.base + index * PAGE_SIZE, (end - index) * PAGE_SIZE);
        this.committedBytes -= (end - index) * PAGE_SIZE;
      }
      index = end;
    }
    pages.fill(from, to, 0);
  }

  /** VirtualProtect: the first page's old protection, or 0 if it failed. */
  protect(address: number, size: number, protect: number): number {
    const base = pageDown(address);
    const limit = pageUp(address + size);
    if (size === 0 || address > this.highest || size > this.highest + 1 - address) return this.fail(ErrorCode.INVALID_PARAMETER);
    const reservation = this.map.at(base);
    if (!validProtection(protect, reservation !== undefined && reservation.type !== Mem.PRIVATE))
      return this.fail(ErrorCode.INVALID_PARAMETER);
    if (reservation?.owner && (protect & 0xff & ~reservation.owner.allowed) !== 0) return this.fail(ErrorCode.INVALID_PARAMETER);
    if (!reservation || limit > reservation.end) return this.fail(ErrorCode.INVALID_ADDRESS);
    const { pages } = reservation;
    const from = reservation.index(base);
    const to = reservation.index(limit);
    if (!pages.allCommitted(from, to)) return this.fail(ErrorCode.INVALID_ADDRESS);
    const old = pages.get(from);
    if (reservation.type === Mem.PRIVATE) setPageState(reservation, from, to, protect, this.pages);
    else
      for (let index = from; index < to; index++)
        setPageState(reservation, index, index + 1, reservation.protectionOf(index, protect), this.pages);
    return old;
  }

  /** VirtualQuery. Undefined above the user's address space. */
  query(address: number): MemoryInformation | undefined {
    if (address > this.highest) return void this.fail(ErrorCode.INVALID_PARAMETER);
    const base = pageDown(address);
    const reservation = this.map.at(base);
    if (!reservation) {
      const limit = this.map.nextBase(base);
      return {
        baseAddress: base,
        allocationBase: 0,
        allocationProtect: 0,
        regionSize: limit - base,
        state: Mem.FREE,
        protect: Page.NOACCESS,
        type: 0,
      };
    }
    const index = reservation.index(base);
    const protect = reservation.pages.get(index);
    const end = reservation.pages.runEnd(index, reservation.pages.count);
    return {
      baseAddress: base,
      allocationBase: reservation.base,
      allocationProtect: reservation.protect,
      regionSize: (end - index) * PAGE_SIZE,
      state: protect === 0 ? Mem.RESERVE : Mem.COMMIT,
      protect,
      type: reservation.type,
    };
  }

  /** Room for a view, whose pages are the caller's to put there. `address` 0: anywhere. Undefined: `error` says why. */
  addView(address: number, size: number, protect: number, owner: ViewOwner): Reservation | undefined {
    const bytes = pageUp(size);
    const base = address === 0 ? this.map.findFree(bytes, false) : address;
    if (base === undefined) return void this.fail(ErrorCode.NOT_ENOUGH_MEMORY);
    if (base < this.lowest || base + bytes > this.highest + 1 || this.map.overlaps(base, base + bytes))
      return void this.fail(ErrorCode.INVALID_ADDRESS);
    const reservation = this.map.add(base, bytes, protect, Mem.MAPPED, owner);
    if (!owner.shared) reservation.pages.fill(0, reservation.pages.count, protect);
    return reservation;
  }

  removeView(view: Reservation): void {
    this.remove(view);
  }

  /** Touching a guard page ends its being one. True if `address` was on a guard page. */
  takeGuard(address: number): boolean {
    const reservation = this.map.at(address);
    if (!reservation) return false;
    const index = reservation.index(address);
    const state = reservation.pages.get(index);
    if (!(state & Page.GUARD)) return false;
    setPageState(reservation, index, index + 1, state & ~Page.GUARD, this.pages);
    return true;
  }

  /** Where an image of `span` bytes goes: at its preferred base if that is free, else at the lowest free place. */
  placeImage(preferred: number, span: number): number | undefined {
    const size = pageUp(span);
    const fits = preferred >= this.lowest && preferred % GRANULARITY === 0 && preferred + size <= this.highest + 1;
    return fits && !this.map.overlaps(preferred, preferred + size) ? preferred : this.map.findFree(size, false);
  }

  /** Memory that others map (images, kernel-provided pages): known to VirtualQuery, out of VirtualAlloc's way. */
  addMapped(base: number, size: number, type: number, protect: number): PageStates {
    return this.map.add(base, pageUp(size), protect, type).pages;
  }
}
