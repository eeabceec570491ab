/**
 * AMC, automatic mostly-copying, and AMCZ, the same for leaf objects. Each generation has a
 * forwarding buffer in the next; live objects are copied there, except those that
 * ambiguous references pin, which stay with their whole segment.
 */
import { Buffer } from '../heap/buffer.js';
import type { FormatMethods } from '../heap/format.js';
import { PoolGen } from '../heap/generation.js';
import { Pool, type PoolArena, type BufferArgs, type PoolArgs, type PoolClass } from '../heap/pool.js';
import { Res } from '../plinth/res.js';
import { AMCSeg } from './amc-seg.js';

export const amcClass: PoolClass = {
  name: 'AMC',
  create: (arena, args, address) => new AMCPool(arena, args, address, amcClass, true),
};
export const amczClass: PoolClass = {
  name: 'AMCZ',
  create: (arena, args, address) => new AMCPool(arena, args, address, amczClass, false),
};

/** Ramp modes: bursts of allocation announced by the client, whose survivors aren't promoted to the top. */
export const Ramp = { OUTSIDE: 0, BEGIN: 1, RAMPING: 2, FINISH: 3, COLLECTING: 4 } as const;

/** A generation as this pool uses it. */
export class AMCGen {
  readonly pgen: PoolGen;
  /** Where survivors of this generation are copied: a buffer that allocates in another. */
  readonly forward: AMCBuffer;

  constructor(
    pool: AMCPool,
    readonly index: number,
    desc: ConstructorParameters<typeof PoolGen>[0],
    /** The generation of survivors; undefined: they stay in this one. */
    next: AMCGen | undefined,
  ) {
    this.pgen = new PoolGen(desc, pool);
    this.forward = new AMCBuffer(pool, pool.bufferBlock(), {}, next ?? this, false);
  }
}

class AMCBuffer extends Buffer {
  /** Made with AP_HASH_ARRAYS: its bytes don't count as new. */
  hashArrays = false;

  constructor(
    override readonly pool: AMCPool,
    address: number,
    args: BufferArgs,
    /** What it allocates in. */
    public gen: AMCGen,
    isMutator: boolean,
  ) {
    super(pool, address, args, pool.hasRefs, isMutator);
  }
}

export class AMCPool extends Pool {
  override readonly isGC = true;
  override readonly isMovingGC = true;
  readonly methods: FormatMethods;
  readonly gens: AMCGen[] = [];
  readonly nursery: AMCGen;
  readonly rampGen: AMCGen;
  readonly afterRampGen: AMCGen;
  private rampCount = 0;
  rampMode: number = Ramp.OUTSIDE;
  readonly extendBy: number;
  readonly largeSize: number;
  /** Do pointers into the middle of an object pin it? */
  readonly interior: boolean;
  readonly header: number;

  constructor(
    arena: PoolArena,
    args: PoolArgs,
    address: number,
    readonly poolClass: PoolClass,
    /** Do its objects hold references (AMC), or are they leaves (AMCZ)? */
    readonly hasRefs: boolean,
  ) {
    super(arena, address);
    const { plinth } = arena;
    plinth.aver(args.format !== undefined, 'ArgRequire', 'MPS_KEY_FORMAT');
    if (!args.format) throw new TypeError('an AMC pool without a format');
    this.format = args.format;
    this.methods = args.format.methods;
    plinth.aver(this.format.arena === arena, 'AMCInit', 'FormatArena(pool->format) == arena');
    this.align = this.format.align;
    this.header = this.format.headerSize;
    this.interior = args.interior ?? true;
    const extendBy = args.extendBy ?? 8192;
    this.largeSize = args.largeSize ?? 32768;
    plinth.aver(extendBy > 0, 'amcInitComm', 'extendBy > 0');
    plinth.aver(this.largeSize > 0, 'amcInitComm', 'largeSize > 0');
    plinth.aver(this.largeSize >= extendBy, 'amcInitComm', 'largeSize >= extendBy');
    this.extendBy = arena.grains(extendBy);
    const chain = args.chain ?? arena.defaultChain;
    plinth.aver(chain.arena === arena, 'amcInitComm', 'chain->arena == arena');
    for (let i = chain.gens.length; i >= 0; i--) this.gens.unshift(new AMCGen(this, i, chain.gen(i), this.gens.at(0)));
    const top = chain.gens.length;
    this.nursery = this.gens[0];
    this.rampGen = this.gens[top - 1];
    this.afterRampGen = this.gens[top];
    for (const gen of this.gens) this.buffers.add(gen.forward);
  }

  bufferBlock(): number {
    const block = this.arena.controlAlloc(Buffer.blockWords * this.arena.wordSize);
    this.arena.plinth.aver(block > 0, 'amcGenCreate', 'res == ResOK');
    return block;
  }

  override makeBuffer(args: BufferArgs, address: number): Buffer {
    const buffer = new AMCBuffer(this, address, { ...args, rank: 1 }, this.nursery, true);
    buffer.hashArrays = args.hashArrays ?? false;
    return buffer;
  }

