/** A small world for tests: a port, an arena, an AMC pool of cons-format objects and an allocation point. */
import { Arena, type ArenaOptions } from '../../mps/arena/arena.js';
import type { Buffer } from '../../mps/heap/buffer.js';
import type { Chain } from '../../mps/heap/chain.js';
import type { Format } from '../../mps/heap/format.js';
import type { Pool, PoolArgs, PoolClass } from '../../mps/heap/pool.js';
import { amcClass } from '../../mps/pool/amc.js';
import { Rank } from '../../mps/plinth/res.js';
import type { Root } from '../../mps/heap/root.js';
import { scanArea, scanAreaTagged } from '../../mps/trace/scan-area.js';
import type { Thread } from '../../mps/heap/thread.js';
import { ConsFormat, Kind } from './cons-format.js';
import { MockPort, type MockOptions } from './mock-port.js';

export function ok<T>(result: T | number): T {
  if (typeof result === 'number') throw new Error(`result code ${result}`);
  return result;
}

export interface HeapOptions {
  port?: MockOptions;
  arena?: ArenaOptions;
  header?: number;
  poolClass?: PoolClass;
  pool?: PoolArgs;
  gens?: { capacity: number; mortality: number }[];
}

export class Heap {
  readonly port: MockPort;
  readonly arena: Arena;
  readonly consFormat: ConsFormat;
  readonly format: Format;
  readonly chain: Chain;
  readonly pool: Pool;
  readonly ap: Buffer;
  readonly thread: Thread;
  readonly threadRoot: Root;
  /** Static roots: `exact` and `ambig` words of this many slots. */
  readonly slots = 64;
  readonly exact: number;
  readonly ambig: number;
  readonly exactRoot: Root;
  readonly ambigRoot: Root;
  readonly w: number;
  readonly header: number;

  constructor(options: HeapOptions = {}) {
    this.port = new MockPort(options.port);
    this.w = this.port.wordSize;
    this.header = options.header ?? 0;
    this.arena = ok(Arena.create(this.port, { size: 4 * 2 ** 20, ...options.arena }));
    this.consFormat = new ConsFormat(this.port, this.header);
    this.format = ok(this.arena.fmtCreate({ headerSize: this.header, methods: this.consFormat.methods }));
    this.chain = ok(
      this.arena.chainCreate(
        options.gens ?? [
          { capacity: 64, mortality: 0.8 },
          { capacity: 128, mortality: 0.5 },
        ],
      ),
    );
    this.pool = ok(this.arena.poolCreate(options.poolClass ?? amcClass, { format: this.format, chain: this.chain, ...options.pool }));
    this.ap = ok(this.pool.bufferCreate());
    this.thread = ok(this.arena.threadReg());
    const { current } = this.port;
    this.threadRoot = ok(this.arena.rootCreateThread(Rank.AMBIG, 0, this.thread, scanAreaTagged(this.w - 1, 0), current.cold));
    this.exact = this.port.staticMemory(this.slots * this.w);
    this.ambig = this.port.staticMemory(this.slots * this.w);
    this.exactRoot = ok(this.arena.rootCreateArea(Rank.EXACT, 0, this.exact, this.exact + this.slots * this.w, scanArea));
    this.ambigRoot = ok(this.arena.rootCreateArea(Rank.AMBIG, 0, this.ambig, this.ambig + this.slots * this.w, scanArea));
  }

  /** Allocate an object with these fields (references, or odd integers), as guest code would. Client pointer. */
  make(fields: readonly number[], ap = this.ap): number {
    const size = (1 + fields.length) * this.w;
    for (;;) {
      const p = ap.reserve(size);
      if (p < 0) throw new Error(`result code ${-p}`);
      this.port.memory.setWord(p, fields.length * 16 + Kind.OBJECT);
      fields.forEach((f, i) => this.port.memory.setWord(p + (1 + i) * this.w, f));
      if (ap.commit(p, size)) return p + this.header;
    }
  }
  get(p: number, i: number): number {
    return this.port.mutator.word(this.consFormat.field(p, i));
  }
  set(p: number, i: number, value: number): void {
    this.port.mutator.setWord(this.consFormat.field(p, i), value);
  }
  count(p: number): number {
    return Math.floor(this.port.mutator.word(p - this.header) / 16);
  }
  exactSlot(i: number): number {
    return this.exact + i * this.w;
  }
  ambigSlot(i: number): number {
    return this.ambig + i * this.w;
  }
  setExact(i: number, value: number): void {
    this.port.memory.setWord(this.exactSlot(i), value);
  }
  getExact(i: number): number {
    return this.port.memory.word(this.exactSlot(i));
  }
  setAmbig(i: number, value: number): void {
    this.port.memory.setWord(this.ambigSlot(i), value);
  }

  destroy(): void {
    this.arena.park();
    this.exactRoot.destroy();
    this.ambigRoot.destroy();
    this.threadRoot.destroy();
    this.thread.dereg();
    this.ap.destroy();
    this.pool.destroy();
    this.chain.destroy();
    this.format.destroy();
    this.arena.destroy();
  }
}
