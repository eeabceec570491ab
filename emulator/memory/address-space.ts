/**
 * The regions of a process's address space: what is reserved, what of it is committed, and
 * what for. The OS models build their own semantics (VirtualAlloc, mmap, vm_map) on it.
 * What a page allows now is in the engine's page table and nowhere else: only this file
 * changes it. So a heap whose pages are protected one by one stays one region.
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
  /** What its pages may be protected with (mach_vm_protect's maximum; others: RWX). */
  readonly maxProt: number;
  /** The OS model's own (compared by identity when regions merge). */
  readonly tag: unknown;
  readonly name: string;
}

export interface ProtectionRun {
  base: number;
  limit: number;
  prot: number;
  region: Region;
}

export interface MapOptions {
  name?: string;
  tag?: unknown;
  maxProt?: number;
  /** Count it as committed though its protection is None (Windows commits PAGE_NOACCESS; default: prot !== None). */
  committed?: boolean;
}

class Area implements Region {
  constructor(
    readonly base: number,
    readonly limit: number,
    readonly maxProt: number,
    readonly tag: unknown,
    readonly name: string,
    readonly committed: boolean,
    /** The engine has page table entries for it. */
    readonly backed: boolean,
  ) {}

  span(base: number, limit: number): Area {
    return new Area(base, limit, this.maxProt, this.tag, this.name, this.committed, this.backed);
  }

  /** Whether it begins where `before` ends and is the same in all else. */
  continues(before: Area): boolean {
    return (
      before.limit === this.base &&
      before.maxProt === this.maxProt &&
      before.tag === this.tag &&
      before.name === this.name &&
      before.committed === this.committed &&
      before.backed === this.backed
    );
  }
}

export class AddressSpace {
  private readonly areas = new SortedRanges<Area>();
  private reserved = 0;
  private committed = 0;
  private reservedPeak = 0;
  private committedPeak = 0;

  constructor(readonly engine: Engine) {}

