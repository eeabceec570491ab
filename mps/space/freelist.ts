/**
 * Freelist: a land that needs no memory of its own. The free blocks themselves hold an
 * address-ordered list: a block of one alignment unit holds the link with tag bit 0 set,
 * a larger one the link and its limit. Operations are linear; it is the land of last resort.
 */
import type { GuestMemory } from '../plinth/guest-memory.js';
import { FindDelete, type Land } from './land.js';
import type { Plinth } from '../plinth/plinth.js';
import { Res } from '../plinth/res.js';

export class Freelist implements Land {
  base = 0;
  limit = 0;
  size = 0;
  private list = 0;

  constructor(
    private readonly plinth: Plinth,
    private readonly memory: GuestMemory,
    private readonly align: number,
  ) {
    plinth.aver(align >= memory.wordSize, 'freelistInit', 'FreelistMinimumAlignment <= align');
  }

  private next(block: number): number {
    const word = this.memory.word(block);
    return word - (word % 2);
  }
  private limitOf(block: number): number {
    return this.memory.word(block) % 2 === 1 ? block + this.align : this.memory.word(block + this.memory.wordSize);
  }
  private setBlock(block: number, limit: number, next: number): void {
    const small = limit - block === this.align;
    this.memory.setWord(block, small ? next + 1 : next);
    if (!small) this.memory.setWord(block + this.memory.wordSize, limit);
  }
  private setNext(previous: number, next: number): void {
    if (previous === 0) this.list = next;
    else this.setBlock(previous, this.limitOf(previous), next);
  }
  /** The last block with a base at most `address` (0: none). */
  private floor(address: number): number {
    let previous = 0;
    for (let block = this.list; block !== 0 && block <= address; block = this.next(block)) previous = block;
    return previous;
  }
  private before(target: number): number {
    let previous = 0;
    for (let block = this.list; block !== target; block = this.next(block)) previous = block;
    return previous;
  }

  insert(base: number, limit: number): Res {
    const previous = this.floor(base);
    const next = previous === 0 ? this.list : this.next(previous);
    if ((previous !== 0 && this.limitOf(previous) > base) || (next !== 0 && next < limit)) return Res.FAIL;
    const joinsLeft = previous !== 0 && this.limitOf(previous) === base;
    const joinsRight = next !== 0 && next === limit;
    const newNext = joinsRight ? this.next(next) : next;
    const newLimit = joinsRight ? this.limitOf(next) : limit;
    if (joinsLeft) this.setBlock(previous, newLimit, newNext);
    else {
      this.setBlock(base, newLimit, newNext);
      this.setNext(previous, base);
    }
    this.size += limit - base;
    return Res.OK;
  }

  delete(base: number, limit: number): Res {
    const block = this.floor(base);
    if (block === 0) return Res.FAIL;
    const end = this.limitOf(block);
    if (end < limit) return Res.FAIL;
    const previous = this.before(block);
    let next = this.next(block);
    if (limit < end) {
      this.setBlock(limit, end, next);
      next = limit;
    }
    if (block < base) {
      this.setBlock(block, base, next);
      next = block;
    }
    this.setNext(previous, next);
    this.size -= limit - base;
    return Res.OK;
  }

  rangeAt(address: number): boolean {
    const block = this.floor(address);
    if (block === 0 || this.limitOf(block) <= address) return false;
    this.base = block;
    this.limit = this.limitOf(block);
    return true;
  }

  private take(block: number, size: number, del: FindDelete): boolean {
    if (block === 0) return false;
    this.base = block;
    this.limit = this.limitOf(block);
    if (del === FindDelete.LOW) this.limit = block + size;
    else if (del === FindDelete.HIGH) this.base = this.limit - size;
    if (del !== FindDelete.NONE) this.delete(this.base, this.limit);
    return true;
  }

  private search(better: (size: number, best: number) => boolean): number {
    let found = 0;
    let best = 0;
    for (let block = this.list; block !== 0; block = this.next(block)) {
      const size = this.limitOf(block) - block;
      if (better(size, best)) {
        found = block;
        best = size;
      }
    }
    return found;
  }
  findFirst(size: number, del: FindDelete): boolean {
    return this.take(
      this.search((s, best) => best === 0 && s >= size),
      size,
      del,
    );
  }
  findLast(size: number, del: FindDelete): boolean {
    return this.take(
      this.search((s) => s >= size),
      size,
      del,
    );
  }
  findLargest(size: number, del: FindDelete): boolean {
    return this.take(
      this.search((s, best) => s >= size && s > best),
      size,
      del,
    );
  }

  iterate(visit: (base: number, limit: number) => boolean): void {
    for (let block = this.list; block !== 0;) {
      const next = this.next(block);
      if (!visit(block, this.limitOf(block))) return;
      block = next;
    }
  }

  check(): boolean {
    let last = 0;
    let size = 0;
    let ok = true;
    this.iterate((base, limit) => {
      ok = this.plinth.aver(base > last && limit > base, 'FreelistCheck', 'base > previous limit') && ok;
      last = limit;
      size += limit - base;
      return true;
    });
    return this.plinth.aver(size === this.size, 'FreelistCheck', 'size == fl->size') && ok;
  }
}
