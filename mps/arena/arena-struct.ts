/**
 * The arena structure: the state of one heap, entry to it and exit from it, faults in it,
 * and the control pool that its descriptors come from. What clients call is in arena.ts.
 */
import type { Port } from '../../platforms/port.js';
import type { Arena } from './arena.js';
import { ArenaRing } from './arena-ring.js';
import { ArenaVM } from '../space/arena-vm.js';
import { Chain, type GenParam } from '../heap/chain.js';
import type { Format } from '../heap/format.js';
import { GenDesc } from '../heap/generation.js';
import { GuestMemory } from '../plinth/guest-memory.js';
import { History } from '../trace/history.js';
import type { LocusPref } from '../space/locus.js';
import { MessageQueue } from '../heap/message.js';
import { Plinth } from '../plinth/plinth.js';
import * as polling from '../trace/poll.js';
import type { Pool } from '../heap/pool.js';
import type { MRGPool } from '../pool/mrg.js';
import { MVFFPool } from '../pool/mvff.js';
import { Res } from '../plinth/res.js';
import { Ring } from '../trace/ring.js';
import type { Root } from '../heap/root.js';
import type { GCSeg } from '../heap/segment.js';
import { Shield } from '../trace/shield.js';
import { Statistics } from '../trace/statistics.js';
import { resumeThreads, suspendThreads, type Thread } from '../heap/thread.js';
import type { Trace } from '../trace/trace.js';
import { RefSet, ZoneMap } from '../space/zone.js';

export interface TestHooks {
  /** Protect nothing. */
  noBarriers?: boolean;
  noRegisterScan?: boolean;
  noStackScan?: boolean;
}

export interface ArenaOptions {
  plinth?: Plinth;
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

export abstract class ArenaStruct {
  readonly plinth: Plinth;
  readonly memory: GuestMemory;
  readonly wordSize: 4 | 8;
  readonly wordWidth: 32 | 64;
  readonly testHooks: TestHooks;
  readonly fixEvents: boolean;
  readonly statistics = new Statistics();
  readonly shield: Shield;
  readonly history: History;
  readonly messages: MessageQueue;
  readonly zones: ZoneMap;
  readonly vm: ArenaVM;
  /** Preference of pools that have no generations. */
  readonly defaultPref: LocusPref;

  // Rings, in order of creation.
  readonly pools: Pool[] = [];
  readonly formats: Format[] = [];
  readonly chains: Chain[] = [];
  readonly roots: Root[] = [];
  readonly threads: Thread[] = [];
  readonly deadThreads: Thread[] = [];
  /** Grey segments by rank, newest first. */
  readonly greyRings = [0, 1, 2, 3].map(() => new Ring<GCSeg>());
  topGen!: GenDesc;
  defaultChain!: Chain;
  control!: MVFFPool;
  protected mrg: MRGPool | undefined;
  protected systemPools = 0;
  protected rootSerial = 0;
  protected readonly ring: ArenaRing;
  protected structSize = 0;
  private structBump = 0;

  // Traces.
  busyTrace: Trace | undefined;
  /** Set of traces that have flipped. */
  flippedTraces = 0;
  emergency = false;

  // Scheduling.
  clamped = false;
  insidePoll = false;
  pollThreshold = 0;
  /** The allocation clock, in bytes. */
  fillMutatorSize = 0;
  pauseTimeSeconds: number;
  tracedWork = 0;
  tracedTime = 0;
  lastWorldCollect: number;
  protected lock = 0;

  protected constructor(
    readonly port: Port,
    options: ArenaOptions,
    /** Guest address of the arena structure, in a reservation of its own. */
    readonly address: number,
    readonly grain: number,
    size: number,
  ) {
    const self = this.self;
    this.plinth = options.plinth ?? new Plinth();
    this.memory = new GuestMemory(port);
    this.wordSize = port.platform.wordSize;
    this.wordWidth = (this.wordSize * 8) as 32 | 64;
    this.testHooks = options.testHooks ?? {};
    this.fixEvents = options.fixEvents ?? false;
    const longIsWord = port.platform.longSize === this.wordSize;
    this.zones = new ZoneMap(this.wordWidth, Math.floor(Math.log2(size / this.wordWidth)), longIsWord);
    this.defaultPref = { zones: this.zones.upperHalf, avoid: RefSet.EMPTY, high: false };
    this.shield = new Shield(self);
    this.history = new History(self);
    this.messages = new MessageQueue(self);
    this.pauseTimeSeconds = options.pauseTime ?? 0.1;
    this.lastWorldCollect = port.clock();
    this.ring = ArenaRing.of(port);
    const commitLimit = options.commitLimit ?? 2 ** this.wordWidth - 1;
    this.vm = new ArenaVM(self, grain, size, this.zones, { commitLimit, spare: options.spare ?? 0.75 });
  }

