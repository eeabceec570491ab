/**
 * The arena structure: the state of one heap, entry to it and exit from it, faults in it,
 * and the control pool that its descriptors come from. What clients call is in arena.ts.
 */
import type { Port } from '../../platforms/port.js';
import { Chain, type GenParam } from '../heap/chain.js';
import type { Format } from '../heap/format.js';
import { GenDesc } from '../heap/generation.js';
import { MessageQueue } from '../heap/message.js';
import type { Pool, PoolArena } from '../heap/pool.js';
import type { Root } from '../heap/root.js';
import type { Seg } from '../heap/segment.js';
import { ThreadRing } from '../heap/thread.js';
import { ArenaWord } from '../plinth/descriptors.js';
import { GuestMemory } from '../plinth/guest-memory.js';
import { Plinth } from '../plinth/plinth.js';
import { failureOf, Res } from '../plinth/res.js';
import type { TestHooks } from '../plinth/test-hooks.js';
import { MFSPool } from '../pool/mfs.js';
import { MVFFPool } from '../pool/mvff.js';
import { ArenaVM } from '../space/arena-vm.js';
import type { LocusPref } from '../space/locus.js';
import { RefSet, ZoneMap } from '../space/zone.js';
import { Collector } from '../trace/collector.js';
import { History } from '../trace/history.js';
import { Shield } from '../trace/shield.js';
import { Statistics } from '../trace/statistics.js';
import { Traces } from '../trace/traces.js';
import { ArenaRing } from './arena-ring.js';

export interface ArenaOptions {
  plinth?: Plinth;
  /** The other arenas of the process; without it this is the only one. */
  ring?: ArenaRing;
  size?: number;
  grainSize?: number;
  zoned?: boolean;
  commitLimit?: number;
  spare?: number;
  spareCommitLimit?: number;
  pauseTime?: number;
  topDown?: boolean;
  extended?: (base: number, size: number) => void;
  contracted?: (base: number, size: number) => void;
  /** Emit an event for every reference fixed in stage 2. */
  fixEvents?: boolean;
  /** Only for tests that must then lose objects. */
  testHooks?: TestHooks;
}

/** Words of a pool's descriptor. */
export const POOL_WORDS = 80;

const DEFAULT_CHAIN: GenParam[] = [
  { capacity: 8 * 1024, mortality: 0.85 },
  { capacity: 36 * 1024, mortality: 0.45 },
];
const TOP_MORTALITY = 0.5;
const CONTROL_EXTEND_BY = 32768;

export abstract class ArenaStruct implements PoolArena {
  readonly plinth: Plinth;
  readonly memory: GuestMemory;
  readonly wordSize: 4 | 8;
  readonly wordWidth: 32 | 64;
  readonly testHooks: TestHooks;
  readonly fixEvents: boolean;
  readonly statistics = new Statistics();
  readonly zones: ZoneMap;
  readonly history: History;
  readonly traces: Traces;
  readonly threads: ThreadRing;
  readonly shield: Shield;
  readonly messages: MessageQueue;
  readonly vm: ArenaVM<Pool, Seg>;
  readonly collector: Collector;
  readonly defaultPref: LocusPref;
  readonly topGen: GenDesc;
  readonly control: MVFFPool;

  // Rings, in order of creation.
  readonly pools = new Set<Pool>();
  readonly formats = new Set<Format>();
  readonly chains = new Set<Chain>();
  readonly roots = new Set<Root>();
  private ownChain: Chain | undefined;
  protected systemPools: number;
  protected readonly ring: ArenaRing;
  private structBump = 0;
  protected lock = 0;

  protected constructor(
    readonly port: Port,
    options: ArenaOptions,
    /** Guest address of the arena structure, and the reservation that it lies in. */
    readonly address: number,
    protected readonly structure: { base: number; size: number },
    readonly grain: number,
    size: number,
  ) {
    this.plinth = options.plinth ?? new Plinth();
    this.memory = new GuestMemory(port);
    this.wordSize = port.platform.wordSize;
    this.wordWidth = this.wordSize === 8 ? 64 : 32;
    this.testHooks = options.testHooks ?? {};
    this.fixEvents = options.fixEvents ?? false;
    const longIsWord = port.platform.longSize === this.wordSize;
    this.zones = new ZoneMap(this.wordWidth, Math.floor(Math.log2(size / this.wordWidth)), longIsWord);
    this.defaultPref = { zones: this.zones.upperHalf, avoid: RefSet.EMPTY, high: false };
    this.history = new History(this.zones);
    this.traces = new Traces(this.plinth);
    this.threads = new ThreadRing(port);
    this.shield = new Shield(this);
    this.messages = new MessageQueue(this);
    this.collector = new Collector(this, options.pauseTime ?? 0.1);
    this.ring = options.ring ?? new ArenaRing(port);
    this.ring.handleFaults();
    const descriptors = { unitSize: 6 * this.wordSize, extendBy: grain };
    const free = new MFSPool(this, descriptors, this.structBlock(POOL_WORDS), false);
    const spare = new MFSPool(this, descriptors, this.structBlock(POOL_WORDS), false);
    this.vm = new ArenaVM<Pool, Seg>(port, this.plinth, this.zones, this.statistics, free, spare, {
      memory: this.memory,
      structure: address,
      grain,
      size,
      commitLimit: options.commitLimit ?? 2 ** this.wordWidth - 1,
      spare: options.spare ?? 0.75,
      topDown: options.topDown ?? false,
      zoned: options.zoned ?? true,
      extended: (base, bytes) => {
        this.ring.addChunk(base, base + bytes, this);
        options.extended?.(base, bytes);
      },
      contracted: (base, bytes) => {
        this.ring.removeChunk(base);
        options.contracted?.(base, bytes);
      },
    });
    this.vm.reserved += structure.size;
    this.vm.committed += grain;
    this.pools.add(free).add(spare);
    this.control = new MVFFPool(this, { extendBy: CONTROL_EXTEND_BY }, this.structBlock(POOL_WORDS));
    this.pools.add(this.control);
    this.systemPools = this.pools.size;
    this.topGen = new GenDesc(this, 1024, TOP_MORTALITY);
  }

