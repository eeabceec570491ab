/**
 * Coalescing block structure: a splay tree of maximal ranges, each node a block of a
 * block pool. The fast variant keeps the largest range of each subtree, the zoned
 * variant also the zones; here both are always kept unless there are no zones.
 */
import { FindDelete, type BlockPool, type ZonedLand } from './land.js';
import type { Plinth } from '../plinth/plinth.js';
import { failureOf, Res } from '../plinth/res.js';
import { RangeNode, SplayTree } from './splay.js';
import type { RefSet, ZoneMap } from './zone.js';

export class CBS implements ZonedLand {
  base = 0;
  limit = 0;
  size = 0;
  private readonly tree: SplayTree;

  constructor(
    private readonly plinth: Plinth,
    private readonly blocks: BlockPool,
    private readonly zones?: ZoneMap,
  ) {
    this.tree = new SplayTree((n) => this.update(n));
  }

  private update(n: RangeNode): void {
    const l = n.left;
    const r = n.right;
    let max = n.limit - n.base;
    if (l && l.maxSize > max) max = l.maxSize;
    if (r && r.maxSize > max) max = r.maxSize;
    n.maxSize = max;
    if (this.zones) {
      const z = this.zones.ofRange(n.base, n.limit);
      n.zonesLo = z.lo | (l ? l.zonesLo : 0) | (r ? r.zonesLo : 0);
      n.zonesHi = z.hi | (l ? l.zonesHi : 0) | (r ? r.zonesHi : 0);
    }
  }

  private setRange(n: RangeNode, base: number, limit: number): void {
    this.tree.splay(n);
    n.base = base;
    n.limit = limit;
    this.update(n);
  }

  private drop(n: RangeNode): void {
    this.tree.delete(n);
    this.blocks.freeBlock(n.block);
  }

  insert(base: number, limit: number): Res {
    this.plinth.aver(base < limit, 'CBSInsert', 'base < limit');
    const left = this.tree.floor(base);
    const right = left ? this.tree.next(left) : this.tree.first();
    if ((left && left.limit > base) || (right && right.base < limit)) return Res.FAIL;
    const joinsLeft = left !== undefined && left.limit === base;
    const joinsRight = right !== undefined && right.base === limit;
    if (joinsLeft && joinsRight) {
      const end = right.limit;
      this.drop(right);
      this.setRange(left, left.base, end);
    } else if (joinsLeft) this.setRange(left, left.base, limit);
    else if (joinsRight) this.setRange(right, base, right.limit);
    else {
      const block = this.blocks.allocBlock();
      if (block < 0) return failureOf(block);
      this.tree.insert(new RangeNode(base, limit, block));
    }
    this.size += limit - base;
    return Res.OK;
  }

  delete(base: number, limit: number): Res {
    const n = this.tree.floor(base);
    if (!n || n.limit < limit) return Res.FAIL;
    if (n.base === base && n.limit === limit) this.drop(n);
    else if (n.base === base) this.setRange(n, limit, n.limit);
    else if (n.limit === limit) this.setRange(n, n.base, base);
    else {
      const block = this.blocks.allocBlock();
      if (block < 0) return failureOf(block);
      const end = n.limit;
      this.setRange(n, n.base, base);
      this.tree.insert(new RangeNode(limit, end, block));
    }
    this.size -= limit - base;
    return Res.OK;
  }

  rangeAt(address: number): boolean {
    const n = this.tree.floor(address);
    if (!n || n.limit <= address) return false;
    this.base = n.base;
    this.limit = n.limit;
    return true;
  }

  /** Deleting an end or the whole of a range never needs a new node. */
  private take(n: RangeNode, size: number, del: FindDelete): boolean {
    this.base = n.base;
    this.limit = n.limit;
    if (del === FindDelete.LOW) this.limit = n.base + size;
    else if (del === FindDelete.HIGH) this.base = n.limit - size;
    if (del !== FindDelete.NONE) {
      const res = this.delete(this.base, this.limit);
      this.plinth.aver(res === Res.OK, 'cbsFindDeleteRange', 'res == ResOK');
    }
    return true;
  }