  /** This, as what it is. */
  private get self(): Arena {
    return this as unknown as Arena;
  }

  protected structBase = 0;

  protected start(options: ArenaOptions, structBase: number): Res {
    const { vm } = this;
    this.structBase = structBase;
    vm.topDown = options.topDown ?? false;
    vm.zoned = options.zoned ?? true;
    vm.extended = options.extended ?? vm.extended;
    vm.contracted = options.contracted ?? vm.contracted;
    vm.reserved += this.structSize;
    vm.committed += this.grain;
    const res = vm.start(() => this.structBlock(POOL_WORDS));
    if (res !== Res.OK) return res;
    this.pools.push(vm.freeBlocks, vm.spareBlocks);
    this.control = new MVFFPool(this.self, { extendBy: CONTROL_EXTEND_BY }, this.structBlock(POOL_WORDS));
    this.pools.push(this.control);
    this.systemPools = this.pools.length;
    this.topGen = new GenDesc(this.self, 1024, TOP_MORTALITY);
    this.messages.prepareGC();
    const block = this.controlBlock(Chain.size(this.self, DEFAULT_CHAIN.length));
    if (block < 0) return -block;
    this.defaultChain = new Chain(this.self, block, DEFAULT_CHAIN);
    this.chains.push(this.defaultChain);
    this.ring.arenas.push(this.self);
    return Res.OK;
  }

  /** A block of the arena structure itself, for what exists before the control pool. */
  private structBlock(words: number): number {
    const block = this.address + 1024 + this.structBump;
    this.structBump += words * this.wordSize;
    return block;
  }

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
  private abandon(): void {
    this.insidePoll = false;
    if (this.lock > 1 || (this.shield.depth === 0 && this.shield.holds === 0)) this.leave();
  }
  poll(): void {
    polling.poll(this.self);
  }

  /** A protection fault at `address`. False: not ours. */
  access(address: number, mode: number): boolean {
    const seg = this.vm.segOf(address);
    const root = seg ? undefined : this.roots.find((r) => r.covers(address));
    if (!seg && !root) return false;
    this.inside(() => {
      this.statistics.barrierFaults++;
      const hit = mode & (seg ? seg.pm : root!.pm);
      if (this.port.events.on) this.port.events.emit('barrier', { address, mode, hit });
      // Nothing: another thread has been here in the meantime.
      if (hit === 0) return;
      if (seg) {
        const res = seg.access(address, hit);
        this.plinth.aver(res === Res.OK, 'ArenaAccess', 'res == ResOK');
      } else root!.access(hit);
    });
    return true;
  }

  suspendThreads(): void {
    suspendThreads(this.self);
  }
  resumeThreads(): void {
    resumeThreads(this.self);
  }
  setEmergency(emergency: boolean): void {
    this.plinth.aver(!emergency || this.busyTrace !== undefined, 'ArenaSetEmergency', 'arena->busyTraces != TraceSetEMPTY');
    this.emergency = emergency;
  }
  greyRing(rankSet: number): Ring<GCSeg> {
    return this.greyRings[31 - Math.clz32(rankSet)];
  }

  // Sizes and the control pool.
  alignUp(size: number, align: number): number {
    return Math.ceil(size / align) * align;
  }
  grains(size: number): number {
    return Math.ceil(size / this.grain) * this.grain;
  }
  noteMutatorAlloc(size: number): void {
    this.fillMutatorSize += size;
  }
  /** A descriptor's block. Address, or -Res. */
  controlBlock(size: number): number {
    const p = this.control.allocBlock(size);
    if (p > 0) this.fillMutatorSize += size;
    return p;
  }
  controlUnblock(address: number, size: number): void {
    this.control.freeBlock(address, size);
  }
  controlAlloc(size: number): number {
    return this.controlBlock(size);
  }
  controlFree(address: number, size: number): void {
    this.controlUnblock(address, size);
  }

  /** Shallow consistency, as every entry and exit checks it in the cool variety. */
  check(): boolean {
    const c = (ok: boolean, text: string): boolean => this.plinth.aver(ok, 'ArenaCheck', text);
    const { vm } = this;
    return (
      c(vm.committed <= vm.reserved, 'arena->committed <= arena->reserved') &&
      c(vm.spareCommitted <= vm.committed, 'arena->spareCommitted <= arena->committed') &&
      c(this.flippedTraces === 0 || this.busyTrace !== undefined, 'TraceSetSub(arena->flippedTraces, arena->busyTraces)') &&
      c(!this.emergency || this.busyTrace !== undefined, '!arena->emergency || arena->busyTraces != TraceSetEMPTY') &&
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