  get pageSize(): number {
    return this.engine.pageSize;
  }
  get reservedBytes(): number {
    return this.reserved;
  }
  get committedBytes(): number {
    return this.committed;
  }
  get peakReservedBytes(): number {
    return this.reservedPeak;
  }
  get peakCommittedBytes(): number {
    return this.committedPeak;
  }

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
      if (before !== undefined && area.continues(before)) merged[merged.length - 1] = before.span(before.base, area.limit);
      else merged.push(area);
    };
    let pending = added;
    for (const area of touching) {
      this.account(area, -1);
      if (area.base < base) push(area.limit > base ? area.span(area.base, base) : area);
      if (area.base >= limit) {
        push(pending);
        pending = undefined;
        push(area);
      }
      if (area.base < limit && area.limit > base) {
        const whole = area.base >= base && area.limit <= limit;
        push(make(whole ? area : area.span(Math.max(area.base, base), Math.min(area.limit, limit))));
        if (area.limit > limit) {
          push(pending);
          pending = undefined;
          push(area.span(limit, area.limit));
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
    const area = new Area(
      base,
      base + size,
      options.maxProt ?? Prot.RWX,
      options.tag,
      options.name ?? '',
      options.committed ?? backed,
      backed,
    );
    this.drop(base, base + size);
    if (backed) this.engine.mapPages(base, size, prot);
    this.rewrite(base, base + size, () => undefined, area);
  }

  /** [base, +size) becomes another name of the pages at `source`, which must be accessible. */
  alias(base: number, source: number, size: number, prot: number, options: MapOptions = {}): void {
    this.check(base, size);
    this.engine.aliasPages(base, source, size, prot);
    const area = new Area(
      base,
      base + size,
      options.maxProt ?? Prot.RWX,
      options.tag,
      options.name ?? '',
      options.committed ?? false,
      true,
    );
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
    const first = this.areas.find(base);
    if (first === undefined) return false;
    if (first.limit >= limit && first.backed && first.committed) {
      if ((prot & ~first.maxProt) !== 0) return false;
      this.engine.protectPages(base, size, prot);
      return true;
    }
    const areas = this.areas.overlapping(base, limit);
    let end = base;
    for (const area of areas) {
      if (area.base > end || (prot & ~area.maxProt) !== 0) return false;
      end = area.limit;
    }
    if (end < limit) return false;
    const accessible = prot !== Prot.None;
    for (const area of areas) {
      const from = Math.max(area.base, base);
      const length = Math.min(area.limit, limit) - from;
      if (area.backed) this.engine.protectPages(from, length, prot);
      else if (accessible) this.engine.mapPages(from, length, prot);
    }
    if (accessible) {
      this.rewrite(base, limit, (area) => new Area(area.base, area.limit, area.maxProt, area.tag, area.name, true, true));
    }
    return true;
  }

  /** What the page at `address` allows; undefined where nothing is mapped. */
  protection(address: number): number | undefined {
    const area = this.areas.find(address);
    if (area === undefined) return undefined;
    return area.backed ? this.engine.protection(address) : Prot.None;
  }

  /** The pages of [base, +size) that are mapped, in runs of one region and one protection, which may be as long as the region is. */
  *runs(base: number, size: number): Iterable<ProtectionRun> {
    for (const region of this.areas.overlapping(base, base + size)) {
      const end = Math.min(region.limit, base + size);
      for (let at = Math.max(region.base, base); at < end;) {
        const limit = region.backed ? this.engine.protectionEnd(at, end) : end;
        yield { base: at, limit, prot: region.backed ? this.engine.protection(at) : Prot.None, region };
        at = limit;
      }
    }
  }

  /** Gives back the memory of [base, +size) and keeps it reserved (MEM_DECOMMIT). */
  decommit(base: number, size: number): void {
    this.check(base, size);
    this.drop(base, base + size);
    this.rewrite(base, base + size, (area) => new Area(area.base, area.limit, area.maxProt, area.tag, area.name, false, false));
  }

  /** The pages of [base, +size) become zero and keep their protection (MADV_DONTNEED). */
  discard(base: number, size: number): void {
    this.check(base, size);
    this.engine.discardPages(base, size);
  }

  /** Whether the page at `address` has been touched. */
  isResident(address: number): boolean {
    return (this.areas.find(address)?.backed ?? false) && this.engine.resident(address);
  }

  /** Give the page at `address` memory. */
  touch(address: number): void {
    this.engine.translate(address, 0);
  }

  /** The pages of [source, +size), all of one protection, come to [base, +size) with their contents; nothing stays where they were. */
  moveTo(source: number, base: number, size: number): void {
    this.check(base, size);
    const area = this.areas.find(source);
    if (area === undefined) throw new RangeError(`nothing is mapped at 0x${source.toString(16)}`);
    const prot = this.protection(source) ?? Prot.None;
    const { name, tag, maxProt, committed } = area;
    const options = { name, tag, maxProt, committed };
    if (area.backed) {
      this.drop(base, base + size);
      this.alias(base, source, size, prot, options);
    } else this.map(base, size, prot, options);
    this.unmap(source, size);
  }

  /** What the pages of [base, +size) may be protected with from now on; those that allow more now allow that alone. */
  limit(base: number, size: number, maxProt: number): void {
    this.check(base, size);
    for (const { base: from, limit, prot } of this.runs(base, size))
      if (prot & ~maxProt) this.engine.protectPages(from, limit - from, prot & maxProt);
    this.rewrite(base, base + size, (area) => new Area(area.base, area.limit, maxProt, area.tag, area.name, area.committed, area.backed));
  }

  setTag(base: number, size: number, tag: unknown): void {
    this.check(base, size);
    this.rewrite(base, base + size, (area) => new Area(area.base, area.limit, area.maxProt, tag, area.name, area.committed, area.backed));
  }

  setName(base: number, size: number, name: string): void {
    this.check(base, size);
    this.rewrite(base, base + size, (area) => new Area(area.base, area.limit, area.maxProt, area.tag, name, area.committed, area.backed));
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
    const next = this.areas.after(base);
    return next === undefined || next.base >= base + size;
  }

  isCommitted(address: number): boolean {
    return this.areas.find(address)?.committed ?? false;
  }

  /** The regions that have a part in [base, +size). */
  overlapping(base: number, size: number): readonly Region[] {
    return this.areas.overlapping(base, base + size);
  }

  /** First address after the last region. */
  get end(): number {
    return this.areas.all().at(-1)?.limit ?? 0;
  }

  regions(): readonly Region[] {
    return this.areas.all();
  }

  /** A free, aligned range of `size` bytes inside [low, high); the highest or the lowest. */
  findFree(size: number, align: number, low: number, high: number, topDown: boolean): number | undefined {
    return topDown ? this.areas.highestHole(size, align, low, high) : this.areas.lowestHole(size, align, low, high);
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
      if (i > 0 && area.continues(areas[i - 1])) throw new Error('equal neighbours');
      reserved += area.limit - area.base;
      if (area.committed) committed += area.limit - area.base;
    }
    if (reserved !== this.reserved || committed !== this.committed) throw new Error('byte counts are off');
  }
}
