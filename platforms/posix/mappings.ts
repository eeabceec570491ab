/**
 * The mappings of a process: which parts of user space are taken, and by what.
 * Protections are not kept here but in the page table, so that a heap whose
 * pages are protected one by one stays one mapping. Neighbouring anonymous
 * mappings are one, as in the kernels.
 */
export type MappingKind = 'anonymous' | 'image' | 'stack' | 'reserved';

export interface Mapping {
  base: number;
  limit: number;
  kind: MappingKind;
  /** For people. */
  name: string;
}

export class Mappings {
  /** Sorted, disjoint. */
  readonly list: Mapping[] = [];

  /** Index of the first mapping that ends above `address`. */
  indexAt(address: number): number {
    const list = this.list;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (list[middle].limit > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  at(address: number): Mapping | undefined {
    const mapping = this.list[this.indexAt(address)];
    return mapping && mapping.base <= address ? mapping : undefined;
  }

  isFree(base: number, limit: number): boolean {
    const mapping = this.list[this.indexAt(base)];
    return !mapping || mapping.base >= limit;
  }

  /** End of the part of [base, limit) that is mapped without a hole from `base` on. */
  coveredTo(base: number, limit: number): number {
    let end = base;
    for (let i = this.indexAt(base); i < this.list.length && end < limit && this.list[i].base <= end; i++) end = this.list[i].limit;
    return Math.min(end, limit);
  }

  /** The mapped pieces of [base, limit), in order. */
  pieces(base: number, limit: number): { base: number; limit: number }[] {
    const found = [];
    for (let i = this.indexAt(base); i < this.list.length && this.list[i].base < limit; i++) {
      found.push({ base: Math.max(base, this.list[i].base), limit: Math.min(limit, this.list[i].limit) });
    }
    return found;
  }

  /** Take [base, limit), replacing what was there. */
  add(base: number, limit: number, kind: MappingKind, name: string): void {
    this.remove(base, limit);
    const i = this.indexAt(base);
    const before = this.list[i - 1];
    const after = this.list[i];
    const joins = (m: Mapping | undefined): boolean => kind === 'anonymous' && m?.kind === 'anonymous' && m.name === name;
    const joinsBefore = joins(before) && before.limit === base;
    const joinsAfter = joins(after) && after.base === limit;
    if (joinsBefore && joinsAfter) {
      before.limit = after.limit;
      this.list.splice(i, 1);
    } else if (joinsBefore) before.limit = limit;
    else if (joinsAfter) after.base = base;
    else this.list.splice(i, 0, { base, limit, kind, name });
  }

  remove(base: number, limit: number): void {
    for (let i = this.indexAt(base); i < this.list.length && this.list[i].base < limit; ) {
      const mapping = this.list[i];
      if (mapping.base < base && mapping.limit > limit) {
        this.list.splice(i + 1, 0, { ...mapping, base: limit });
        mapping.limit = base;
        return;
      }
      if (mapping.base < base) {
        mapping.limit = base;
        i++;
      } else if (mapping.limit > limit) {
        mapping.base = limit;
        return;
      } else this.list.splice(i, 1);
    }
  }

  /** Highest free place of `size` bytes inside [low, high). */
  highestFree(size: number, low: number, high: number): number | undefined {
    let top = high;
    for (let i = this.indexAt(high - 1); i >= 0; i--) {
      const mapping = this.list[i];
      if (!mapping || mapping.base >= top) continue;
      if (mapping.limit <= top - size && top - size >= low) return top - size;
      top = Math.min(top, mapping.base);
    }
    return top - size >= low ? top - size : undefined;
  }

  /** Lowest free place of `size` bytes inside [low, high). */
  lowestFree(size: number, low: number, high: number): number | undefined {
    let base = low;
    for (let i = this.indexAt(low); i < this.list.length && this.list[i].base < base + size; i++) base = this.list[i].limit;
    return base + size <= high ? base : undefined;
  }
}
