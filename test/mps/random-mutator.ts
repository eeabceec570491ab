/**
 * Random mutator programs against a model heap. Objects have an identity in field 0 and
 * references in the others; every place that can hold a root is a slot of the model. After
 * each operation the real heap is walked from the slots, through the barriers, and compared.
 */
import fc from 'fast-check';
import { Res } from '../../mps/plinth/res.js';
import { Kind } from './cons-format.js';
import { Heap, type HeapOptions } from './small-heap.js';

interface ModelObject {
  id: number;
  fields: (ModelObject | undefined)[];
}

export type Op =
  | { op: 'alloc'; slot: number; from: number[] }
  | { op: 'link'; slot: number; field: number; from: number }
  | { op: 'follow'; slot: number; field: number; to: number }
  | { op: 'drop'; slot: number }
  | { op: 'garbage'; count: number }
  | { op: 'chain'; slot: number; count: number }
  | { op: 'collect' | 'startCollect' | 'step' | 'release' | 'park' | 'remakeAP' };

const SLOTS = 24;
/** A slot for what is dropped at once. */
const SPARE = SLOTS - 1;
const slot = fc.nat(SLOTS - 1);
export const opArb: fc.Arbitrary<Op> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ op: fc.constant('alloc' as const), slot, from: fc.array(slot, { minLength: 1, maxLength: 6 }) }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constant('link' as const), slot, field: fc.nat(5), from: slot }) },
  { weight: 6, arbitrary: fc.record({ op: fc.constant('follow' as const), slot, field: fc.nat(5), to: slot }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('drop' as const), slot }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('garbage' as const), count: fc.nat(800) }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('chain' as const), slot, count: fc.nat(400) }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Op>(
      { op: 'startCollect' },
      { op: 'startCollect' },
      { op: 'step' },
      { op: 'step' },
      { op: 'step' },
      { op: 'release' },
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom<Op>({ op: 'collect' }, { op: 'park' }, { op: 'remakeAP' }) },
);

export class RandomMutator {
  readonly heap: Heap;
  private readonly model: (ModelObject | undefined)[] = new Array<ModelObject | undefined>(SLOTS).fill(undefined);
  private nextId = 0;
  private ap!: Heap['ap'];
  outOfMemory = 0;

  constructor(options: HeapOptions = {}) {
    this.heap = new Heap({
      ...options,
      gens: options.gens ?? [
        { capacity: 8, mortality: 0.8 },
        { capacity: 16, mortality: 0.5 },
      ],
    });
    const { current } = this.heap.port;
    for (let i = 0; i < 4; i++) current.push(0);
  }

  /** Slots are words of the exact root, of the ambiguous root, registers, and stack slots. */
  private address(slot: number): number {
    const { heap } = this;
    const { w, port } = heap;
    if (slot < 16) return heap.exactSlot(slot);
    if (slot < 18) return heap.ambigSlot(slot);
    if (slot < 20) return port.current.registersBase + (slot - 18) * w;
    return port.current.sp + (slot - 20) * w;
  }
  private read(slot: number): number {
    return this.heap.port.memory.word(this.address(slot));
  }
  private write(slot: number, value: number): void {
    this.heap.port.memory.setWord(this.address(slot), value);
  }

