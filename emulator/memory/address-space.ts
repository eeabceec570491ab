/**
 * The virtual memory areas of one process: what is reserved, what is accessible, and
 * what for. The OS models build their own semantics (VirtualAlloc, mmap, vm_map) on it.
 * A region that has never been accessible costs the engine nothing; a page that was
 * keeps its contents when its protection becomes None.
 */
import { Prot } from '../engine.js';
import type { Engine } from '../engine.js';
import { SortedRanges } from './sorted-ranges.js';

export interface Region {
  readonly base: number;
  /** First address after it. */
  readonly limit: number;
  readonly prot: number;
  /** What `protect` may raise it to (mach_vm_protect's maximum; others: RWX). */
  readonly maxProt: number;
  /** The OS model's own (compared by identity when regions merge). */
  readonly tag: unknown;
  readonly name: string;
}

export interface MapOptions {
  name?: string;
  tag?: unknown;
  maxProt?: number;
  /** Count it as committed though its protection is None (Windows commits PAGE_NOACCESS; default: prot !== None). */
  committed?: boolean;
}

interface Area extends Region {
  committed: boolean;
  /** The engine has page table entries for it. */
  backed: boolean;
}

const same = (a: Area, b: Area): boolean =>
  a.limit === b.base && a.prot === b.prot && a.maxProt === b.maxProt && a.tag === b.tag && a.name === b.name && a.committed === b.committed && a.backed === b.backed;

export class AddressSpace {
  private readonly areas = new SortedRanges<Area>();
  private reserved = 0;
  private committed = 0;
  private reservedPeak = 0;
  private committedPeak = 0;

  constructor(readonly engine: Engine) {}

  get pageSize(): number { return this.engine.pageSize; }
  get reservedBytes(): number { return this.reserved; }
  get committedBytes(): number { return this.committed; }
  get peakReservedBytes(): number { return this.reservedPeak; }
  get peakCommittedBytes(): number { return this.committedPeak; }

  private check(base: number, size: number): void {
    if (base % this.pageSize !== 0 || size % this.pageSize !== 0 || base < 0 || size <= 0) {
      throw new RangeError(`[0x${base.toString(16)}, +0x${size.toString(16)}) is not a range of pages`);
    }
  }

  private account(area: Area, sign: 1 | -1): void {
    const size = (area.limit - area.base) * sign;
    this.reserved += size;
    if (area.committed) this.committed += size;
  }

  /** Replaces what lies in [base, limit) by `make` of each area there (undefined: nothing), splitting at the ends, and merges neighbours. */
  private rewrite(base: number, limit: number, make: (area: Area) => Area | undefined, added?: Area): void {
    // Neighbours on both sides take part in merging.
    const touching = this.areas.overlapping(base - 1, limit + 1);
    const merged: Area[] = [];
    const push = (area: Area | undefined): void => {
      if (area === undefined) return;
      this.account(area, 1);
      const before = merged[merged.length - 1];
      if (before !== undefined && same(before, area)) merged[merged.length - 1] = { ...before, limit: area.limit };
      else merged.push(area);
    };
    let pending = added;
    for (const area of touching) {
      this.account(area, -1);
      if (area.base < base) push(area.limit > base ? { ...area, limit: base } : area);
      if (area.base >= limit) {
        push(pending);
        pending = undefined;
        push(area);
      }
      if (area.base < limit && area.limit > base) {
        const whole = area.base >= base && area.limit <= limit;
        push(make(whole ? area : { ...area, base: Math.max(area.base, base), limit: Math.min(area.limit, limit) }));
        if (area.limit > limit) {
          push(pending);
          pending = undefined;
          push({ ...area, base: limit });
        }
      }
    }
    push(pending);
    this.areas.replace(base - 1, limit + 1, merged);
    this.reservedPeak = Math.max(this.reservedPeak, this.reserved);
    this.committedPeak = Math.max(this.committedPeak, this.committed);
  }

  /** New zero memory; replaces what was there. */
  map(base: number, size: number, prot: number, options: MapOptions = {}): void {
    this.check(base, size);
    const backed = prot !== Prot.None;
    const area: Area = {
      base, limit: base + size, prot, maxProt: options.maxProt ?? Prot.RWX, tag: options.tag, name: options.name ?? '',
      committed: options.committed ?? backed, backed,
    };
    this.drop(base, base + size);
    if (backed) this.engine.mapPages(base, size, prot);
    this.rewrite(base, base + size, () => undefined, area);
  }

