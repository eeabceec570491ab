/**
 * Arenas: the whole of one heap. Holds the arena's memory, shield, traces and the rings of
 * everything in it, and is the entry for the functions of mps.h that are about an arena.
 */
import type { Port } from '../platforms/port.js';
import { peek, poke } from './access.js';
import { ArenaRing } from './arena-ring.js';
import { ArenaVM } from './arena-vm.js';
import { Chain, checkGenParams, type GenParam } from './chain.js';
import { Format, type FormatArgs, type FormatMethods } from './format.js';
import { GenDesc } from './generation.js';
import { GuestMemory } from './guest-memory.js';
import { History } from './history.js';
import type { LocusPref } from './locus.js';
import { MessageQueue, type Message } from './message.js';
import { Plinth } from './plinth.js';
import * as polling from './poll.js';
import type { Pool, PoolArgs, PoolClass } from './pool.js';
import { MRGPool } from './pool/mrg.js';
import { MVFFPool } from './pool/mvff.js';
import { Rank, Res } from './res.js';
import { Ring } from './ring.js';
import { Root, RootMode, type RootSpec } from './root.js';
import type { AreaScan } from './scan-area.js';
import type { ScanState } from './scan-state.js';
import type { GCSeg } from './segment.js';
import { Shield } from './shield.js';
import { Statistics } from './statistics.js';
import { resumeThreads, suspendThreads, Thread } from './thread.js';
import { TraceWhy, type Trace } from './trace.js';
import { RefSet, ZoneMap } from './zone.js';

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

const DEFAULT_SIZE = 2 ** 28;
const DEFAULT_CHAIN: GenParam[] = [
  { capacity: 8 * 1024, mortality: 0.85 },
  { capacity: 36 * 1024, mortality: 0.45 },
];
const TOP_MORTALITY = 0.5;
const CONTROL_EXTEND_BY = 32768;
const POOL_WORDS = 80;

export class Arena {
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
  private mrg: MRGPool | undefined;
  private systemPools = 0;
  private rootSerial = 0;
  private readonly ring: ArenaRing;
  private structSize = 0;
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
  private lock = 0;

  private constructor(
    readonly port: Port,
    options: ArenaOptions,
    /** Guest address of the arena structure, in a reservation of its own. */
    readonly address: number,
    readonly grain: number,
    size: number,
  ) {
    this.plinth = options.plinth ?? new Plinth();
    this.memory = new GuestMemory(port);
    this.wordSize = port.platform.wordSize;
    this.wordWidth = (this.wordSize * 8) as 32 | 64;
    this.testHooks = options.testHooks ?? {};
    this.fixEvents = options.fixEvents ?? false;
    const longIsWord = !(this.wordWidth === 64 && port.platform.code.startsWith('w3'));
    this.zones = new ZoneMap(this.wordWidth, Math.floor(Math.log2(size / this.wordWidth)), longIsWord);
    this.defaultPref = { zones: this.zones.upperHalf, avoid: RefSet.EMPTY, high: false };
    this.shield = new Shield(this);
    this.history = new History(this);
    this.messages = new MessageQueue(this);
    this.pauseTimeSeconds = options.pauseTime ?? 0.1;
    this.lastWorldCollect = port.clock();
    this.ring = ArenaRing.of(port);
    const commitLimit = options.commitLimit ?? 2 ** this.wordWidth - 1;
    this.vm = new ArenaVM(this, grain, size, this.zones, { commitLimit, spare: options.spare ?? 0.75 });
  }

