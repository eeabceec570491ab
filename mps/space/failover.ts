/**
 * Failover: a primary land (which needs memory for descriptors) backed by a secondary
 * (which doesn't). Each operation first moves what the secondary holds to the primary,
 * as far as that succeeds; so inserting and deleting can't fail for want of memory.
 */
import type { FindDelete, Land } from './land.js';
import type { Plinth } from '../plinth/plinth.js';
import { Res } from '../plinth/res.js';

export class Failover implements Land {
  base = 0;
  limit = 0;

  constructor(
    private readonly plinth: Plinth,
    readonly primary: Land,
    readonly secondary: Land,
  ) {}

  get size(): number {
    return this.primary.size + this.secondary.size;
  }

  private flush(): void {
    if (this.secondary.size === 0) return;
    this.secondary.iterate((base, limit) => {
      if (this.primary.insert(base, limit) !== Res.OK) return false;
      this.secondary.delete(base, limit);
      return true;
    });
  }

  insert(base: number, limit: number): Res {
    this.flush();
    const res = this.primary.insert(base, limit);
    return res === Res.OK || res === Res.FAIL ? res : this.secondary.insert(base, limit);
  }

  delete(base: number, limit: number): Res {
    this.flush();
    const res = this.primary.delete(base, limit);
    if (res === Res.OK) return res;
    if (res === Res.FAIL) return this.secondary.delete(base, limit);
    // No memory to split the range: take all of it out and put the ends back, wherever they go.
    if (!this.primary.rangeAt(base)) return Res.FAIL;
    const { base: whole, limit: end } = this.primary;
    let r = this.primary.delete(whole, end);
    this.plinth.aver(r === Res.OK, 'failoverDelete', 'res == ResOK');
    if (whole < base) r = this.insert(whole, base);
    if (r === Res.OK && limit < end) r = this.insert(limit, end);
    return r;
  }

  rangeAt(address: number): boolean {
    return this.from(this.primary, this.primary.rangeAt(address)) || this.from(this.secondary, this.secondary.rangeAt(address));
  }

  private from(land: Land, found: boolean): boolean {
    if (found) {
      this.base = land.base;
      this.limit = land.limit;
    }
    return found;
  }
  findFirst(size: number, del: FindDelete): boolean {
    this.flush();
    return this.from(this.primary, this.primary.findFirst(size, del)) || this.from(this.secondary, this.secondary.findFirst(size, del));
  }
  findLast(size: number, del: FindDelete): boolean {
    this.flush();
    return this.from(this.primary, this.primary.findLast(size, del)) || this.from(this.secondary, this.secondary.findLast(size, del));
  }
  findLargest(size: number, del: FindDelete): boolean {
    this.flush();
    return this.from(this.primary, this.primary.findLargest(size, del)) || this.from(this.secondary, this.secondary.findLargest(size, del));
  }
  iterate(visit: (base: number, limit: number) => boolean): void {
    let go = true;
    this.primary.iterate((base, limit) => (go = visit(base, limit)));
    if (go) this.secondary.iterate(visit);
  }
  check(): boolean {
    return this.primary.check() && this.secondary.check();
  }
}