  /** Always a new segment. A small request gets all of it, a large one just what it asks. */
  override bufferFill(buffer: Buffer, size: number): Res {
    const { arena } = this;
    const { gen, hashArrays } = buffer as AMCBuffer;
    const grains = size < this.extendBy ? this.extendBy : arena.grains(size);
    const seg = gen.pgen.alloc(grains, (base, limit) => new AMCSeg(this, base, limit, gen));
    if (typeof seg === 'number') return seg;
    if (this.hasRefs) seg.setRankAndSummary(buffer.rankSet, arena.zones.UNIV);
    gen.pgen.fill(grains);
    seg.accountedAsBuffered = true;
    const ramping = this.rampMode === Ramp.RAMPING && buffer === this.rampGen.forward && gen === this.rampGen;
    seg.deferred = ramping || hashArrays;
    let { limit } = seg;
    if (size >= this.largeSize) {
      limit = seg.base + size;
      if (limit < seg.limit) this.pad(seg, limit, seg.limit);
    }
    buffer.offer(seg.base, limit, seg);
    return Res.OK;
  }

  pad(seg: AMCSeg, base: number, limit: number): void {
    this.arena.shield.expose(seg);
    this.methods.pad(base, limit - base);
    this.arena.shield.cover(seg);
  }

  /** The rest becomes padding, and the whole segment counts as new. */
  override bufferEmpty(buffer: Buffer): void {
    const seg = buffer.seg as AMCSeg;
    const { init, poolLimit } = buffer;
    if (init < poolLimit) this.pad(seg, init, poolLimit);
    const trace = this.arena.traces.busy;
    if (trace && seg.white & trace.bit) seg.amcGen.pgen.gen.condemn(trace, poolLimit - buffer.base);
    if (seg.accountedAsBuffered) {
      seg.accountedAsBuffered = false;
      seg.amcGen.pgen.empty(seg.size, 0, seg.deferred);
    }
  }

  override rampBegin(): void {
    if (this.rampCount++ === 0 && this.rampMode !== Ramp.FINISH) this.rampMode = Ramp.BEGIN;
  }
  override rampEnd(): void {
    this.arena.plinth.aver(this.rampCount > 0, 'AMCRampEnd', 'amc->rampCount > 0');
    if (--this.rampCount > 0) return;
    switch (this.rampMode) {
      case Ramp.RAMPING:
        this.rampMode = Ramp.FINISH;
        break;
      case Ramp.BEGIN:
      case Ramp.COLLECTING:
        this.rampMode = Ramp.OUTSIDE;
        break;
      case Ramp.FINISH:
        break;
      default:
        this.arena.plinth.notReached('AMCRampEnd');
    }
    for (const seg of this.segs as Set<AMCSeg>) {
      if (!seg.deferred || seg.white !== 0 || seg.amcGen !== this.rampGen) continue;
      seg.deferred = false;
      if (!seg.accountedAsBuffered) seg.amcGen.pgen.undefer(seg.old ? seg.size : 0, seg.old ? 0 : seg.size);
    }
  }
  /** The ramp generation is being condemned: its survivors stay in it while ramping. */
  switchRamp(): void {
    if (this.rampMode === Ramp.BEGIN) {
      this.redirect(this.rampGen, this.rampGen);
      this.rampMode = Ramp.RAMPING;
    } else if (this.rampMode === Ramp.FINISH) {
      this.redirect(this.rampGen, this.afterRampGen);
      this.rampMode = Ramp.COLLECTING;
    }
  }
  private redirect(from: AMCGen, to: AMCGen): void {
    from.forward.detach();
    from.forward.gen = to;
  }
  /** The first white segment of the ramp's last collection is reclaimed. */
  rampCollected(): void {
    if (this.rampMode === Ramp.COLLECTING) this.rampMode = this.rampCount > 0 ? Ramp.BEGIN : Ramp.OUTSIDE;
  }

  override sizes(): { total: number; free: number } {
    let total = 0;
    let free = 0;
    for (const { pgen } of this.gens) {
      total += pgen.totalSize;
      free += pgen.freeSize;
    }
    return { total, free };
  }

  override addrObject(address: number): number {
    const seg = this.arena.vm.segOf(address) as AMCSeg | undefined;
    if (!seg) return -Res.FAIL;
    const { methods } = this;
    const init = seg.buffer ? seg.buffer.init : seg.limit;
    if (address >= init) return -Res.FAIL;
    this.arena.shield.expose(seg);
    try {
      for (let p = seg.base; p < init;) {
        const next = methods.skip(p + this.header) - this.header;
        if (!this.arena.plinth.aver(next > p, 'amcAddrObjectSearch', 'p < q')) return -Res.FAIL;
        if (address < next) return methods.isfwd(p + this.header) ? -Res.FAIL : p + this.header;
        p = next;
      }
    } finally {
      this.arena.shield.cover(seg);
    }
    return -Res.FAIL;
  }

  override walkObjects(visit: (object: number) => void): void {
    const { shield, plinth } = this.arena;
    const { methods } = this;
    for (const seg of this.segs) {
      if (seg.white || seg.grey || seg.nailed) continue;
      shield.expose(seg);
      const limit = seg.scanLimit;
      for (let p = seg.base; p < limit;) {
        const object = p + this.header;
        plinth.aver(methods.isfwd(object) === 0, 'amcWalk', '!(*format->isMoved)(object)');
        visit(object);
        const next = methods.skip(object) - this.header;
        if (!plinth.aver(next > p, 'amcWalk', 'nextObject > object')) break;
        p = next;
      }
      shield.cover(seg);
    }
  }

  override finishPool(): void {
    for (const gen of this.gens) gen.forward.detach();
    for (const seg of this.segs as Set<AMCSeg>) seg.release();
    for (const gen of this.gens) {
      gen.forward.finish();
      gen.pgen.finish();
    }
  }

  override checkPool(): boolean {
    let ok = super.checkPool();
    for (const { pgen } of this.gens) ok = pgen.check() && ok;
    return ok;
  }
}