  static create(port: Port, options: ArenaOptions = {}): Arena | Res {
    const plinth = options.plinth ?? new Plinth();
    const { pageSize, wordSize, mpsAlign } = port.platform;
    const asked = options.grainSize ?? pageSize;
    plinth.aver(Number.isInteger(Math.log2(asked)) && asked % mpsAlign === 0, 'arenaCreate', 'ArenaGrainSizeCheck(grainSize)');
    const grain = Math.max(asked, pageSize);
    const size = Math.ceil(Math.max(options.size ?? DEFAULT_SIZE, grain * wordSize * 8) / grain) * grain;
    if (grain > 2 ** Math.floor(Math.log2(size / (wordSize * 8)))) return Res.MEMORY;
    plinth.aver(options.pauseTime === undefined || options.pauseTime >= 0, 'ArenaCheck', '0.0 <= arena->pauseTime');
    let { spare } = options;
    if (spare === undefined && options.spareCommitLimit !== undefined) {
      const limit = options.commitLimit ?? 2 ** (wordSize * 8) - 1;
      spare = limit > 0 && limit <= options.spareCommitLimit ? options.spareCommitLimit / limit : 1;
    }
    plinth.aver(spare === undefined || (spare >= 0 && spare <= 1), 'ArenaCheck', 'arena->spare <= 1.0');

    // The arena structure has a reservation of its own.
    const structReserved = grain + grain - pageSize;
    const base = port.vmReserve(structReserved, { topDown: false });
    if (base === undefined) return Res.RESOURCE;
    const address = Math.ceil(base / grain) * grain;
    if (!port.vmMap(address, address + grain)) {
      port.vmRelease(base, structReserved);
      return Res.MEMORY;
    }
    const arena = new Arena(port, { ...options, plinth, ...(spare === undefined ? {} : { spare }) }, address, grain, size);
    arena.structSize = structReserved;
    const res = arena.start(options, base);
    if (res !== Res.OK) {
      arena.vm.finish();
      port.vmUnmap(address, address + grain);
      port.vmRelease(base, structReserved);
      return res;
    }
    if (port.events.on) port.events.emit('arena-create', { arena: address, size, grain, zoneShift: arena.zones.shift });
    return arena;
  }

  private structBase = 0;

  private start(options: ArenaOptions, structBase: number): Res {
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
    this.control = new MVFFPool(this, { extendBy: CONTROL_EXTEND_BY }, this.structBlock(POOL_WORDS));
    this.pools.push(this.control);
    this.systemPools = this.pools.length;
    this.topGen = new GenDesc(this, 1024, TOP_MORTALITY);
    this.messages.prepareGC();
    const block = this.controlBlock(Chain.size(this, DEFAULT_CHAIN.length));
    if (block < 0) return -block;
    this.defaultChain = new Chain(this, block, DEFAULT_CHAIN);
    this.chains.push(this.defaultChain);
    this.ring.arenas.push(this);
    return Res.OK;
  }

  /** A block of the arena structure itself, for what exists before the control pool. */
  private structBlock(words: number): number {
    const block = this.address + 1024 + this.structBump;
    this.structBump += words * this.wordSize;
    return block;
  }