  private alloc(slot: number, from: number[]): void {
    const { heap } = this;
    const { w, port } = heap;
    const ap = this.ap;
    const n = 1 + from.length;
    const size = (1 + n) * w;
    for (;;) {
      const p = ap.reserve(size);
      if (p < 0) {
        if (p === -Res.FAIL || p === -Res.PARAM) throw new Error(`reserve: ${-p}`);
        this.outOfMemory++;
        return;
      }
      port.memory.setWord(p, n * 16 + Kind.OBJECT);
      port.memory.setWord(p + w, this.nextId * 2 + 1);
      from.forEach((s, i) => port.memory.setWord(p + (2 + i) * w, this.model[s] ? this.read(s) : 1));
      if (!ap.commit(p, size)) continue;
      const fields = from.map((s) => this.model[s]);
      this.model[slot] = { id: this.nextId++, fields };
      this.write(slot, p + heap.header);
      return;
    }
  }
  run(op: Op): void {
    const { heap } = this;
    const { arena } = heap;
    switch (op.op) {
      case 'alloc':
        this.alloc(op.slot, op.from);
        break;
      case 'link': {
        const object = this.model[op.slot];
        if (!object || op.field >= object.fields.length) break;
        object.fields[op.field] = this.model[op.from];
        heap.set(this.read(op.slot), 1 + op.field, this.model[op.from] ? this.read(op.from) : 1);
        break;
      }
      case 'follow': {
        const object = this.model[op.slot];
        if (!object || op.field >= object.fields.length) break;
        const target = object.fields[op.field];
        const value = heap.get(this.read(op.slot), 1 + op.field);
        this.model[op.to] = target;
        this.write(op.to, target ? value : 0);
        break;
      }
      case 'drop':
        this.model[op.slot] = undefined;
        this.write(op.slot, 0);
        break;
      case 'garbage':
        // Into a slot that is dead at once: only makes the heap turn over.
        for (let i = 0; i < op.count; i++) this.alloc(SPARE, [1, 2]);
        this.run({ op: 'drop', slot: SPARE });
        break;
      case 'chain':
        for (let i = 0; i < op.count; i++) this.alloc(op.slot, [op.slot, op.slot, i % 8]);
        break;
      case 'collect':
        arena.collect();
        arena.release();
        break;
      case 'startCollect':
        arena.startCollect();
        break;
      case 'step':
        arena.step(0, 1);
        break;
      case 'release':
        arena.release();
        break;
      case 'park':
        arena.park();
        arena.release();
        break;
      case 'remakeAP':
        this.ap.destroy();
        this.makeAP();
        break;
    }
  }
  makeAP(): void {
    const made = this.heap.pool.bufferCreate();
    if (typeof made === 'number') throw new Error(`AP: ${made}`);
    this.ap = made;
  }

  /** Walk what is reachable from the slots. Returns what is wrong, if anything. */
  compare(): string | undefined {
    const { heap } = this;
    const at = new Map<ModelObject, number>();
    const todo: [ModelObject, number][] = [];
    const meet = (object: ModelObject, address: number): boolean => {
      const known = at.get(object);
      if (known !== undefined) return known === address;
      at.set(object, address);
      todo.push([object, address]);
      return true;
    };
    for (let s = 0; s < SLOTS; s++) {
      const object = this.model[s];
      if (object && !meet(object, this.read(s))) return `object ${object.id} has two addresses (slot ${s})`;
    }
    for (let next = todo.pop(); next; next = todo.pop()) {
      const [object, address] = next;
      const head = heap.port.mutator.word(address - heap.header);
      if (head % 16 !== Kind.OBJECT) return `object ${object.id} is no object any more`;
      if (heap.get(address, 0) !== object.id * 2 + 1) return `object ${object.id} has become another`;
      for (let i = 0; i < object.fields.length; i++) {
        const target = object.fields[i];
        const word = heap.get(address, 1 + i);
        if (!target) {
          if (word !== 1) return `field ${i} of object ${object.id} was no reference`;
        } else if (!meet(target, word)) return `object ${target.id} has two addresses (field ${i} of ${object.id})`;
      }
    }
    return undefined;
  }

  /** Run a whole program. Returns the first thing that went wrong. */
  program(ops: readonly Op[], deep: boolean): string | undefined {
    this.makeAP();
    for (const [i, op] of ops.entries()) {
      this.run(op);
      if (deep && !this.heap.arena.checkDeep()) return `after ${op.op}: check`;
      // Not always: comparing reads, and so scans, all that is reachable.
      if (i % 8 !== 7 && i !== ops.length - 1) continue;
      const wrong = this.compare();
      if (wrong) return `after ${op.op}: ${wrong}`;
    }
    for (let s = 0; s < SLOTS; s++) this.run({ op: 'drop', slot: s });
    this.ap.destroy();
    this.heap.arena.park();
    this.heap.arena.collect();
    this.heap.arena.collect();
    if (this.heap.pool.totalSize() !== 0) return `${this.heap.pool.totalSize()} bytes left of nothing`;
    this.heap.destroy();
    return undefined;
  }
}
