/**
 * Segregated allocation caches: free lists by size class in guest memory, which the
 * guest's macros pop and push; here are their creation and slow paths. Source:
 * mps.h, and the segregated allocation cache chapter of the MPS manual.
 */
import type { HostCall, HostFunction, MemoryView } from '../../platforms/port.js';
import type { Pool } from '../heap/pool.js';
import { Res } from '../plinth/res.js';
import type { Client, Outcome } from './client.js';
import { sizeMax, type Layouts } from './layouts.js';

export interface CacheClass {
  size: number;
  count: number;
  frequency: number;
}

export interface Slot {
  /** The bound that the macros compare with. */
  bound: number;
  countMax: number;
  /** Size of its blocks; undefined: overlarge, as asked. */
  blockSize: number | undefined;
}

/** Where the search begins: the class in which half of the expected frequency is reached, or the one above. */
export function middleClass(classes: CacheClass[]): number {
  let left = Math.floor(classes.reduce((sum, c) => sum + c.frequency, 0) / 2);
  let i = 0;
  while (i < classes.length - 1 && left >= classes[i].frequency) left -= classes[i++].frequency;
  return left <= Math.floor(classes[i].frequency / 2) ? i : i + 1;
}

/** Slots by index: even ones for what is above the middle class, odd ones for it and what is below; some stay unused. */
export function cacheSlots(classes: CacheClass[], middle: number, word: 4 | 8): (Slot | undefined)[] {
  const slots: (Slot | undefined)[] = [];
  let index = 0;
  for (let i = middle + 1; i < classes.length; i++, index += 2) {
    slots[index] = { bound: classes[i].size, countMax: classes[i].count, blockSize: classes[i].size };
  }
  slots[index] = { bound: sizeMax(word), countMax: 0, blockSize: undefined };
  index = 1;
  for (let i = middle; i >= 0; i--, index += 2) {
    slots[index] = { bound: i > 0 ? classes[i - 1].size : 0, countMax: classes[i].count, blockSize: classes[i].size };
  }
  return Array.from(slots);
}

class Cache {
  constructor(
    readonly pool: Pool,
    readonly address: number,
    readonly bytes: number,
    readonly middle: number,
    readonly slots: (Slot | undefined)[],
    private readonly memory: MemoryView,
    private readonly layouts: Layouts,
  ) {}

  private field(index: number, field: 'blockSize' | 'count' | 'countMax' | 'blocks'): number {
    return this.address + this.layouts.sac.freelists + index * this.layouts.sacFreelist.size + this.layouts.sacFreelist[field];
  }

  write(): void {
    this.memory.fill(this.address, this.bytes, 0);
    this.memory.setWord(this.address + this.layouts.sac.middle, this.middle);
    this.slots.forEach((slot, i) => {
      if (!slot) return;
      if (slot.blockSize === undefined) this.memory.fill(this.field(i, 'blockSize'), this.layouts.word, 0xff);
      else this.memory.setWord(this.field(i, 'blockSize'), slot.bound);
      this.memory.setWord(this.field(i, 'countMax'), slot.countMax);
    });
  }

  slot(index: number): Slot {
    const slot = this.slots[index];
    if (!slot) throw new RangeError(`the cache has no slot ${index}`);
    return slot;
  }

  /** The slot for a request, found as the macros find it. */
  indexFor(size: number): number {
    let i = size > this.middle ? 0 : 1;
    if (i === 0) while (size > this.slot(i).bound) i += 2;
    else while (size <= this.slot(i).bound) i += 2;
    return i;
  }

  blockSize(index: number, request: number): number {
    return this.slot(index).blockSize ?? request;
  }

  count(index: number): number {
    return this.memory.word(this.field(index, 'count'));
  }

  push(index: number, block: number): void {
    this.memory.setWord(block, this.memory.word(this.field(index, 'blocks')));
    this.memory.setWord(this.field(index, 'blocks'), block);
    this.memory.setWord(this.field(index, 'count'), this.count(index) + 1);
  }

  pop(index: number): number {
    const block = this.memory.word(this.field(index, 'blocks'));
    this.memory.setWord(this.field(index, 'blocks'), this.memory.word(block));
    this.memory.setWord(this.field(index, 'count'), this.count(index) - 1);
    return block;
  }

  /** Does the chain hold exactly the blocks that are counted? */
  consistent(index: number): boolean {
    let block = this.memory.word(this.field(index, 'blocks'));
    for (let left = this.count(index); left > 0; left--) {
      if (block === 0) return false;
      block = this.memory.word(block);
    }
    return block === 0;
  }

  fill(index: number, request: number): number {
    const size = this.blockSize(index, request);
    const wanted = 1 + Math.floor(this.slot(index).countMax / 3);
    let last = this.pool.alloc(size);
    for (let got = 1; last >= 0 && got < wanted; got++) {
      const next = this.pool.alloc(size);
      if (next < 0) break;
      this.push(index, last);
      last = next;
    }
    return last;
  }