  /** Get memory: the primary chunk, and what comes out of the control pool. */
  protected start(): Res {
    const res = this.vm.start();
    if (res !== Res.OK) return res;
    this.messages.prepareGC();
    const block = this.controlAlloc(Chain.size(this, DEFAULT_CHAIN.length));
    if (block < 0) return failureOf(block);
    this.ownChain = new Chain(this, block, DEFAULT_CHAIN, this.topGen, this.chains);
    this.chains.add(this.ownChain);
    this.ring.add(this);
    return Res.OK;
  }

  /** The chain of pools that aren't given one. */
  get defaultChain(): Chain {
    if (!this.ownChain) throw new Error('the arena has not started');
    return this.ownChain;
  }
  /** Take note of what guest code has moved since the last time. Returns the number of objects. */
  noteMoved(): number {
    if (!this.exists) return 0;
    const at = (word: number): number => this.address + word * this.wordSize;
    const moved = this.memory.word(at(ArenaWord.movedObjects));
    if (moved === 0) return 0;
    this.statistics.objectsMoved += moved;
    this.statistics.bytesMoved += this.memory.word(at(ArenaWord.movedBytes));
    this.memory.setWord(at(ArenaWord.movedObjects), 0);
    this.memory.setWord(at(ArenaWord.movedBytes), 0);
    return moved;
  }
  /** From its creation until it is destroyed. */
  protected exists = true;

  /** A block of the arena structure itself, for what exists before the control pool. */
  private structBlock(words: number): number {
    const block = this.address + 1024 + this.structBump;
    this.structBump += words * this.wordSize;
    return block;
  }

  abstract removePool(pool: Pool): void;

  // Entry and exit.
  enter(): void {
    this.plinth.aver(this.lock === 0, 'ArenaEnterLock', 'lock->claims == 0');
    this.lock++;
    if (this.lock > 1) return;
    if (this.plinth.checking) this.check();
    this.shield.enter();
  }
  leave(): void {
    if (--this.lock > 0) return;
    if (this.plinth.checking) this.check();
    this.shield.leave();
  }
  /** Run `body` in the arena. */
  inside<T>(body: () => T): T {
    this.enter();
    let result: T;
    try {
      result = body();
    } catch (error) {
      this.abandon();
      throw error;
    }
    this.leave();
    return result;
  }
  /**
   * The client left by a non-local exit, from an assertion handler perhaps. If nothing was
   * under way the arena stays usable; otherwise the lock stays held, as in the original.
   */
  abandon(): void {
    this.collector.abandonPoll();
    if (this.lock > 1 || (this.shield.depth === 0 && this.shield.holds === 0)) this.leave();
  }

  /** A protection fault at `address`. False: not ours. */
  access(address: number, mode: number): boolean {
    const seg = this.vm.segOf(address);
    const root = seg ? undefined : this.rootAt(address);
    const hitAt = seg ?? root;
    if (!hitAt) return false;
    this.inside(() => {
      this.statistics.barrierFaults++;
      const hit = mode & hitAt.pm;
      if (this.port.events.on) this.port.events.emit('barrier', { address, mode, hit });
      // Nothing: another thread has been here in the meantime.
      if (hit === 0) return;
      const res = hitAt.access(address, hit);
      this.plinth.aver(res === Res.OK, 'ArenaAccess', 'res == ResOK');
    });
    return true;
  }
  private rootAt(address: number): Root | undefined {
    for (const root of this.roots) if (root.covers(address)) return root;
    return undefined;
  }

  // Sizes and the control pool.
  alignUp(size: number, align: number): number {
    return Math.ceil(size / align) * align;
  }
  grains(size: number): number {
    return Math.ceil(size / this.grain) * this.grain;
  }
  /** A descriptor's block. Address, or -Res. */
  controlAlloc(size: number): number {
    const p = this.control.allocBlock(size);
    if (p > 0) this.collector.noteAlloc(size);
    return p;
  }
  controlFree(address: number, size: number): void {
    this.control.freeBlock(address, size);
  }
  /** Shallow consistency, as every entry and exit checks it in the cool variety. */
  check(): boolean {
    const c = (ok: boolean, text: string): boolean => this.plinth.aver(ok, 'ArenaCheck', text);
    const { vm } = this;
    return (
      c(vm.committed <= vm.reserved, 'arena->committed <= arena->reserved') &&
      c(vm.spareCommitted <= vm.committed, 'arena->spareCommitted <= arena->committed') &&
      this.traces.check() &&
      this.shield.check()
    );
  }

  /** Everything, down to the last segment: for tests. */
  checkDeep(): boolean {
    let ok = this.check() && this.vm.check();
    for (const pool of this.pools) ok = pool.checkPool() && ok;
    for (const chain of this.chains) ok = chain.check() && ok;
    return this.topGen.check() && ok;
  }
}
