/**
 * Lands: stores of address ranges (free space). A find leaves the range it found in
 * `base` and `limit`, and deletes from the land what its FindDelete says.
 */
import type { Res } from '../plinth/res.js';
import type { RefSet } from './zone.js';

/** What a find removes from the range it found (and then reports as found). */
export const FindDelete = { NONE: 1, LOW: 2, HIGH: 3, ENTIRE: 4 } as const;
export type FindDelete = number;

export interface Land {
  /** What the last find found. */
  base: number;
  limit: number;
  /** Bytes held. */
  readonly size: number;
  /** FAIL: overlaps a range in the land. Anything else but OK: no memory for a descriptor. */
  insert(base: number, limit: number): Res;
  /** FAIL: not wholly in the land. */
  delete(base: number, limit: number): Res;
  /** The maximal range that holds `address`, in `base` and `limit`. */
  rangeAt(address: number): boolean;
  findFirst(size: number, del: FindDelete): boolean;
  findLast(size: number, del: FindDelete): boolean;
  /** The lowest of the largest ranges, if it has at least `size`. */
  findLargest(size: number, del: FindDelete): boolean;
  /** In address order; stops when the visitor returns false. */
  iterate(visit: (base: number, limit: number) => boolean): void;
  check(): boolean;
}

/** A land that can search within zones. */
export interface ZonedLand extends Land {
  /** Delete and report a range of `size` inside the zones: OK, FAIL (none), or no memory for a descriptor. */
  findInZones(size: number, zones: RefSet, high: boolean): Res;
}

/** Where a land gets blocks of memory for its descriptors: address, or -Res. */
export interface BlockPool {
  allocBlock(): number;
  freeBlock(address: number): void;
}