  flush(index: number, count: number): void {
    for (let i = 0; i < count; i++) this.pool.free(this.pop(index), this.blockSize(index, 0));
  }

  empty(index: number, block: number, request: number): void {
    const count = this.count(index);
    if (this.slot(index).countMax === 0) {
      this.pool.free(block, this.blockSize(index, request));
      return;
    }
    this.flush(index, Math.max(1, count - Math.floor(count / 3)));
    this.push(index, block);
  }
}

export function segregatedCacheFunctions(client: Client): HostFunction[] {
  const d = client.define;
  const { layouts, port } = client;

  const cache = (call: HostCall, handle: number): Cache => {
    const found = client.object<Cache>('SAC', call, handle, 'sac');
    if (client.options.variety === 'cool') {
      found.slots.forEach((slot, i) => slot && client.aver(found.consistent(i), call.fn.name, 'FreelistCheck(sac->_freelists[i])'));
    }
    return found;
  };
  const fill = (call: HostCall, of: Cache, size: number): Outcome =>
    client.mayCollect(call, () => client.allocated(of.fill(of.indexFor(size), size)));

  const readClasses = (call: HostCall, table: number, count: number): CacheClass[] => {
    const name = call.fn.name;
    const classes: CacheClass[] = [];
    for (let i = 0; i < count; i++) {
      const at = table + i * layouts.sacClass.size;
      const size = call.memory.word(at + layouts.sacClass.blockSize);
      client.aver(size > (classes.at(-1)?.size ?? layouts.word - 1), name, 'prevSize < classes[i].mps_block_size');
      classes.push({
        size,
        count: call.memory.word(at + layouts.sacClass.cachedCount),
        frequency: call.memory.u32(at + layouts.sacClass.frequency),
      });
    }
    client.aver(classes.reduce((sum, c) => sum + c.frequency, 0) < 2 ** 32, name, 'prevTotalFreq <= totalFreq');
    return classes;
  };

  return [
    d('mps_sac_create', 'i(ppzp)', (call, out, p, count, table) =>
      client.storing(call, out, 'mps_sac_o', () => {
        const pool = client.object<Pool>('Pool', call, p, 'pool');
        if (!client.aver(count > 0, call.fn.name, 'sac_class_count > 0')) return { returns: Res.FAIL };
        const classes = readClasses(call, table, count);
        const middle = middleClass(classes);
        const slots = cacheSlots(classes, middle, layouts.word);
        const bytes = layouts.sac.freelists + slots.length * layouts.sacFreelist.size;
        const address = pool.arena.controlAlloc(bytes);
        if (address < 0) return { returns: -address };
        const made = new Cache(pool, address, bytes, classes[middle].size, slots, port.memory, layouts);
        made.write();
        return { returns: Res.OK, store: client.handles.add('SAC', address, made, pool) };
      }),
    ),
    d('mps_sac_flush', 'v(p)', (call, handle) => {
      const of = cache(call, handle);
      of.slots.forEach((slot, i) => slot && of.flush(i, of.count(i)));
    }),
    d('mps_sac_destroy', 'v(p)', (call, handle) => {
      const of = cache(call, handle);
      of.slots.forEach((slot, i) => slot && of.flush(i, of.count(i)));
      client.handles.drop(handle);
      of.pool.arena.controlFree(of.address, of.bytes);
    }),
    d('mps_sac_fill', 'i(ppzi)', (call, out, handle, size, _unused) =>
      client.storing(call, out, 'p_o', () => {
        const of = cache(call, handle);
        client.aver(size !== 0, call.fn.name, 'size != 0');
        client.aver(of.count(of.indexFor(size)) === 0, call.fn.name, 'sac->_freelists[i]._count == 0');
        return fill(call, of, size);
      }),
    ),
    d('mps_sac_empty', 'v(ppz)', (call, handle, block, size) => {
      const of = cache(call, handle);
      client.aver(block !== 0, call.fn.name, 'p != NULL');
      client.aver(size > 0, call.fn.name, 'size > 0');
      const index = of.indexFor(size);
      client.aver(of.count(index) === of.slot(index).countMax, call.fn.name, 'sac->_freelists[i]._count == sac->_freelists[i]._count_max');
      of.empty(index, block, size);
    }),
    d('mps_sac_alloc', 'i(ppzi)', (call, out, handle, size, _unused) =>
      client.storing(call, out, 'p_o', () => {
        const of = cache(call, handle);
        client.aver(size > 0, call.fn.name, 'size > 0');
        const index = of.indexFor(size);
        return of.count(index) > 0 ? client.allocated(of.pop(index)) : fill(call, of, size);
      }),
    ),
    d('mps_sac_free', 'v(ppz)', (call, handle, block, size) => {
      const of = cache(call, handle);
      client.aver(size > 0, call.fn.name, 'size > 0');
      const index = of.indexFor(size);
      if (of.count(index) < of.slot(index).countMax) of.push(index, block);
      else of.empty(index, block, size);
    }),
  ];
}