  /** [base, +size) becomes another name of the pages at `source`, which must be accessible. */
  alias(base: number, source: number, size: number, prot: number, options: MapOptions = {}): void {
    this.check(base, size);
    this.engine.aliasPages(base, source, size, prot);
    const area: Area = {
      base, limit: base + size, prot, maxProt: options.maxProt ?? Prot.RWX, tag: options.tag, name: options.name ?? '', committed: options.committed ?? false, backed: true,
    };
    this.rewrite(base, base + size, () => undefined, area);
  }

  private drop(base: number, limit: number): void {
    for (const area of this.areas.overlapping(base, limit)) {
      if (!area.backed) continue;
      const from = Math.max(area.base, base);
      this.engine.unmapPages(from, Math.min(area.limit, limit) - from);
    }
  }

  unmap(base: number, size: number): void {
    this.check(base, size);
    this.drop(base, base + size);
    this.rewrite(base, base + size, () => undefined);
  }

  /** False, and nothing done, where a part is not mapped or its maxProt forbids it. Contents stay. */
  protect(base: number, size: number, prot: number): boolean {
    this.check(base, size);
    const limit = base + size;
    if (!this.isMapped(base, size)) return false;
    const areas = this.areas.overlapping(base, limit);
    if (areas.some((area) => (prot & ~area.maxProt) !== 0)) return false;
    let changes = false;
    for (const area of areas) {
      const from = Math.max(area.base, base);
      const length = Math.min(area.limit, limit) - from;
      if (area.backed) {
        if (area.prot !== prot) this.engine.protectPages(from, length, prot);
      } else if (prot !== Prot.None) {
        this.engine.mapPages(from, length, prot);
      }
      changes ||= area.prot !== prot;
    }
    if (changes) {
      this.rewrite(base, limit, (area) => ({
        ...area, prot, backed: area.backed || prot !== Prot.None, committed: area.committed || prot !== Prot.None,
      }));
    }
    return true;
  }

  /** Gives back the memory of [base, +size) and keeps it reserved (MEM_DECOMMIT, MADV_DONTNEED of a None region). */
  decommit(base: number, size: number): void {
    this.check(base, size);
    this.drop(base, base + size);
    this.rewrite(base, base + size, (area) => ({ ...area, prot: Prot.None, backed: false, committed: false }));
  }

  setTag(base: number, size: number, tag: unknown): void {
    this.check(base, size);
    this.rewrite(base, base + size, (area) => ({ ...area, tag }));
  }

  setName(base: number, size: number, name: string): void {
    this.check(base, size);
    this.rewrite(base, base + size, (area) => ({ ...area, name }));
  }

  find(address: number): Region | undefined {
    return this.areas.find(address);
  }

  /** Whether each page of [base, +size) belongs to a region. */
  isMapped(base: number, size: number): boolean {
    let at = base;
    for (const area of this.areas.overlapping(base, base + size)) {
      if (area.base > at) return false;
      at = area.limit;
    }
    return at >= base + size;
  }

  /** Whether no page of [base, +size) does. */
  isFree(base: number, size: number): boolean {
    return this.areas.overlapping(base, base + size).length === 0;
  }

  isCommitted(address: number): boolean {
    return this.areas.find(address)?.committed ?? false;
  }

  regions(): readonly Region[] {
    return this.areas.all();
  }

  /** A free, aligned range of `size` bytes inside [low, high); the highest or the lowest. */
  findFree(size: number, align: number, low: number, high: number, topDown: boolean): number | undefined {
    const up = (address: number): number => Math.ceil(address / align) * align;
    const down = (address: number): number => Math.floor(address / align) * align;
    if (topDown) {
      let limit = high;
      for (const area of this.areas.downFrom(high)) {
        if (area.limit <= low) break;
        const base = down(limit - size);
        if (base >= area.limit) return base;
        limit = Math.min(limit, area.base);
      }
      const base = down(limit - size);
      return base >= low ? base : undefined;
    }
    let floor = low;
    for (const area of this.areas.from(low)) {
      if (area.base >= high) break;
      const base = up(floor);
      if (base + size <= Math.min(high, area.base)) return base;
      floor = Math.max(floor, area.limit);
    }
    const base = up(floor);
    return base + size <= high ? base : undefined;
  }

  /** Every structural rule of the list; for tests. */
  verify(): void {
    let reserved = 0;
    let committed = 0;
    const areas = this.areas.all();
    for (let i = 0; i < areas.length; i++) {
      const area = areas[i];
      if (area.base >= area.limit) throw new Error('empty region');
      if (i > 0 && areas[i - 1].limit > area.base) throw new Error('regions overlap');
      if (i > 0 && same(areas[i - 1], area)) throw new Error('equal neighbours');
      reserved += area.limit - area.base;
      if (area.committed) committed += area.limit - area.base;
    }
    if (reserved !== this.reserved || committed !== this.committed) throw new Error('byte counts are off');
  }
}