  destroy(): void {
    this.enter();
    const { plinth } = this;
    polling.park(this);
    plinth.aver(!this.busyTrace, 'GlobalsPrepareToDestroy', 'arena->busyTraces == TraceSetEMPTY');
    this.defaultChain.finish();
    this.messages.finish();
    if (this.mrg) {
      this.dropPool(this.mrg);
      this.systemPools--;
    }
    plinth.aver(this.formats.length === 0, 'GlobalsPrepareToDestroy', 'RingIsSingle(&arena->formatRing)');
    plinth.aver(this.chains.length === 0, 'GlobalsPrepareToDestroy', 'RingIsSingle(&arena->chainRing)');
    plinth.aver(this.threads.length === 0, 'GlobalsPrepareToDestroy', 'RingIsSingle(&arena->threadRing)');
    plinth.aver(this.deadThreads.length === 0, 'GlobalsPrepareToDestroy', 'RingIsSingle(&arena->deadRing)');
    plinth.aver(this.roots.length === 0, 'GlobalsPrepareToDestroy', 'RingIsSingle(&arenaGlobals->rootRing)');
    plinth.aver(this.greyRings.every((r) => r.isEmpty), 'GlobalsPrepareToDestroy', 'RingIsSingle(&arena->greyRing[rank])');
    plinth.aver(this.pools.length === this.systemPools, 'GlobalsPrepareToDestroy', 'RingLength(&arenaGlobals->poolRing) == arenaGlobals->systemPools');
    this.leave();
    this.ring.arenas.splice(this.ring.arenas.indexOf(this), 1);
    this.vm.finish();
    this.port.vmUnmap(this.address, this.address + this.grain);
    this.port.vmRelease(this.structBase, this.structSize);
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
    polling.poll(this);
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
    suspendThreads(this);
  }
  resumeThreads(): void {
    resumeThreads(this);
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

  vmGrowth(desired: number, minimum: number): Res {
    return this.inside(() => {
      if (!this.plinth.aver(desired >= minimum, 'ArenaVMGrowth', 'desired >= minimum')) return Res.FAIL;
      this.vm.chunks.extendBy = desired;
      this.vm.chunks.extendMin = minimum;
      return Res.OK;
    });
  }
  reserved(): number {
    return this.inside(() => this.vm.reserved);
  }
  committed(): number {
    return this.inside(() => this.vm.committed);
  }
  spareCommitted(): number {
    return this.inside(() => this.vm.spareCommitted);
  }
  commitLimit(): number {
    return this.inside(() => this.vm.commitLimit);
  }
  commitLimitSet(limit: number): Res {
    return this.inside(() => this.vm.setCommitLimit(limit));
  }
  spare(): number {
    return this.inside(() => this.vm.spareFraction);
  }
  spareSet(fraction: number): void {
    this.inside(() => {
      if (!this.plinth.aver(fraction >= 0 && fraction <= 1, 'ArenaSetSpare', 'spare <= 1.0')) return;
      this.vm.spareFraction = fraction;
      this.vm.trimSpare();
    });
  }
  spareCommitLimit(): number {
    return this.inside(() => Math.floor(this.vm.spareFraction * this.vm.committed));
  }
  spareCommitLimitSet(bytes: number): void {
    this.spareSet(Math.min(1, bytes / this.vm.committed));
  }
  pauseTime(): number {
    return this.inside(() => this.pauseTimeSeconds);
  }
  pauseTimeSet(seconds: number): void {
    this.inside(() => {
      if (this.plinth.aver(seconds >= 0, 'ArenaSetPauseTime', '0.0 <= pauseTime')) this.pauseTimeSeconds = seconds;
    });
  }

  // State and collection.
  clamp(): void {
    this.inside(() => void (this.clamped = true));
  }
  park(): void {
    this.inside(() => polling.park(this));
  }
  release(): void {
    this.inside(() => polling.release(this));
  }
  startCollect(): Res {
    return this.inside(() => polling.startCollect(this, TraceWhy.CLIENTFULL_INC));
  }
  collect(): Res {
    return this.inside(() => {
      const res = polling.startCollect(this, TraceWhy.CLIENTFULL_BLOCK);
      if (res === Res.OK) polling.park(this);
      return res;
    });
  }
  step(interval: number, multiplier: number): boolean {
    return this.inside(() => {
      const ok = this.plinth.aver(interval >= 0, 'ArenaStep', 'interval >= 0.0');
      if (!this.plinth.aver(multiplier >= 0, 'ArenaStep', 'multiplier >= 0.0') || !ok) return false;
      return polling.step(this, interval, multiplier);
    });
  }
  collections(): number {
    return this.history.epoch;
  }
  postmortem(): void {
    this.lock = 0;
    this.shield.inside = false;
    this.ring.arenas.splice(this.ring.arenas.indexOf(this), 1);
    this.clamped = true;
    for (const chunk of this.vm.chunks.ring) {
      for (let i = chunk.allocBase; i < chunk.pages; i++) {
        if (chunk.mapped[i]) this.port.protSet(chunk.address(i), chunk.address(i + 1), 0);
      }
    }
  }

  // Introspection: callable inside the arena.
  busy(): boolean {
    return this.lock > 0;
  }
  hasAddr(address: number): boolean {
    return this.vm.poolOf(address) !== undefined;
  }
  addrPool(address: number): Pool | undefined {
    return this.vm.poolOf(address);
  }
  addrFmt(address: number): Format | undefined {
    return this.vm.poolOf(address)?.format;
  }
  addrObject(address: number): number {
    return this.inside(() => this.vm.poolOf(address)?.addrObject(address) ?? -Res.FAIL);
  }

  // Creators.
  private create<T>(words: number, make: (address: number) => T): T | Res {
    return this.inside(() => {
      const block = this.controlBlock(words * this.wordSize);
      return block < 0 ? -block : make(block);
    });
  }
  fmtCreate(args: { align?: number; headerSize?: number; methods: Partial<FormatMethods> } & FormatArgs): Format | Res {
    return this.create(Format.blockWords, (address) => {
      const format = new Format(this, address, args);
      this.formats.push(format);
      return format;
    });
  }
  chainCreate(gens: readonly GenParam[]): Chain | Res {
    return this.inside(() => {
      const res = checkGenParams(this, gens);
      if (res !== Res.OK) return res;
      const block = this.controlBlock(Chain.size(this, gens.length));
      if (block < 0) return -block;
      const chain = new Chain(this, block, gens);
      this.chains.push(chain);
      return chain;
    });
  }
  poolCreate(cls: PoolClass, args: PoolArgs = {}): Pool | Res {
    return this.inside(() => this.newPool(cls, args));
  }
  newPool(cls: PoolClass, args: PoolArgs): Pool | Res {
    const size = POOL_WORDS * this.wordSize;
    const block = this.controlBlock(size);
    if (block < 0) return -block;
    const pool = cls.create(this, args, block);
    pool.blockSize = size;
    if (pool.format) pool.format.poolCount++;
    this.pools.push(pool);
    return pool;
  }
  removePool(pool: Pool): void {
    this.dropPool(pool);
  }
  private dropPool(pool: Pool): void {
    pool.finishPool();
    if (pool.format) pool.format.poolCount--;
    this.pools.splice(this.pools.indexOf(pool), 1);
    this.controlUnblock(pool.address, pool.blockSize);
  }

  private rootCreateSpec(spec: RootSpec): Root | Res {
    return this.create(Root.blockWords, (address) => {
      const root = new Root(this, address, ++this.rootSerial, spec);
      if (root.isProtectable && this.roots.some((r) => r.isProtectable && r.overlaps(root))) {
        this.plinth.notReached('rootCreateProtectable');
        root.finish();
        return Res.FAIL;
      }
      this.roots.push(root);
      return root;
    });
  }
  rootCreate(rank: Rank, mode: number, scan: (ss: ScanState) => Res): Root | Res {
    this.plinth.aver(mode === 0, 'mps_root_create', 'mps_rm == (mps_rm_t)0');
    return this.rootCreateSpec({ kind: 'function', rank, mode, scan });
  }
  rootCreateArea(rank: Rank, mode: number, base: number, limit: number, scan: AreaScan): Root | Res {
    if (!this.plinth.aver(base !== 0 && base < limit, 'RootCreateArea', 'base < limit')) return Res.PARAM;
    return this.rootCreateSpec({ kind: 'area', rank, mode, base, limit, scan: (ss) => scan(ss, base, limit) });
  }
  rootCreateFmt(rank: Rank, mode: number, scan: FormatMethods['scan'], base: number, limit: number): Root | Res {
    if (!this.plinth.aver(base !== 0 && base < limit, 'RootCreateFmt', 'base < limit')) return Res.PARAM;
    const scanFmt = (ss: ScanState): Res => {
      ss.scannedSize += limit - base;
      return scan(ss, base, limit);
    };
    return this.rootCreateSpec({ kind: 'formatted', rank, mode, base, limit, scan: scanFmt });
  }
  rootCreateThread(rank: Rank, mode: number, thread: Thread, scan: AreaScan, cold: number): Root | Res {
    const { plinth } = this;
    const ok =
      plinth.aver(cold !== 0, 'RootCreateThread', 'cold != NULL') &&
      plinth.aver(cold % this.wordSize === 0, 'RootCreateThread', 'AddrIsAligned(cold, sizeof(Word))') &&
      plinth.aver(rank === Rank.AMBIG, 'RootCreateThread', 'rank == RankAMBIG') &&
      plinth.aver((mode & (RootMode.PROT | RootMode.CONST)) === 0, 'RootCreateThread', 'mode == 0') &&
      plinth.aver(thread.arena === this, 'RootCreateThread', 'ThreadArena(thread) == arena');
    if (!ok) return Res.PARAM;
    return this.rootCreateSpec({ kind: 'thread', rank, mode, scan: (ss) => thread.scan(ss, cold, scan) });
  }
  threadReg(): Thread | Res {
    return this.inside(() => {
      const block = this.controlBlock(Thread.blockWords * this.wordSize);
      if (block < 0) return -block;
      const registered = this.port.threadRegister();
      if (!registered) {
        this.controlUnblock(block, Thread.blockWords * this.wordSize);
        return Res.RESOURCE;
      }
      const thread = new Thread(this, block, registered);
      this.threads.push(thread);
      return thread;
    });
  }

  // Messages and finalization.
  messageTypeEnable(type: number): void {
    this.inside(() => this.messages.enable(type));
  }
  messageTypeDisable(type: number): void {
    this.inside(() => this.messages.disable(type));
  }
  messagePoll(): boolean {
    return this.inside(() => this.messages.queue.length > 0);
  }
  messageQueueType(): number | undefined {
    return this.inside(() => this.messages.queue[0]?.type);
  }
  messageGet(type: number): Message | undefined {
    return this.inside(() => this.messages.get(type));
  }
  messageDiscard(message: Message): void {
    this.inside(() => this.messages.discard(message));
  }
  finalize(slot: number): Res {
    return this.inside(() => {
      const object = peek(this, slot);
      const pool = this.vm.poolOf(object);
      if (!this.plinth.aver(pool !== undefined, 'ArenaFinalize', 'PoolOfAddr(&refpool, arena, (Addr)obj)')) return Res.FAIL;
      if (!this.plinth.aver(pool!.isGC, 'ArenaFinalize', 'PoolHasAttr(refpool, AttrGC)')) return Res.FAIL;
      if (!this.mrg) {
        const made = this.newPool(MRGPool.class, {});
        if (typeof made === 'number') return made;
        this.mrg = made as MRGPool;
        this.systemPools++;
      }
      return this.mrg.register(object);
    });
  }
  definalize(slot: number): Res {
    return this.inside(() => {
      const object = peek(this, slot);
      if (!this.plinth.aver(this.hasAddr(object), 'ArenaDefinalize', 'ArenaHasAddr(arena, (Addr)obj)')) return Res.FAIL;
      return this.mrg?.deregister(object) ?? Res.FAIL;
    });
  }

  formattedObjectsWalk(visit: (object: number, format: Format, pool: Pool) => void): void {
    this.inside(() => {
      for (const pool of this.pools) if (pool.format) pool.walkObjects((object) => visit(object, pool.format!, pool));
    });
  }
  peek(address: number): number {
    return this.inside(() => peek(this, address));
  }
  poke(address: number, value: number): void {
    this.inside(() => poke(this, address, value));
  }

  /** Shallow consistency, as every entry and exit checks it in the cool variety. */
  check(): boolean {
    const c = (ok: boolean, text: string): boolean => this.plinth.aver(ok, 'ArenaCheck', text);
    const { vm } = this;
    return (
      c(vm.committed <= vm.reserved, 'arena->committed <= arena->reserved') &&
      c(vm.spareCommitted <= vm.committed, 'arena->spareCommitted <= arena->committed') &&
      c(vm.committed <= vm.commitLimit || vm.commitLimit < this.grain, 'arena->committed <= arena->commitLimit') &&
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