  findFirst(size: number, del: FindDelete): boolean {
    let n = this.tree.root;
    if (!n || n.maxSize < size) return false;
    for (;;) {
      if (n.left && n.left.maxSize >= size) n = n.left;
      else if (n.size >= size || !n.right) break;
      else n = n.right;
    }
    this.tree.splay(n);
    return this.take(n, size, del);
  }

  findLast(size: number, del: FindDelete): boolean {
    let n = this.tree.root;
    if (!n || n.maxSize < size) return false;
    for (;;) {
      if (n.right && n.right.maxSize >= size) n = n.right;
      else if (n.size >= size || !n.left) break;
      else n = n.left;
    }
    this.tree.splay(n);
    return this.take(n, size, del);
  }

  findLargest(size: number, del: FindDelete): boolean {
    const root = this.tree.root;
    if (!root || root.maxSize < size) return false;
    const largest = root.maxSize;
    if (!this.findFirst(largest, FindDelete.NONE)) return false;
    // The find has splayed it to the root.
    const found = this.tree.root;
    return found !== undefined && this.take(found, size, del);
  }

  findInZones(size: number, set: RefSet, high: boolean): Res {
    const { zones } = this;
    if (!zones || zones.isUniv(set)) {
      const del = high ? FindDelete.HIGH : FindDelete.LOW;
      return (high ? this.findLast(size, del) : this.findFirst(size, del)) ? Res.OK : Res.FAIL;
    }
    // A set that isn't everything holds no run as long as a zebra.
    if (size >= zones.stripe * zones.width) return Res.FAIL;
    const n = this.searchZones(zones, this.tree.root, size, set, high);
    if (!n) return Res.FAIL;
    this.tree.splay(n);
    const { base, limit } = this;
    return this.delete(base, limit);
  }

  private searchZones(zones: ZoneMap, n: RangeNode | undefined, size: number, set: RefSet, high: boolean): RangeNode | undefined {
    if (!n || n.maxSize < size || ((n.zonesLo & set.lo) | (n.zonesHi & set.hi)) === 0) return undefined;
    const near = this.searchZones(zones, high ? n.right : n.left, size, set, high);
    if (near) return near;
    if (this.fitInZones(zones, n, size, set, high)) return n;
    return this.searchZones(zones, high ? n.left : n.right, size, set, high);
  }

  /** First (or last) run of stripes of the set within the block that holds `size`: its end part goes to base, limit. */
  private fitInZones(zones: ZoneMap, n: RangeNode, size: number, set: RefSet, high: boolean): boolean {
    if (n.size < size) return false;
    const { stripe, width } = zones;
    let start = -1;
    let end = -1;
    for (let examined = 0, at = high ? n.limit : n.base; examined < width; examined++) {
      if (high ? at <= n.base : at >= n.limit) break;
      const index = high ? Math.ceil(at / stripe) - 1 : Math.floor(at / stripe);
      const lo = Math.max(n.base, index * stripe);
      const hi = Math.min(n.limit, (index + 1) * stripe);
      if (zones.hasStripe(set, index)) {
        if (start < 0) {
          start = lo;
          end = hi;
        } else if (high) start = lo;
        else end = hi;
        if (end - start >= size) {
          this.base = high ? end - size : start;
          this.limit = this.base + size;
          return true;
        }
      } else start = end = -1;
      at = high ? lo : hi;
    }
    return false;
  }

  iterate(visit: (base: number, limit: number) => boolean): void {
    let n = this.tree.first();
    while (n) {
      const next = this.tree.next(n);
      if (!visit(n.base, n.limit)) return;
      n = next;
    }
  }

  /** Ranges are maximal, disjoint and in order, and the size is theirs. */
  check(): boolean {
    let size = 0;
    let last = -1;
    let ok = true;
    this.iterate((base, limit) => {
      ok = this.plinth.aver(base > last && limit > base, 'CBSCheck', 'base > previous limit') && ok;
      last = limit;
      size += limit - base;
      return true;
    });
    return this.plinth.aver(size === this.size, 'CBSCheck', 'size == cbs->size') && ok;
  }
}
